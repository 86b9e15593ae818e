"""The pathways of the partnerships, from start to end, through the public API."""
