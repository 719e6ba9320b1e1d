"""Windows over contigs: the grid, reading them, and their measures."""
