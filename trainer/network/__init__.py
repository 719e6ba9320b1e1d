"""The network: what it is made of, building it, and its files."""
