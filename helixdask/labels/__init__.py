"""From gene models to label tracks."""
