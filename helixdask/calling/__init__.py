"""From base probabilities to gene models."""
