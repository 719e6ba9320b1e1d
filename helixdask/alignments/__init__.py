"""Alignment files: their bytes, headers, indexes and records."""
