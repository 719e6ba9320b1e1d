"""What to know about an installation and its machine when something goes wrong."""
