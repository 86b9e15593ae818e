"""The referral service on a real PostgreSQL."""
