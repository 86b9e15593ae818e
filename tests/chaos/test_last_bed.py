"""Two people want the last bed at the same instant: one is given it, the other waits."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from onward.clock import ManualClock
from onward.contracts.directory import PlaceHeld, PlaceQueued
from onward.database import connect
from onward.envelope import Envelope
from services.directory.domain import ledger as rules
from services.directory.domain.claims import Urgency
from services.directory.domain.ledger import Asked, Wish
from services.directory.domain.services import Service
from services.directory.storage.ledgers import Ledgers
from tests.chaos import town
from tests.chaos.conftest import Note, Stage
from tests.chaos.journeys import WENT_WELL, Journey
from tests.chaos.together import Together, together
from tests.support.databases import Databases

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OFTEN = pytest.mark.parametrize("times", [10, pytest.param(50, marks=pytest.mark.chaos)])
HELD_AND_QUEUED = Counter(held=1, queued=1)


@pytest.fixture(scope="module")
def shared(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), "directory", "referral") as running:
        yield running


@pytest.fixture
def house(shared: Together) -> Together:
    """Lend the town with one bed in its house."""
    shared.forget()
    town.publish(shared)
    town.open_place(shared)
    shared.post.carry()
    return shared


def claims(house: Together) -> dict[UUID, str]:
    """Return the state of every open claim by its handoff."""
    query = sa.text(
        "SELECT handoff_id, state FROM claims WHERE state IN ('queued', 'held', 'taken')"
    )
    return {row.handoff_id: row.state for row in house.rows("directory", query)}


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of *acts* from threads that start together."""
    together_now = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        together_now.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


def accept(house: Together, handoff: UUID) -> int:
    recipient = town.RECIPIENTS[town.HOUSE.id]
    status: int = town.act(house, recipient, handoff, "accept", version=1).status_code
    return status


def end(house: Together, handoff: UUID) -> None:
    """Let the ward withdraw, whatever has become of the handoff."""
    found = house.ask("referral", town.NURSE, "GET", f"/api/v1/handoffs/{handoff}").json
    reason = {"reason": "no-longer-needed", "sentence": "It was a rehearsal."}
    answer = town.act(house, town.NURSE, handoff, "cancel", version=found["version"], **reason)
    assert answer.status_code == 200, answer.json


def statuses(house: Together, pair: list[UUID]) -> dict[UUID, str]:
    query = sa.text("SELECT id, status FROM handoffs WHERE id = ANY(:pair)").bindparams(pair=pair)
    return {row.id: row.status for row in house.rows("referral", query)}


def about(envelope: Envelope) -> UUID:
    handoff_id: UUID = envelope.event.handoff_id  # type: ignore[attr-defined] # all here have one
    return handoff_id


@OFTEN
def test_two_acceptances_at_once_are_answered_with_one_bed_and_one_wait(
    house: Together, note: Note, times: int
) -> None:
    found: Counter[str] = Counter()
    for _ in range(times):
        pair = [town.refer(house) for _ in range(2)]
        assert at_once(*(partial(accept, house, one) for one in pair)) == [200, 200]
        house.post.fetch()
        heard = house.post.under_way["directory"]
        lines = [[each for each in heard if about(each) == one] for one in pair]
        at_once(*(partial(house.post.deliver, "directory", line) for line in lines))
        states = claims(house)
        assert Counter(states.values()) == HELD_AND_QUEUED
        found.update(states.values())
        house.post.carry()
        offered = {"held": "offered", "queued": "waitlisted"}
        assert statuses(house, pair) == {one: offered[states[one]] for one in pair}
        for handoff in sorted(pair, key=lambda one: states[one] == "held"):
            end(house, handoff)
            house.post.carry()
        assert not claims(house)
    told = Counter(type(one.event) for one in house.told("directory"))
    assert told[PlaceQueued] == told[PlaceHeld] == times
    note("two handoffs are accepted, and heard of, at the same instant", pairs=times, **found)


def wish(service: Service) -> Wish:
    asked = Asked(handoff_id=uuid4(), referral_id=uuid4(), service_id=service.id)
    return Wish(asked=asked, urgency=Urgency.URGENT, requested_at=NOON, offer_hours=12)


def ask_ledger(house: Together, service: Service) -> UUID:
    """Ask the ledger for a place on a connection of one's own, as a service's process does."""
    wanted = wish(service)
    engine = connect(house.running["directory"].settings.database_url, name="asks", pool_size=1)
    with engine.begin() as connection:
        ledgers = Ledgers(connection)
        before = ledgers.lock({service.id})[service.id]
        ledgers.save((before, rules.request(before, wanted, at=NOON).ledger), at=NOON)
    engine.dispose()
    return wanted.asked.handoff_id


@OFTEN
def test_two_connections_that_ask_the_ledger_at_once_get_one_bed_and_one_wait(
    house: Together, note: Note, times: int
) -> None:
    found: Counter[str] = Counter()
    for number in range(times):
        label = f"Flat {number}"
        town.open_place(house, town.FLATS, label)
        pair = at_once(*[partial(ask_ledger, house, town.FLATS)] * 2)
        states = claims(house)
        assert Counter(states[one] for one in pair) == HELD_AND_QUEUED
        found.update(states[one] for one in pair)
        _give_up(house, *pair)
        _close_flat(house, label)
    note("two connections ask the place ledger at the same instant", pairs=times, **found)


def _give_up(house: Together, *handoffs: UUID) -> None:
    """Close every claim by hand, so that the next pair finds the one place free."""
    with house.running["directory"].engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE claims SET state = 'released', ended_at = now(), end_reason = 'test' "
                "WHERE handoff_id = ANY(:ids)"
            ),
            {"ids": list(handoffs)},
        )


def _close_flat(house: Together, label: str) -> None:
    with house.running["directory"].engine.begin() as connection:
        closed = sa.text("UPDATE places SET opening = 'closed' WHERE label = :label")
        connection.execute(closed, {"label": label})


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_four_processes_give_one_bed_to_one_of_two_every_time(stage: Stage, note: Note) -> None:
    found: Counter[str] = Counter()
    everybody: list[Journey] = []
    for _ in range(50):
        pair = [stage.journey() for _ in range(2)]
        for journey in pair:
            journey.refer()
        at_once(*(journey.accept for journey in pair))
        states = {each.await_status("offered", "waitlisted"): each for each in pair}
        assert states.keys() == {"offered", "waitlisted"}
        found.update(list(states))
        for journey in (states["offered"], states["waitlisted"]):
            journey.await_offer()
            journey.start()
            journey.complete()
        everybody += pair
    counts = dict(pairs=50, **found) | stage.promises_hold()
    assert all(stage.story(journey) in WENT_WELL for journey in everybody)
    note("two handoffs are accepted at the same instant, in four processes", **counts)


CLAIM = (
    "INSERT INTO claims (handoff_id, attempt, referral_id, service_id, place_id, seat, state, urgency, "
    "requested_at, waiting_since, offer_hours, promoted) VALUES "
    "(:handoff, :attempt, gen_random_uuid(), :service, :place, :seat, :state, 'urgent', "
    "now(), now(), 12, false)"
)


def claim(house: Together, **changes: Any) -> dict[str, Any]:
    """Return a claim on the house's one bed, for SQL."""
    place = house.rows("directory", sa.text("SELECT id FROM places WHERE label = 'Bed 1'"))
    usual = {
        "handoff": uuid4(),
        "attempt": 1,
        "service": town.HOUSE.id,
        "place": place[0].id,
        "seat": 1,
        "state": "held",
    }
    return usual | changes


def write(house: Together, statement: str, **values: Any) -> str | None:
    """Run SQL past all our code; return the name of the rule that refuses it."""
    engine = connect(house.running["directory"].settings.database_url, name="past", pool_size=1)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)
    except sa.exc.DBAPIError as error:
        diagnosed = getattr(error.orig, "diag", None)
        return diagnosed.constraint_name or str(error.orig).splitlines()[0] if diagnosed else "?"
    finally:
        engine.dispose()
    return None


@OFTEN
def test_the_database_itself_gives_a_bed_to_one_of_two_who_write_at_once(
    house: Together, note: Note, times: int
) -> None:
    refused = 0
    for _ in range(times):
        pair = [claim(house) for _ in range(2)]
        answers = at_once(*(partial(write, house, CLAIM, **one) for one in pair))
        assert set(answers) == {None, "uq_claims_one_per_seat"}
        refused += 1
        _give_up(house, *(one["handoff"] for one in pair))
    note(
        "two connections write themselves into one bed, past all code",
        pairs=times,
        refused=refused,
    )


HANDOFF = UUID(int=77)
END = "UPDATE claims SET state = 'released'"
KEPT = "claims are the history of places: close them, never delete them"


@pytest.mark.parametrize(
    ("statement", "changes", "rule"),
    [
        (CLAIM, {"handoff": HANDOFF, "attempt": 2}, "uq_claims_one_per_handoff"),
        (CLAIM, {"handoff": HANDOFF}, "pk_claims"),
        (CLAIM, {"place": None}, "ck_claims_place"),
        (CLAIM, {"state": "queued"}, "ck_claims_place"),
        (CLAIM, {"state": "shared"}, "ck_claims_state"),
        (CLAIM, {"service": town.FLATS.id}, "fk_claims_service_id_place_id"),
        (CLAIM, {"place": UUID(int=99)}, "fk_claims_service_id_place_id"),
        (END, {}, "ck_claims_ended"),
        ("UPDATE places SET opening = 'shared'", {}, "ck_places_opening"),
        ("DELETE FROM claims", {}, KEPT),
        ("TRUNCATE claims", {}, "permission denied for table claims"),
    ],
)
def test_the_database_refuses_what_no_code_of_ours_would_write(
    house: Together, statement: str, changes: dict[str, Any], rule: str
) -> None:
    first = claim(house, handoff=HANDOFF, state="queued", place=None, seat=None)
    assert write(house, CLAIM, **first) is None
    assert write(house, statement, **claim(house, **changes)) == rule
