"""What sequences are called: in the genome, in other files, and how the two go together."""
