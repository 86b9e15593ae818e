"""Pages of places: who had one, how it came to be, adding and changing one without taking it from anybody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from onward.clock import ManualClock
from onward.contracts import referral
from onward.contracts.access import RecordRead
from onward.contracts.directory import PlaceHeld, ServicePublished
from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.places import CapacityKind, Place
from services.directory.domain.services import Limits
from services.directory.handlers import entries
from tests.integration.directory import world
from tests.integration.directory.forms import Editor
from tests.integration.directory.world import ADVICE, HOUSE, RESPONSE, Handoffs, about

Sit = Callable[..., Editor]
Told = Callable[[type[Any]], list[Any]]
SERVICE = f"/directory/services/{HOUSE.id}"
ADVISED = f"/directory/services/{ADVICE.id}"


def places_of(running: RunningService, service_id: UUID) -> list[Place]:
    with running.database.transaction() as uow:
        return list(uow.store.ledgers.read({service_id})[service_id].places)


@pytest.fixture
def handoffs(running: RunningService) -> Handoffs:
    return Handoffs(running)


@pytest.fixture
def bed(running: RunningService, handoffs: Handoffs) -> str:
    """Return the page of the one bed, in which somebody lives."""
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(referral.HandoffStarted(**about(1)))
    (place,) = places_of(running, HOUSE.id)
    return f"/directory/places/{place.id}"


@pytest.fixture
def caseload(sit: Sit, running: RunningService, handoffs: Handoffs) -> str:
    """Return the page of an adviser's caseload of three, two of whom it has."""
    editor = sit(world.ADVISERS)
    editor.look(f"{ADVISED}/places/new")
    assert editor.send(f"{ADVISED}/places/new", label="Ada", state="available", seats="3")
    for number in (1, 2):
        handoffs.tell(handoffs.accept(number, service=ADVICE))
        handoffs.tell(referral.HandoffStarted(**about(number, ADVICE)))
    (place,) = places_of(running, ADVICE.id)
    return f"/directory/places/{place.id}"


def test_its_providers_see_who_has_the_bed_until_when_and_that_is_audited(
    sit: Sit, bed: str, told: Told
) -> None:
    assert bed in sit(role=Role.CASEWORKER).look(SERVICE)
    told_before = len(told(RecordRead))

    page = sit(role=Role.CASEWORKER).look(bed)

    assert f"/referrals/{about(1)['referral_id']}" in page
    assert "16 March 2026 at the latest" in page
    assert len(told(RecordRead)) == told_before + 1
    assert "Change it" not in page


def test_a_stay_beyond_its_end_stands_out(sit: Sit, bed: str, clock: ManualClock) -> None:
    clock.advance(timedelta(days=15))

    assert "Longer than 16 March 2026" in sit(role=Role.CASEWORKER).look(bed)


def test_everybody_sees_how_a_place_came_to_be_and_nobody_else_who_had_it(
    sit: Sit, bed: str
) -> None:
    page = sit(world.WARD, Role.CASEWORKER).look(bed)

    assert "How it came to be as it is" in page
    assert "/referrals/" not in page


def test_closing_a_bed_that_somebody_has_is_refused_and_says_whose_it_is(
    sit: Sit, bed: str
) -> None:
    editor = sit()
    editor.look(bed)

    answer = editor.send(bed, label="Bed 1", state="closed")

    assert answer.status_code == 409
    assert "These people have what they were promised" in editor.page
    assert f"/referrals/{about(1)['referral_id']}" in editor.page


def test_a_caseload_is_not_made_smaller_than_the_people_on_it_and_says_who_they_are(
    sit: Sit, caseload: str, running: RunningService
) -> None:
    editor = sit(world.ADVISERS)
    editor.look(caseload)

    answer = editor.send(caseload, label="Ada", state="available", seats="1", opens_on="")
    assert answer.status_code == 409
    affected = editor.page.split("promised")[1].split("</ul>")[0]
    for number in (1, 2):
        assert f"/referrals/{about(number, ADVICE)['referral_id']}" in affected
    answer = editor.send(caseload, label="Ada", state="available", seats="2", opens_on="")

    assert answer.status_code == 303, editor.page
    assert [place.seats for place in places_of(running, ADVICE.id)] == [2]


def test_a_place_that_is_added_goes_to_whoever_waits(
    sit: Sit, bed: str, handoffs: Handoffs, told: Told
) -> None:
    handoffs.tell(handoffs.accept(2))
    editor = sit()
    assert f"{SERVICE}/places/new" in editor.look(SERVICE)
    editor.look(f"{SERVICE}/places/new")

    answer = editor.send(f"{SERVICE}/places/new", label="Bed 2", state="available")

    assert answer.status_code == 303, editor.page
    assert [one.handoff_id for one in told(PlaceHeld) if one.promoted] == [UUID(int=1002)]


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"label": ""}, "Enter this: name."),
        ({"label": "Bed 1"}, "The service has a place of that name: choose another."),
    ],
)
def test_a_place_that_cannot_be_says_what_to_change(
    sit: Sit, running: RunningService, said: dict[str, str], detail: str
) -> None:
    editor = sit()
    editor.look(f"{SERVICE}/places/new")

    answer = editor.send(f"{SERVICE}/places/new", **{"state": "available", **said})

    assert answer.status_code in {409, 422}
    assert detail in editor.page


def test_a_course_has_days_and_the_first_one_begins_the_counting(
    sit: Sit, running: RunningService, told: Told
) -> None:
    course = replace(
        HOUSE, id=UUID(int=13), name="Course", capacity_kind=CapacityKind.COHORT, limits=Limits()
    )
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, course)
    path = f"/directory/services/{course.id}/places/new"
    editor = sit()
    assert "From the first place on" in editor.look(path)
    said = {"label": "Spring", "state": "available", "seats": "12"}

    refused = editor.send(path, **said, starts_on="2026-05-19", ends_on="2026-04-07")
    assert refused.status_code == 422
    assert "A course ends after it starts" in editor.page
    answer = editor.send(path, **said, starts_on="2026-04-07", ends_on="2026-05-19")

    assert answer.status_code == 303, editor.page
    assert told(ServicePublished)[-1].has_ledger
    assert "7 April 2026 to 19 May 2026" in editor.look(answer.headers["Location"])


def test_nobody_builds_at_anothers_service(sit: Sit, bed: str) -> None:
    stranger = sit(world.ADVISERS)
    assert "Change it" not in stranger.look(bed)

    assert stranger.client.get(f"{SERVICE}/places/new").status_code == 403
    assert stranger.send(bed, label="Mine", state="available").status_code == 403


def test_the_service_says_how_many_sessions_are_left(
    sit: Sit, handoffs: Handoffs, caseload: str
) -> None:
    handoffs.tell(
        referral.AttendanceRecorded(
            **about(1, ADVICE), appointment_id=UUID(int=5), attended=True, sessions=4
        )
    )

    page = sit(world.ADVISERS, Role.CASEWORKER).look(ADVISED)
    assert "Sessions so far" in page
    assert '<td data-label="Sessions so far">4</td>' in page
    assert "Sessions so far" not in sit(world.WARD, Role.CASEWORKER).look(ADVISED)


def test_what_few_people_make_up_is_told_to_the_service_alone(sit: Sit, bed: str) -> None:
    own = sit(RESPONSE, Role.CASEWORKER).look(f"{SERVICE}/use")
    others = sit(world.WARD, Role.CASEWORKER).look(f"{SERVICE}/use")

    assert '<dt class="nhsuk-summary-list__key">People whose wait ended</dt>' in own
    assert "Not told: fewer than 5 people" not in own
    assert "Not told: fewer than 5 people" in others


def test_a_drop_in_counts_its_people_on_a_page_and_corrects_a_day(
    sit: Sit, running: RunningService
) -> None:
    walks = replace(ADVICE, id=UUID(int=15), name="Walks", capacity_kind=CapacityKind.DROP_IN)
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, walks)
    service = f"/directory/services/{walks.id}"
    heads, seat = f"{service}/headcounts", sit(world.ADVISERS, Role.CASEWORKER)

    assert heads in seat.look(service)
    assert heads not in sit(world.WARD, Role.CASEWORKER).look(service)
    assert 'value="2026-03-02"' in seat.look(heads), "today"
    for people in ("12", "14"):
        seat.send(heads, on="2026-03-02", people=people)
        page = seat.look(heads)
    assert "Saved: 14 people on 2 March 2026." in page
    assert "<td>14</td>" in page
    assert "<td>12</td>" not in page
    assert seat.send(heads, on="2026-03-09", people="3").status_code == 422
    assert "Count people on the day itself, or afterwards." in seat.page
    assert seat.send(heads, on="2026-03-01", people="-1").status_code == 422
    assert 'id="people-error"' in seat.page


def test_a_time_that_is_none_says_what_to_change(sit: Sit) -> None:
    client = sit().client
    for query, detail in (
        ("from=2026-03-02&until=2026-03-01", "The last day comes after the first"),
        ("from=monday&until=2026-03-01", "There is a problem"),
    ):
        answer = client.get(f"{SERVICE}/use?{query}", headers={"Accept": "text/html"})
        assert answer.status_code == 422
        assert detail in answer.text
