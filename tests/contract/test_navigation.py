"""The navigation shows each role exactly the pages that let it in."""

from collections.abc import Mapping

import pytest
from flask import Flask

from onward.identity import Role
from onward.web.access import allowed_roles
from onward.web.pages import NAVIGATION
from onward.web.pages import Place as Entry

PEOPLE = frozenset(Role) - {Role.SERVICE, Role.PARTNER_SYSTEM, Role.PERSON}


@pytest.mark.parametrize("entry", NAVIGATION, ids=lambda entry: entry.text)
def test_who_may_open_a_page_finds_it_and_nobody_is_shown_a_closed_door(
    entry: Entry, apps: Mapping[str, Flask]
) -> None:
    (view,) = [
        app.view_functions[rule.endpoint]
        for app in apps.values()
        for rule in app.url_map.iter_rules()
        if rule.rule == entry.href and "GET" in (rule.methods or ())
    ]
    roles = allowed_roles(view)
    assert roles is not None, "anybody at all may open it"

    assert entry.roles == (roles & PEOPLE if roles else PEOPLE)
