"""Tests of gene calling."""
