"""Behind the policy stands the database: a query that forgets to ask whose a row is sees only one's own."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from onward.scope import act_for
from onward.service import RunningService
from services.referral.app import SERVICE
from services.referral.storage import tables
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.world import Desk, Directory

PUBLISHED = {"organisations", "services", "agreements", "placements"}
"""What the directory tells everybody: no row of these is anybody's own."""
OWN = sorted({table.name for table in SERVICE.metadata.sorted_tables} - PUBLISHED)


def rows(running: RunningService, table: str, organisation: UUID | None) -> int:
    """Return how many rows of *table* a query without any condition finds for *organisation*."""
    with running.database.transaction() as uow:
        act_for(uow.connection, organisation)
        found: int = uow.connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found


@pytest.fixture
def filled(ward: Desk, house: Desk, desk: DeskOf, directory: Directory) -> None:
    """Two handoffs between two organisations, and one of others, with all that hangs on them."""
    one, two = ward.sent(), ward.sent()
    house.does(one, "ask", sentence="Where?")
    house.does(two, "accept")
    directory.hold(two)
    house.ask("POST", f"/handoffs/{two['id']}/messages", json={"text": "See you."})
    note = {"text": "Ring the sister first.", "visibility": "own"}
    house.ask("POST", f"/handoffs/{two['id']}/messages", json=note)
    desk(world.RESPONSE).sent(service_id=str(world.ADVICE))


@pytest.mark.parametrize("table", OWN)
def test_every_table_that_holds_somebodys_rows_is_guarded_even_from_its_owner(
    running: RunningService, table: str
) -> None:
    wanted = sa.text(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)"
    )
    with running.engine.connect() as connection:
        assert tuple(connection.execute(wanted, {"name": table}).one()) == (True, True)


@pytest.mark.usefixtures("filled")
def test_a_query_without_a_condition_finds_only_ones_own(running: RunningService) -> None:
    with running.database.transaction() as uow:
        everything = {
            table: uow.connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in OWN
        }
    assert everything["handoffs"] == 3
    for table in OWN:
        assert rows(running, table, world.STRANGERS) == 0, table
        assert rows(running, table, None) == 0, table
    assert rows(running, "handoffs", world.WARD) == 2
    assert rows(running, "handoffs", world.RESPONSE) == 3
    assert rows(running, "handoffs", world.ADVISERS) == 1
    assert rows(running, "persons", world.ADVISERS) == 1
    assert rows(running, "sections", world.ADVISERS) == 0
    assert rows(running, "packs", world.ADVISERS) == 1
    assert rows(running, "claims", world.ADVISERS) == 0
    assert rows(running, "claims", world.WARD) == 1
    assert rows(running, "messages", world.RESPONSE) == 2
    assert rows(running, "messages", world.WARD) == 1, "a note of the house's own"


@pytest.mark.usefixtures("filled")
def test_a_transaction_that_has_not_said_for_whom_finds_nothing(running: RunningService) -> None:
    with running.engine.connect() as connection:
        for table in OWN:
            assert connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0, table


def test_what_was_said_ends_with_its_transaction(running: RunningService, ward: Desk) -> None:
    ward.sent()
    assert rows(running, "handoffs", world.WARD) == 1
    with running.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.handoffs)) == 0


@pytest.mark.usefixtures("filled")
def test_nobody_changes_or_adds_a_row_of_others(running: RunningService) -> None:
    with running.database.transaction() as uow:
        act_for(uow.connection, world.STRANGERS)
        changed = uow.connection.execute(sa.text("UPDATE handoffs SET reason = 'mine now'"))
        assert changed.rowcount == 0
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        _give_away(running)


def _give_away(running: RunningService) -> None:
    give = sa.text("UPDATE handoffs SET sender = :them, recipient = :them")
    with running.database.transaction() as uow:
        act_for(uow.connection, world.WARD)
        uow.connection.execute(give, {"them": world.STRANGERS})


def test_a_draft_is_not_there_for_whom_it_is_meant(ward: Desk, running: RunningService) -> None:
    ward.submit(draft=True)
    assert rows(running, "handoffs", world.WARD) == 1
    for table in ("handoffs", "referrals", "persons"):
        assert rows(running, table, world.RESPONSE) == 0


def test_the_service_itself_cannot_step_around_the_policies(running: RunningService) -> None:
    with running.engine.connect() as connection:
        role = connection.execute(
            sa.text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
    assert tuple(role) == (False, False)
