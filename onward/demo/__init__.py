"""The demo: a client of the platform that speaks only HTTP, as any partner does."""
