"""The directory's rules: pure decisions about entries, accounts and places."""
