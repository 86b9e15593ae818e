"""How messages get outside: whom they are handed to, how that ended, at which hours they may come."""
