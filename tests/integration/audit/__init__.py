"""The audit service on a real PostgreSQL."""
