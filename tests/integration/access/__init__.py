"""Who gets an answer where: every route, every role, every relation."""
