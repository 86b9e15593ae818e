"""Who gets an answer is said for every route: a new one needs a row in the matrix of integration tests."""

from collections.abc import Mapping

from flask import Flask

from tests.integration.access.rows import matrix, routes


def test_every_route_has_a_row_and_every_row_a_route(apps: Mapping[str, Flask]) -> None:
    there = {route for name, app in apps.items() for route, _, _ in routes(name, app)}
    assert there == set(matrix())
