"""Lends the four services' applications: none of them is asked, so none needs a database."""

from collections.abc import Mapping

import pytest
from flask import Flask

from onward.clock import SystemClock
from onward.service import RunningService, installed
from onward.settings import Settings


@pytest.fixture(scope="session")
def apps() -> Mapping[str, Flask]:
    """Return every service's application by its name."""
    return {name: _app(name) for name in installed()}


def _app(name: str) -> Flask:
    settings = Settings(
        service=name,
        database_url="postgresql+psycopg2://nobody@127.0.0.1:1/none",
        owner_database_url="postgresql+psycopg2://nobody@127.0.0.1:1/none",
        amqp_uri="memory://",
        public_url="http://127.0.0.1:8080",
        secret_key="not-a-secret-" * 3,
        signing_key=None,
        smtp_url=None,
        log_level="info",
        listen="127.0.0.1:8000",
        clock_offset_file=None,
        webhook_allow=(),
        rate_per_second=10,
        rate_burst=50,
    )
    service = installed(name)[name]
    return service.create_app(
        RunningService(service=service, settings=settings, clock=SystemClock())
    )
