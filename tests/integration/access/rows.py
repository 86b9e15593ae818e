"""Reads ``matrix.txt``: what it expects of each route."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flask import Flask

from onward.identity import Role
from onward.web.access import allowed_roles
from onward.web.routes import operations

Route = tuple[str, str, str]
"""Service, method and path, its parts in braces."""
PART: Final = re.compile(r"<(?:any\(([^>]*)\):|\w+:)?(\w+)>")
"""A part of a rule: what it has to be one of, if it has, and its name."""
ANYBODY: Final = "anybody"
"""What is expected where nobody need say who they are."""


def matrix() -> dict[Route, str]:
    """Return what is expected of each route."""
    lines = (Path(__file__).parent / "matrix.txt").read_text().splitlines()
    rows = [line.split(maxsplit=3) for line in lines]
    return {(service, method, path): said for service, method, path, said in rows}


def routes(service: str, app: Flask) -> Iterator[tuple[Route, str, frozenset[Role] | None]]:
    """Yield every route of *app* with its rule and the roles that it names; None where anybody may ask."""
    for rule, method, view in operations(app):
        assert view is not None
        template = PART.sub(r"{\2}", rule.rule)
        yield (service, method, template), rule.rule, allowed_roles(view)
