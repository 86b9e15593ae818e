"""Every route, asked by every role of the sender, the recipient and others, and of no organisation.

``matrix.txt`` says who gets an answer: a row per route. ``CT:++0/x`` means that caseworkers and team leads
of sender and recipient are answered (``+``: a 200 as well as a 409), that to others it is not there (``0``:
404), and that one of them without an organisation is refused (``x``: 403). Roles without a group are refused
everywhere; ``anybody`` need not say who they are. All ask with access tokens, so what is for browsers alone
(``/teams``) is refused to everybody. Whoever is answered sees nothing of what was made up in a sandbox beside
the town, and nobody's details where they are no party.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from onward.identity import Actor, Role
from onward.topology import HEARS
from tests.chaos import town
from tests.integration.access.asking import Asking, undone
from tests.integration.access.made_up import MadeUp
from tests.integration.access.rows import ANYBODY, Route, matrix

LETTERS = {
    "C": Role.CASEWORKER,
    "T": Role.TEAM_LEAD,
    "E": Role.EDITOR,
    "A": Role.AUDITOR,
    "O": Role.OPERATOR,
    "P": Role.PARTNER_SYSTEM,
}
"""Nobody else is answered anywhere: `Role.SERVICE` and `Role.PERSON` have no letter."""
COLUMNS = (town.WARD, town.RESPONSE, town.STRANGERS, None)
OTHER = 2
PERSONAL = (b"Quillfeather", b"Samuel", b"1990-05-17", b"07700 900123")
NOWHERE = "xxxx"
ENDLESS = "/api/v1/notifications/stream"
SAY_AGAIN = ("/refer", "/refer/change", "/refer/check", "/refer/draft", "/refer/list")
"""Answer with what was typed."""
EXPECTED = matrix()


def roles_of(groups: str) -> dict[Role, str]:
    """Return per role what is expected in each of `COLUMNS`; nothing for the refused."""
    found: dict[Role, str] = {}
    for group in groups.split():
        letters, _, answers = group.partition(":")
        found |= {LETTERS[one]: answers.replace("/", "") for one in letters}
    return found


def letter(answer: TestResponse) -> str:
    """Return how *answer* counts."""
    to_login = answer.status_code == 302 and "/login" in answer.headers["Location"]
    if answer.status_code == 401 or to_login:
        return "u"
    return {403: "x", 404: "0"}.get(answer.status_code, "+")


def worker(role: Role, organisation: UUID | None) -> Actor:
    return Actor(principal=f"worker:{role}", organisation=organisation, role=role)


def answered(
    asking: Asking, made_up: MadeUp, route: Route, role: Role, columns: Sequence[int]
) -> str:
    """Return how *role* is answered in *columns*, and what else they were told than they may be."""
    found = ""
    for column in columns:
        with asking.ask(route, worker(role, COLUMNS[column])) as answer:
            found += letter(answer)
            if route[2] == ENDLESS:
                continue
            found += made_up.leak(route, answer)
            if column >= OTHER and route[2] not in SAY_AGAIN:
                told = answer.get_data()
                found += "".join(f" tells {word!r} " for word in PERSONAL if word in told)
    return found


def columns_for(expected: Mapping[Role, str]) -> Mapping[Role, Sequence[int]]:
    """Return where each role is asked: the first of a group everywhere, others as own and as other."""
    found: dict[Role, Sequence[int]] = dict.fromkeys(Role, (0,))
    groups = set()
    for role, row in expected.items():
        own = max(row.find("+"), 0)
        differ = {own, OTHER} if row[own] != row[OTHER] else {OTHER}
        found[role] = sorted(differ) if row in groups else range(len(COLUMNS))
        groups.add(row)
    return found


@pytest.mark.parametrize("service", sorted(HEARS))
def test_everybody_is_answered_as_the_matrix_says(
    asking: Asking, made_up: MadeUp, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = []
    with undone(monkeypatch):
        for route in asking.routes(service):
            answer = asking.ask(route, None)
            unknown = letter(answer)
            if (unknown != "u") != (EXPECTED[route] == ANYBODY):
                wrong.append((*route, "who says nothing of themself", unknown))
            if EXPECTED[route] == ANYBODY:
                if leak := made_up.leak(route, answer):
                    wrong.append((*route, "who says nothing of themself", leak))
                continue
            expected = roles_of(EXPECTED[route])
            for role, columns in columns_for(expected).items():
                due = "".join(expected.get(role, NOWHERE)[column] for column in columns)
                found = answered(asking, made_up, route, role, columns)
                if found != due:
                    wrong.append((*route, role.value, f"{found} where {due} was due"))
    assert wrong == []
