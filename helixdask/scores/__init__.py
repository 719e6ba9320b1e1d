"""How good predictions are: per base and per gene."""
