"""Verifying a store: every object against its checksum, and what the groups say of each other."""
