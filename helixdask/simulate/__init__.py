"""Simulated genomes and reads of any size."""
