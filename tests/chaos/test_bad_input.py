"""Bad input on every route that changes something: refused in words, without any effect."""

import gc
import re
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from onward import migrate
from onward.catalogue.problems import known_problems
from onward.clock import ManualClock
from onward.identity import Actor, Role
from onward.topology import HEARS
from onward.web.problems import MEDIA_TYPE, stated_problems
from onward.web.routes import operations
from onward.web.sessions import begin_session
from onward.web.tokens import issue_session
from tests.chaos import town as town_
from tests.chaos.conftest import Note
from tests.chaos.corruptions import CANARY, JSON, UNKNOWN, Corrupt, corruptions
from tests.chaos.filled_town import Town
from tests.chaos.good import FORM, Good, Route
from tests.chaos.together import Together, together
from tests.chaos.write_routes import ROWS, routes
from tests.support.databases import Databases

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOCUMENTED = {*known_problems(), *(problem.code for problem in stated_problems())}
SENTENCE = re.compile(r"[A-Z].{9,}[.?]", re.DOTALL)
TYPICAL_MS, MOST_MS = 50, 2_000
"""Half of all answers take less than the first; the second only says that none hangs."""
MOST_GROWTH = 20 * 1024 * 1024
ANY_OF = re.compile(r"<any\(.*\):action>")
OF_LOOKS = ("outbox", "outbox_lines", "tries")
"""Refusals are told to audit, and guesses are counted: no effect of what was asked."""


@pytest.fixture(scope="module")
def here(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), *sorted(HEARS)) as running:
        yield running


@pytest.fixture(scope="module")
def town(here: Together) -> Town:
    return Town(here)


def send(here: Together, route: Route, good: Good, bad: Corrupt) -> tuple[Any, float]:
    """Send *bad* in place of *good*; return the answer, and how many milliseconds it took."""
    service, method, _ = route
    headers = here.headers(good.actor) if good.actor else {}
    headers |= {name: value for name, value in bad.headers.items() if value is not None}
    client = here.apps[service].test_client()
    body: dict[str, Any] = (
        {} if bad.data is None else {"data": bad.data, "content_type": bad.content_type}
    )
    begun = time.perf_counter()
    answer = client.open(bad.path, method=method, headers=headers, **body)
    return answer, (time.perf_counter() - begun) * 1000


def wrong_with(answer: Any, bad: Corrupt) -> str | None:
    """Return what is wrong with a refusal, or None."""
    problem: dict[str, Any] = (answer.json if answer.is_json else None) or {}
    told = problem.get("errors", [])
    promises = {
        f"one of {bad.statuses}": answer.status_code in bad.statuses,
        "nothing of what was sent": CANARY not in answer.get_data(as_text=True),
        "a problem document": answer.mimetype == MEDIA_TYPE,
        "its own status": problem.get("status") == answer.status_code,
        "a documented code": problem.get("code") in DOCUMENTED,
        "a sentence": bool(SENTENCE.fullmatch(problem.get("detail", ""))),
        "which field": problem.get("code") != "invalid" or bool(told),
        "what to change in it": all(each["detail"] and "pointer" in each for each in told),
    }
    broken = [promise for promise, kept in promises.items() if not kept]
    return f"{answer.status_code} without {broken}: {problem}" if broken else None


def effects(here: Together, service: str) -> dict[str, tuple[int, str]]:
    """Return how many rows each table of *service* has, and a digest of them."""
    tables = [
        table.name for table in migrate.everything(here.running[service].service).sorted_tables
    ]
    found = {}
    with here.running[service].database.transaction() as uow:
        connection = uow.connection
        for name in tables:
            text = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{name}\" t"
            if name not in OF_LOOKS:
                found[name] = tuple(connection.execute(sa.text(text)).one())
        others = sa.text("SELECT count(*) FROM outbox WHERE key NOT LIKE 'access.%'")
        found["told"] = (connection.scalar(others), "")
    return found


def required(operation: dict[str, Any], here: Together, service: str) -> list[str]:
    """Return the fields that the operation's document requires."""
    content = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if not content:
        return []
    document: Any = here.apps[service].test_client().get(f"/api/v1/{service}/openapi.json").json
    name = content["schema"]["$ref"].rpartition("/")[2]
    names: list[str] = document["components"]["schemas"][name].get("required", [])
    return names


def all_bad(here: Together, route: Route, good: Good) -> list[Corrupt]:
    """Return everything wrong to send to *route* in place of *good*."""
    needed = required(dict(routes(here))[route], here, route[0])
    return list(corruptions(good, needed, takes_key=takes_key(here, route)))


def takes_key(here: Together, route: Route) -> bool:
    """Tell whether the document of *route* says that it takes an idempotency key."""
    parameters = dict(routes(here))[route].get("parameters", [])
    return any(each.get("name") == "Idempotency-Key" for each in parameters)


def resident() -> int:
    """Return how many bytes of memory this process has."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_every_route_that_changes_something_has_its_row(here: Together) -> None:
    assert {route for route, _ in routes(here)} == set(ROWS)


EVERY_ROUTE = pytest.mark.parametrize("route", ROWS, ids=lambda route: " ".join(route[1:]))


@EVERY_ROUTE
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.chaos)])
def test_bad_input_is_refused_in_words_and_changes_nothing(
    here: Together, town: Town, route: Route, every: int, note: Note
) -> None:
    """Every kind of it in a campaign, every third else, each route beginning with another."""
    good = ROWS[route](town)
    before = effects(here, route[0])
    wrong, took = [], []
    for bad in all_bad(here, route, good)[list(ROWS).index(route) % every :: every]:
        answer, milliseconds = send(here, route, good, bad)
        took.append(milliseconds)
        if found := None if good.form else wrong_with(answer, bad):
            wrong.append(f"{bad.name}: {found}")
        elif not 400 <= answer.status_code < 500:
            wrong.append(f"{bad.name}: answered {answer.status_code}")
    assert wrong == []
    assert effects(here, route[0]) == before
    if every == 1:  # a campaign has the machine to itself
        assert statistics.median(took) < TYPICAL_MS
        assert max(took) < MOST_MS
    note(
        "bad input on every route that changes something",
        routes=1,
        requests=len(took),
        with_effect=0,
        most_typical_ms=round(statistics.median(took), 1),
        most_ms=round(max(took), 1),
    )


@EVERY_ROUTE
def test_the_request_that_was_made_bad_was_good_and_its_key_is_spent(
    here: Together, town: Town, route: Route
) -> None:
    good = ROWS[route](town)
    headers = here.headers(good.actor) if good.actor else {}
    if good.version is not None:
        headers["If-Match"] = f'"{good.version}"'

    def ask(body: Any) -> tuple[Any, dict[str, tuple[int, str]]]:
        sent = {"data": good.form} if good.form else {} if body is None else {"json": body}
        client = here.apps[route[0]].test_client()
        answer = client.open(good.path, method=route[1], headers=headers, **sent)
        return answer, effects(here, route[0])

    if takes_key(here, route):
        headers["Idempotency-Key"] = str(uuid4())
    taken, after = ask(good.json)
    assert taken.status_code in {200, 201, 202, 204}, taken.json
    if "Idempotency-Key" in headers:
        again, later = ask(good.json)
        assert (again.status_code, later) == (taken.status_code, after)
        refused, at_last = ask({**(good.json or {}), UNKNOWN: 1} if good.json else {})
        assert (refused.status_code, at_last) == (422, after)


def test_fifty_at_once_under_one_key_have_one_effect(
    here: Together, town: Town, note: Note
) -> None:
    good = ROWS["referral", "POST", "/api/v1/referrals"](town)
    headers = {**here.headers(town_.NURSE), "Idempotency-Key": str(uuid4())}
    before = here.told("referral")
    together_now = threading.Barrier(50)

    def send_one(_: int) -> tuple[int, bytes]:
        together_now.wait()
        client = here.apps["referral"].test_client()
        answer = client.post(good.path, json=good.json, headers=headers)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(send_one, range(50)))
    new = [each for each in here.told("referral") if each not in before]
    assert [status for status, _ in answers] == [201]
    assert [type(each.event).__name__ for each in new] == ["HandoffRequested", "PackDisclosed"]
    note("50 requests at once under one idempotency key", requests=50, effects=1)


def test_hostile_bodies_do_not_make_the_service_grow(
    here: Together, town: Town, note: Note
) -> None:
    route = ("directory", "POST", "/api/v1/services")
    good = ROWS[route](town)
    hostile = [bad for bad in all_bad(here, route, good) if bad.data and len(bad.data) > 10_000]
    for bad in hostile:
        send(here, route, good, bad)
    begun = resident()
    for bad in hostile * 5:
        send(here, route, good, bad)
    grown = max(0, resident() - begun)
    assert grown < MOST_GROWTH
    sent = sum(len(bad.data or b"") for bad in hostile * 5)
    note(
        "hostile bodies, one after another",
        requests=len(hostile) * 5,
        megabytes=sent // 10**6,
        most_mib_grown=round(grown / 2**20, 1),
    )


def forms(here: Together) -> list[tuple[str, str]]:
    """Return service and path of every page that takes a form."""
    known = {"action": "accept"}
    return [
        (name, re.sub(r"<(?:[^<>:]*:)?(\w+)>", lambda m: known.get(m[1], str(uuid4())), path))
        for name, app in here.apps.items()
        for rule, method, _ in operations(app)
        if method == "POST" and not (path := ANY_OF.sub("<action>", rule.rule)).startswith("/api/")
    ]


def test_forms_that_no_page_of_ours_drew_are_refused_without_any_effect(
    here: Together, town: Town, note: Note
) -> None:
    worker = Actor(principal="worker:kim", organisation=town_.WARD, role=Role.CASEWORKER)
    session = begin_session(worker, at=here.clock.now(), label="Kim")
    before = {name: effects(here, name) for name in here.running}
    bodies: list[tuple[bytes, str, set[int]]] = [  # 403 where the role is looked at first
        (b"sentence=x", FORM, {403}),
        (b"csrf_token=forged&sentence=x", FORM, {403}),
        (b"sentence=%00", FORM, {400, 403}),
        (b"sentence=%ff%fe", FORM, {400, 403}),
        (b'{"a": 1}', JSON, {403, 415}),
        (b"x=" + b"y" * 2**20, FORM, {403, 413}),
    ]
    wrong = []
    for service, path in forms(here):
        for body, content_type, statuses in bodies:
            client = here.apps[service].test_client()
            client.set_cookie(
                "onward-session", issue_session(here.running[service].settings, session)
            )
            answer = client.post(
                path, data=body, content_type=content_type, headers={"Accept": "text/html"}
            )
            if answer.status_code not in statuses:
                wrong.append((path, body[:30], answer.status_code))
    assert wrong == []
    assert {name: effects(here, name) for name in here.running} == before
    note(
        "forms that no page drew",
        forms=len(forms(here)),
        requests=len(forms(here)) * len(bodies),
        with_effect=0,
    )
