"""Text that wants to be run, in every field that takes text: kept as it is, or refused, and never run."""

import copy
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Dialog, Page

from onward.clock import ManualClock
from onward.identity import Actor, Role
from onward.topology import HEARS
from onward.web.sessions import begin_session
from onward.web.tokens import issue_session
from tests.chaos import town
from tests.chaos.conftest import Note
from tests.chaos.corruptions import places, with_value
from tests.chaos.filled_town import Town
from tests.chaos.good import Route
from tests.chaos.together import Together, together
from tests.chaos.write_routes import ROWS
from tests.support.databases import Databases
from tests.support.serving import served

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SLEEP = 30
"""Seconds that a text asks the database to sleep: no answer that waited for it comes sooner."""
SQL = (
    "x'; DROP TABLE handoffs CASCADE; --",
    "' OR '1'='1' --",
    "x') UNION SELECT current_user --",
    f"1; SELECT pg_sleep({SLEEP}); --",
    f"'||pg_sleep({SLEEP})||'",
    "%' ESCAPE '!",
    f"\\'; SELECT pg_sleep({SLEEP}); --",
    "%(id)s %s :id {0} {id}",
)
HTML = (
    "<script>owned()</script>",
    "<img src=x onerror=owned()>",
    '"><svg onload=owned()>',
    "' autofocus onfocus=owned() x='",
    "</title></textarea><script>owned()</script>",
    "<a href=javascript:owned()>x</a>",
    "{{ 7*7 }}{% for x in [] %}",
    "${7*7}<%= 7*7 %>",
)
WATCH = """
window.owned = () => document.documentElement.setAttribute('data-owned', '1');
window.violations = [];
addEventListener('securitypolicyviolation', seen => violations.push(seen.violatedDirective));
"""


@pytest.fixture(scope="module")
def here(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), *sorted(HEARS)) as running:
        yield running


@pytest.fixture(scope="module")
def filled(here: Together) -> Town:
    return Town(here)


def attempts(filled: Town, route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each text with the body that holds it, one field at a time."""
    body = ROWS[route](filled).json or {}
    for path, value in places(body):
        if isinstance(value, str):
            for text in (*SQL, *HTML):
                yield text, with_value(copy.deepcopy(body), path, text)


def send(filled: Town, route: Route, body: dict[str, Any]) -> Any:
    """Send *body* where a good request would be taken now."""
    good = ROWS[route](filled)
    headers = filled.here.headers(good.actor) if good.actor else {}
    if good.version is not None:
        headers["If-Match"] = f'"{good.version}"'
    client = filled.here.apps[route[0]].test_client()
    return client.open(good.path, method=route[1], json=body, headers=headers)


def test_text_that_wants_to_be_run_is_kept_as_it_is_or_refused(
    here: Together, filled: Town, browser: Browser, note: Note
) -> None:
    answered: Counter[str] = Counter()
    slowest = 0.0
    for route in ROWS:
        for text, body in attempts(filled, route):
            begun = time.perf_counter()
            answer = send(filled, route, body)
            slowest = max(slowest, time.perf_counter() - begun)
            assert answer.status_code < 500, (route, text, answer.json)
            answered["kept" if answer.status_code < 400 else "refused"] += 1
    assert slowest < SLEEP, "a sleep was run"
    assert answered["kept"] > 100, "most of it is only text"
    here.post.carry()
    _is_kept_letter_by_letter(here)
    pages = _look_at_every_page(here, browser)
    note(
        "text that wants to be run, in every field",
        requests=answered.total(),
        kept=answered["kept"],
        refused=answered["refused"],
        pages=pages,
        executed=0,
        policy_reports=0,
    )


def _is_kept_letter_by_letter(here: Together) -> None:
    for text in (*SQL, *HTML):
        person = {**town.SAM, "family_name": text}
        body = town.referral(person=person, sections={"housing": {"summary": text}})
        made = here.ask("referral", town.NURSE, "POST", "/api/v1/referrals", json=body).json
        path = f"/api/v1/referrals/{made['referral']['id']}"
        told = here.ask("referral", town.NURSE, "GET", path).json
        assert told["person"]["family_name"] == text
        assert told["sections"]["housing"]["summary"] == text


PATHS: dict[str, tuple[str, ...]] = {
    "referral": ("/", "/inbox", "/referrals", "/refer"),
    "directory": (
        "/directory",
        "/directory?q=%3Cscript%3Eowned()%3C/script%3E",
        "/docs",
        "/login",
    ),
    "notification": ("/notifications", "/integrations"),
    "audit": ("/audit", "/audit/entries"),
}


def _look_at_every_page(here: Together, browser: Browser) -> int:
    """Open the pages as those who may see most; return how many there were."""
    seen = 0
    with ExitStack() as stack:
        for service, paths in PATHS.items():
            origin = stack.enter_context(served(here.apps[service]))
            for organisation, role in (
                (town.WARD, Role.TEAM_LEAD),
                (town.RESPONSE, Role.TEAM_LEAD),
                (town.STRANGERS, Role.OPERATOR),
            ):
                context = browser.new_context()
                stack.callback(context.close)
                cookie = _cookie(here, service, organisation, role)
                context.add_cookies([{"name": "onward-session", "value": cookie, "url": origin}])
                page = context.new_page()
                seen += _look(page, origin, [*paths, *_details(here, service, organisation)])
    return seen


def _look(page: Page, origin: str, paths: list[str]) -> int:
    page.add_init_script(WATCH)
    said: list[str] = []

    def note_dialog(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note_dialog)
    for path in paths:
        page.goto(origin + path)
        assert page.locator("html[data-owned]").count() == 0, path
        assert page.evaluate("violations") == [], path
        assert page.locator("img[src=x], svg[onload], a[href^=javascript]").count() == 0, path
    assert said == []
    return len(paths)


def _details(here: Together, service: str, organisation: UUID) -> list[str]:
    """Return the pages of single records that hold hostile text."""
    keeper = Actor(principal="system:x", organisation=organisation, role=Role.PARTNER_SYSTEM)
    lists = {
        "referral": ("/api/v1/referrals", "/referrals/", ("handoff", "referral_id")),
        "directory": ("/api/v1/services", "/directory/services/", ("id",)),
        "notification": ("/api/v1/webhooks", "/integrations/", ("id",)),
    }
    if service not in lists:
        return []
    listed, page, where = lists[service]
    found = []
    for one in here.ask(service, keeper, "GET", f"{listed}?limit=6").json:
        value: Any = one
        for key in where:
            value = value.get(key, value) if isinstance(value, dict) else value
        found.append(page + str(value))
    return found


def _cookie(here: Together, service: str, organisation: UUID, role: Role) -> str:
    actor = Actor(principal="worker:kim", organisation=organisation, role=role)
    session = begin_session(actor, at=here.clock.now(), label=HTML[1])
    return issue_session(here.running[service].settings, session)
