"""Every list shows a sandbox to those inside it, so that the matrix sees it where others are shown it.

A list is each GET that names no one thing, found in what the services answer: a new one is asked here and in
the matrix without anybody thinking of it, and shows a sandbox its own or stands in `BARE` with the reason.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from onward.topology import HEARS
from tests.integration.access.asking import Asking
from tests.integration.access.made_up import SHOWN, MadeUp
from tests.integration.access.rows import ANYBODY, Route, matrix
from tests.integration.access.test_access_matrix import ENDLESS, LETTERS, worker

BARE: Final[Mapping[str, frozenset[str]]] = {
    "nobody works in a sandbox who could have made one": frozenset(
        {
            "/api/v1/audit/cases",
            "/api/v1/audit/exports",
            "/api/v1/imports",
            "/api/v1/workers",
            "/api/v1/subscriptions/teams",
            "/audit/cases",
            "/directory/import",
            "/teams",
        }
    ),
    "a sandbox's organisations can lead none": frozenset({"/api/v1/programmes"}),
    "a form in which people choose among real ones alone": frozenset(
        {"/advice/new", "/directory/find", "/directory/{listing}/new", "/refer"}
    ),
    "a list of the one thing that its query names": frozenset(
        {"/api/v1/notifications/receipts", "/api/v1/places", "/refer/list", "/referrals/find"}
    ),
    "what the asker chose, or how much awaits them": frozenset(
        {
            "/",
            "/api/v1/notifications/preferences",
            "/api/v1/subscriptions",
            "/api/v1/subscriptions/preview",
            "/notifications/settings",
        }
    ),
    "says the same whoever is there": frozenset(
        {
            "/api/v1/audit/checkpoints",
            "/api/v1/audit/completeness",
            "/api/v1/audit/witnesses",
            "/api/v1/handoffs/instruments",
            "/api/v1/retention",
            "/audit",
            "/audit/checkpoints",
            "/audit/completeness",
            "/audit/reports",
            "/integrations/wordings",
            "/retention",
        }
    ),
    "leaves sandboxes out for everybody, as test_sandboxes sees a day later": frozenset(
        {"/api/v1/audit/stalls", "/audit/stalls"}
    ),
}
"""Where those inside a sandbox find nothing of it, by why."""
BARE_PATHS: Final = frozenset().union(*BARE.values())


def lists(asking: Asking, service: str) -> list[Route]:
    """Return the lists of *service* for which one says who one is: nobody else is in a sandbox."""
    known = (one for one in asking.lists(service) if matrix()[one] != ANYBODY)
    return [one for one in known if one[2] != ENDLESS]


def told_inside(asking: Asking, made_up: MadeUp, route: Route) -> Iterator[bytes]:
    """Yield what one of each group of roles is told on both sides of the sandbox."""
    for group in matrix()[route].split():
        for organisation in made_up.organisations:
            with asking.ask(route, worker(LETTERS[group[0]], organisation)) as answer:
                yield answer.get_data()


@pytest.mark.parametrize("service", sorted(HEARS))
def test_a_list_shows_a_sandbox_to_those_inside_it(
    asking: Asking, made_up: MadeUp, service: str
) -> None:
    bare = {
        path
        for route in lists(asking, service)
        for path in [route[2]]
        if not any(made_up.is_in(told) for told in told_inside(asking, made_up, route))
    }
    there = {path for _, _, path in lists(asking, service)}
    assert bare == BARE_PATHS & there


def test_no_exception_outlives_its_list(asking: Asking) -> None:
    there = {path for service in HEARS for _, _, path in lists(asking, service)}
    assert {*BARE_PATHS, *SHOWN} - there == set()
