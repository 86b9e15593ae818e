"""The audit service's own tables, and the only statements that touch them."""
