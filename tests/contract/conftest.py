"""Lends the four services' applications: none of them is asked, so none needs a database."""

from collections.abc import Mapping

import pytest
from flask import Flask

from onward.clock import SystemClock
from onward.service import RunningService, installed
from tests.support.settings import rehearsal


@pytest.fixture(scope="session")
def apps() -> Mapping[str, Flask]:
    """Return every service's application by its name."""
    return {name: _app(name) for name in installed()}


def _app(name: str) -> Flask:
    settings = rehearsal(name)
    service = installed(name)[name]
    return service.create_app(
        RunningService(service=service, settings=settings, clock=SystemClock())
    )
