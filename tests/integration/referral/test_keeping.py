"""How it is kept: sealed, constrained, migrated, and never moved by two at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from onward.scope import act_for
from onward.service import RunningService
from onward.settings import Settings
from services.referral.storage.tables import handoffs
from services.referral.storage.vault import Vault, vault_for
from services.referral.web import create_app
from tests.integration.referral import world
from tests.integration.referral.world import Desk, Directory


def test_no_table_holds_a_personal_word(ward: Desk, house: Desk, running: RunningService) -> None:
    response = ward.ask(
        "POST",
        "/referrals",
        json={
            "person": world.SAM,
            "service_id": str(world.HOUSE),
            "lawful_basis": {"code": "direct-care", "note": "Agreed with Quillfeather."},
            "consent": {"given": True},
            "sections": world.TOLD,
        },
        headers={"Idempotency-Key": "once"},
    )
    handoff: Any = response.json["handoff"]  # type: ignore[index]
    house.does(handoff, "ask", sentence="Is Quillfeather from Marlbrook?")
    ward.does(handoff, "answer", sentence="Yes, and born 1990-05-17.")
    house.does(handoff, "reject", reason="not-eligible", sentence="The landlord objects.")
    found = {
        (table, word)
        for table, text in world.cells(running)
        for word in world.PERSONAL
        if word in text
    }
    assert found == set()
    assert any("direct-care" in text for _, text in world.cells(running))
    story = ward.get(f"/referrals/{handoff['referral_id']}")
    assert story["basis_note"] == "Agreed with Quillfeather."
    assert story["sections"] == world.TOLD


@pytest.mark.parametrize("path", ["/handoffs", "/referrals"])
def test_a_longer_list_costs_no_more_statements(
    ward: Desk, house: Desk, running: RunningService, path: str
) -> None:
    reader = house if path == "/handoffs" else ward
    statements: list[str] = []

    def cost() -> int:
        statements.clear()
        reader.get(path)
        return len(statements)

    ward.sent()
    sa.event.listen(
        running.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2])
    )
    short = cost()
    for _ in range(5):
        ward.sent()
    assert 0 < short == cost()


def test_a_sealed_value_opens_only_where_it_was_sealed() -> None:
    vault, person, here, about = Vault("s" * 32), uuid4(), uuid4(), uuid4()
    key = vault.new_key(person)
    sealed = key.seal(organisation=here, about=about).close("names", {"given": "Sam"})
    again = vault.key(person, key.wrapped)
    assert again.seal(organisation=here, about=about).open("names", sealed) == {"given": "Sam"}
    elsewhere = [
        (again.seal(organisation=here, about=about), "contact"),
        (again.seal(organisation=uuid4(), about=about), "names"),
        (again.seal(organisation=here, about=uuid4()), "names"),
        (vault.new_key(person).seal(organisation=here, about=about), "names"),
    ]
    for seal, field in elsewhere:
        with pytest.raises(InvalidTag):
            seal.open(field, sealed)
    for other, wrapped in [(vault, uuid4()), (Vault("t" * 32), person)]:
        with pytest.raises(InvalidTag):
            other.key(wrapped, key.wrapped)


def test_the_same_value_is_sealed_differently_each_time() -> None:
    key = vault_for("s" * 32).new_key(UUID(int=1))
    seal = key.seal(organisation=UUID(int=2), about=UUID(int=3))
    assert seal.close("names", "Sam") != seal.close("names", "Sam")


def test_of_two_who_decide_at_once_one_is_told_to_look_again(
    ward: Desk, running: RunningService, settings: Settings
) -> None:
    ann, ben = (
        Desk(create_app(running).test_client(), settings, ward.clock, world.RESPONSE)
        for _ in range(2)
    )

    def decide(who: Desk, action: str, handoff: Any, **body: Any) -> int:
        return who.act(handoff, action, version=1, **body).status_code

    for _ in range(5):
        handoff = ward.sent()
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(decide, ann, "accept", handoff)
            second = pool.submit(
                decide, ben, "reject", handoff, reason="no-capacity", sentence="Full."
            )
        assert sorted([first.result(), second.result()]) == [200, 412]


def test_the_database_itself_allows_one_open_handoff_per_referral(
    ward: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    columns = ", ".join(one.name for one in handoffs.c if not one.computed)
    copy = (
        f"INSERT INTO handoffs ({columns}) SELECT {columns} FROM (SELECT (jsonb_populate_record("
        " NULL::handoffs, to_jsonb(h) || jsonb_build_object('id', gen_random_uuid(), 'number', 2))).*"
        " FROM handoffs h WHERE id = :id) AS copied"
    )
    with (
        pytest.raises(sa.exc.IntegrityError, match="one_at_a_time"),
        running.database.transaction() as uow,
    ):
        uow.connection.execute(sa.text(copy), {"id": handoff["id"]})


def test_the_inbox_is_read_from_its_index(
    ward: Desk, running: RunningService, directory: Directory
) -> None:
    ward.sent()
    query = (
        "EXPLAIN SELECT id FROM handoffs WHERE recipient = :r AND status IN ('accepted', 'acknowledged',"
        " 'in_progress', 'info_requested', 'offered', 'on_hold', 'requested', 'waitlisted')"
        " ORDER BY urgency_rank, sort_at, id LIMIT 50"
    )
    with running.database.transaction() as uow:
        act_for(uow.connection, world.RESPONSE)
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):  # cheap with so few rows
            uow.connection.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        plan = "\n".join(uow.connection.scalars(sa.text(query), {"r": world.RESPONSE}))
    assert "ix_handoffs_inbox" in plan
    assert "Sort" not in plan


def test_the_openapi_document_is_valid_and_says_what_every_route_does(
    running: RunningService,
) -> None:
    from openapi_spec_validator import validate  # noqa: PLC0415 - slow to import

    client = create_app(running).test_client()
    document: Any = client.get("/api/v1/referral/openapi.json").json
    validate(document)
    operations = {
        (method, path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post"}
    }
    assert all(operation.get("summary") for operation in operations.values())
    assert {path for _, path in operations} >= {
        "/api/v1/referrals",
        "/api/v1/referrals/{referral_id}",
        "/api/v1/referrals/{referral_id}/handoffs",
        "/api/v1/handoffs",
        "/api/v1/handoffs/{handoff_id}",
        "/api/v1/handoffs/{handoff_id}/actions",
        "/api/v1/handoffs/{handoff_id}/pack",
        "/api/v1/handoffs/{handoff_id}/{action}",
        "/api/v1/deadlines",
    }
