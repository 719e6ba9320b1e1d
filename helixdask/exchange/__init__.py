"""Helixer's HDF5 files, in and out."""
