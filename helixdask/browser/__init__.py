"""A folder that genome browsers open: sequence, genes, coverage and probabilities with indexes, and their settings."""
