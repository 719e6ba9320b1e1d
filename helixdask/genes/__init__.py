"""Gene models as columns, and annotation files in and out."""
