"""Fixtures for every test: see `tests.support.fixtures`."""

pytest_plugins = ["tests.support.fixtures"]
