"""The directory's own database: its tables, and the only way to them."""
