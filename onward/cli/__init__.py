"""The ``onward`` command."""
