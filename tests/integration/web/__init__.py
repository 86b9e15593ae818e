"""The web kit, through a small service of its own."""
