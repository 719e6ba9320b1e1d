"""Which windows to learn from, and which side of the split they are on."""
