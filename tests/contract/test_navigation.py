"""The navigation shows each role exactly the pages that let it in."""

import pytest
from flask import Flask

from onward.clock import SystemClock
from onward.identity import Role
from onward.service import RunningService, installed
from onward.settings import Settings
from onward.web.access import allowed_roles
from onward.web.pages import NAVIGATION
from onward.web.pages import Place as Entry

PEOPLE = frozenset(Role) - {Role.SERVICE, Role.PARTNER_SYSTEM, Role.PERSON}


@pytest.fixture(scope="module")
def apps() -> list[Flask]:
    """Return every service's application; none of them is asked, so none needs a database."""
    return [_app(name) for name in installed()]


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


@pytest.mark.parametrize("entry", NAVIGATION, ids=lambda entry: entry.text)
def test_who_may_open_a_page_finds_it_and_nobody_is_shown_a_closed_door(
    entry: Entry, apps: list[Flask]
) -> None:
    (view,) = [
        app.view_functions[rule.endpoint]
        for app in apps
        for rule in app.url_map.iter_rules()
        if rule.rule == entry.href and "GET" in (rule.methods or ())
    ]
    roles = allowed_roles(view)
    assert roles is not None, "anybody at all may open it"

    assert entry.roles == (roles & PEOPLE if roles else PEOPLE)
