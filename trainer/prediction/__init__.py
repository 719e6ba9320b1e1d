"""From windows to probabilities, and the stage that does it."""
