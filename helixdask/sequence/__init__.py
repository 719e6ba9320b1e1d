"""From FASTA to base codes in the store."""
