"""The small base model that the demonstration tunes; see CARD.md."""
