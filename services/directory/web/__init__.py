"""What the directory answers over HTTP: its API, the way in, and its pages."""
