"""The directory on real PostgreSQL."""
