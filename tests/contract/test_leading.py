"""Whoever is told something is led to a page of the platform that lets their role in."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from onward.identity import Role
from onward.web.access import allowed_roles
from services.notification.domain.english import ENGLISH
from services.notification.domain.leading import leads_to
from services.notification.domain.rules import roles_of

PEOPLE = frozenset(Role) - {Role.SERVICE, Role.PARTNER_SYSTEM, Role.PERSON}


@pytest.mark.parametrize("code", ENGLISH)
def test_nobody_is_led_to_a_closed_door(code: str, apps: Mapping[str, Flask]) -> None:
    page = ENGLISH[code].page.format(about=UUID(int=7))
    for role in roles_of(code) or PEOPLE:
        assert role in _let_in(leads_to(page, role), apps), role


def _let_in(page: str, apps: Mapping[str, Flask]) -> frozenset[Role]:
    """Return the roles that may open *page*."""
    for app in apps.values():
        try:
            endpoint, _ = app.url_map.bind("onward.test").match(page)
        except NotFound:
            continue
        return allowed_roles(app.view_functions[endpoint]) or PEOPLE
    pytest.fail(f"no service has a page {page}")
