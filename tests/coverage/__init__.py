"""Coverage of reads."""
