"""From aligned reads to coverage tracks."""
