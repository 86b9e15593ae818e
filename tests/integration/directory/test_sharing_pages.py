"""Sharing agreements on their pages: the matrix, one agreement, a new one, the end of one."""

from collections.abc import Callable
from typing import Any

import pytest

from onward.contracts.directory import AgreementPublished
from onward.identity import Role
from services.directory.domain.organisations import Organisation
from tests.integration.directory.forms import Editor
from tests.integration.directory.world import ADVISERS, RESPONSE, WARD

Told = Callable[[type[Any]], list[Any]]
AT = "/directory/agreements"
FORM = {
    "from_organisation": "Ward Team",
    "to_organisation": "response",
    "sections": "housing, identity",
    "purposes": "direct-care",
    "lawful_basis": "direct-care",
    "valid_from": "2026-01-01",
    "valid_until": "",
}


@pytest.fixture
def ward(sit: Callable[..., Editor]) -> Editor:
    return sit(WARD)


def made(editor: Editor, **changes: str) -> str:
    """Record an agreement; return its address."""
    editor.look(f"{AT}/new")
    answer = editor.send(f"{AT}/new", **FORM | changes)
    assert answer.status_code == 303, editor.page
    return answer.headers["Location"]


def test_an_agreement_is_recorded_told_and_stands_in_the_matrix(ward: Editor, told: Told) -> None:
    path = made(ward)

    (one,) = told(AgreementPublished)
    assert (one.from_organisation, one.sections) == (WARD.id, ("housing", "identity"))
    assert "What Ward Team shares with Response" in ward.look(path)
    page = ward.look(AT)
    assert "Holds" in page
    assert '<th scope="row">Response</th>' in page


def test_the_matrix_says_what_the_other_side_asks_for_and_is_not_covered(ward: Editor) -> None:
    made(ward, sections="housing")

    page = ward.look(AT)
    assert "Lacks 1" in page
    assert "Response asks for what is not covered: identity." in page
    assert 'value="housing, identity"' in ward.look(f"{AT}/new?from={WARD.id}&to={RESPONSE.id}")


def test_the_matrix_says_what_ends_soon(ward: Editor) -> None:
    made(ward, valid_until="2026-03-20")

    assert "Ends 20 March 2026" in ward.look(AT)


@pytest.mark.parametrize(
    ("who", "role", "sees"),
    [
        (WARD, Role.CASEWORKER, True),
        (RESPONSE, Role.TEAM_LEAD, True),
        (ADVISERS, Role.EDITOR, False),
        (ADVISERS, Role.AUDITOR, True),
        (ADVISERS, Role.OPERATOR, True),
    ],
    ids=["giver", "taker", "stranger", "auditor", "operator"],
)
def test_the_parties_auditors_and_operators_see_an_agreement_and_nobody_else(
    ward: Editor, sit: Callable[..., Editor], who: Organisation, role: Role, *, sees: bool
) -> None:
    path = made(ward)
    visitor = sit(who, role)

    assert ("Ward Team with Response" in visitor.look(AT)) is sees
    answer = visitor.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == (200 if sees else 404)
    assert ("End this agreement" in answer.get_data(as_text=True)) is (role is Role.OPERATOR)


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        ({"to_organisation": "Ward Team"}, 422, "An agreement is between two organisations."),
        ({"valid_until": "2025-01-01"}, 422, "The last day comes after the first"),
        ({"valid_from": "soon"}, 422, "Not a valid date."),
        ({"sections": ""}, 422, "Enter this: what."),
        ({"from_organisation": "Advisers"}, 403, "your own organisation"),
    ],
    ids=["itself", "ends-first", "no-day", "nothing", "not-yours"],
)
def test_a_mistake_in_a_new_agreement_is_told_and_what_was_typed_is_kept(
    ward: Editor, said: dict[str, str], status: int, told: str
) -> None:
    ward.look(f"{AT}/new")

    answer = ward.send(f"{AT}/new", **FORM | said)

    assert answer.status_code == status
    assert told in ward.page
    assert all(f'value="{text}"' in ward.page for text in said.values())


def test_either_side_ends_it_and_the_side_that_shares_takes_that_back(
    ward: Editor, sit: Callable[..., Editor]
) -> None:
    path = made(ward)
    response = sit(RESPONSE)
    response.look(path)
    refused = response.send(f"{path}/end", when="day", last_day="2026-02-01")
    assert refused.status_code == 422
    assert "An agreement cannot end in the past" in response.page
    assert response.send(f"{path}/end", when="day", last_day="2026-03-31").status_code == 303
    assert "31 March 2026" in response.look(path)

    assert "Open-ended" not in ward.look(path)
    ward.look(f"{path}/history/1")
    assert ward.send(f"{path}/history/1").status_code == 303
    assert "Open-ended" in ward.look(path)


def test_an_agreement_that_ended_at_once_is_over(ward: Editor) -> None:
    path = made(ward)
    ward.look(path)
    ward.send(f"{path}/end", when="now")

    page = ward.look(path)
    assert "Over" in page
    assert "End this agreement" not in page
    assert "nothing can be shared" in ward.look(AT)


def test_an_operator_looks_at_one_organisation_alone(
    ward: Editor, sit: Callable[..., Editor]
) -> None:
    made(ward)
    operator = sit(WARD, Role.OPERATOR)
    made(operator, from_organisation="Advisers")

    assert "Advisers with Response" not in operator.look(f"{AT}?with=ward team")
    assert "Advisers with Response" in operator.look(AT)
    assert "lists no organisation of this name" in operator.look(f"{AT}?with=nobody")
