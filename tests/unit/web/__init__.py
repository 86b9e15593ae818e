"""The pure parts of the web kit."""
