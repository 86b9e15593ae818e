"""Where the notification service keeps its state: one class per concern behind one `Store`."""
