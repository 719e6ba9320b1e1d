"""Per-base tracks from files of intervals: repeats, scores."""
