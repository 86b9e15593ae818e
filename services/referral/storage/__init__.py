"""The referral service's own database: its tables, and a store per concern."""
