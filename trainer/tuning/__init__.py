"""Learning: one step, the loop around it, and whether it was worth it."""
