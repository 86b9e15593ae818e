"""Routes of the notification service: its API, its live stream, its pages."""
