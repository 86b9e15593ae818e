"""Embedded workers on the organisation's page: who sits where, letting somebody in, ending it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from onward.clock import ManualClock
from onward.contracts.directory import PlacementPublished
from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.accounts import Worker
from services.directory.handlers import accounts
from tests.integration.directory import world
from tests.integration.directory.forms import Editor
from tests.integration.directory.world import CONNECTION, RESPONSE, WARD

Sit = Callable[..., Editor]
Told = Callable[[type[Any]], list[Any]]
PAGE = f"/directory/organisations/{WARD.id}"
NEW = f"{PAGE}/placements/new"


@pytest.fixture(autouse=True)
def worker(running: RunningService) -> UUID:
    """Return a worker of Response, who can sit in others' teams."""
    made = Worker(
        id=UUID(int=77),
        organisation_id=RESPONSE.id,
        username="p.nowak",
        display_name="P Nowak",
        role=Role.CASEWORKER,
    )
    with running.database.transaction(actor=world.OPERATOR) as uow:
        return accounts.open_account(uow, made, password="a password of many words").worker.id


@pytest.fixture
def placed(sit: Sit) -> Editor:
    """Return the ward's team lead, who has let the worker in until the end of May."""
    lead = sit(WARD, Role.TEAM_LEAD)
    lead.look(NEW)
    answer = lead.send(NEW, username="p.nowak", begins_on="", ends_on="2026-05-31")
    assert answer.status_code == 303, lead.page
    return lead


def test_a_team_lead_lets_somebody_in_and_both_sides_see_it(
    sit: Sit, placed: Editor, told: Told, worker: UUID
) -> None:
    (event,) = told(PlacementPublished)
    assert (event.principal, event.host) == (f"worker:{worker}", WARD.id)
    assert event.ends_at.isoformat() == "2026-05-31T23:00:00+00:00"  # midnight in London

    here = placed.look(PAGE)
    assert "Who sits in this team" in here
    assert "P Nowak" in here
    elsewhere = sit(RESPONSE, Role.TEAM_LEAD).look(f"/directory/organisations/{RESPONSE.id}")
    assert "Its own workers in other teams" in elsewhere
    assert "P Nowak" in elsewhere


def test_nobody_else_sees_who_sits_where(sit: Sit, placed: Editor) -> None:
    for who, role in ((CONNECTION, Role.TEAM_LEAD), (WARD, Role.CASEWORKER)):
        assert "P Nowak" not in sit(who, role).look(PAGE)
    assert sit(CONNECTION, Role.TEAM_LEAD).client.get(NEW).status_code == 403


@pytest.mark.parametrize("side", [WARD, RESPONSE], ids=["host", "employer"])
def test_either_side_ends_it_at_once(
    sit: Sit, placed: Editor, told: Told, clock: ManualClock, side: Any
) -> None:
    lead = sit(side, Role.TEAM_LEAD)
    page = lead.look(f"/directory/organisations/{side.id}")
    action = page.split('method="post" action="')[-1].split('"')[0]

    answer = lead.send_to(action)

    assert answer.status_code == 303, lead.page
    assert told(PlacementPublished)[-1].ends_at == clock.now()
    assert "P Nowak" not in lead.look(f"/directory/organisations/{side.id}")


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"username": "nobody"}, "Nobody who can sign in has this username"),
        ({"username": ""}, "Enter this: username."),
        ({"ends_on": "2026-02-01"}, "A placement ends after it starts"),
        ({"begins_on": "2026-01-31"}, "It begins today at the earliest"),
        ({"ends_on": "soon"}, "There is a problem"),
    ],
)
def test_a_placement_that_cannot_be_says_what_to_change(
    sit: Sit, told: Told, said: dict[str, str], detail: str
) -> None:
    lead = sit(WARD, Role.TEAM_LEAD)
    lead.look(NEW)

    answer = lead.send(NEW, **{"username": "p.nowak", "begins_on": "", "ends_on": "", **said})

    assert answer.status_code == 422
    assert detail in lead.page
    assert told(PlacementPublished) == []


def test_nobody_sits_in_a_team_twice_or_in_their_own(sit: Sit, placed: Editor) -> None:
    placed.look(NEW)
    assert placed.send(NEW, username="p.nowak", begins_on="", ends_on="").status_code == 409
    assert "The worker is in that team for some of the time" in placed.page

    own = sit(RESPONSE, Role.TEAM_LEAD)
    path = f"/directory/organisations/{RESPONSE.id}/placements/new"
    own.look(path)
    assert own.send(path, username="p.nowak", begins_on="", ends_on="").status_code == 422
    assert "The worker works there already" in own.page
