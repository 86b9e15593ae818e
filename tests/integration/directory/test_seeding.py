"""The partnership of the demo, loaded into a real database."""

import json
from dataclasses import replace
from pathlib import Path
from secrets import SystemRandom

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from onward.contracts.directory import AgreementPublished, OrganisationPublished, ServicePublished
from onward.errors import InvalidError
from onward.service import RunningService
from onward.settings import Settings
from onward.web.passwords import check_password, generate_password
from services.directory import cli, seeding
from services.directory.domain.days import day_of
from services.directory.handlers import entries
from services.directory.storage.listing import Part
from services.directory.storage.services import Wanted
from tests.integration.directory.conftest import envelopes


def agreed(running: RunningService) -> set[tuple[str, str]]:
    """Return who may share with whom, by name."""
    events = [one.event for one in envelopes(running)]
    names = {
        one.organisation_id: one.name for one in events if isinstance(one, OrganisationPublished)
    }
    return {
        (names[one.from_organisation], names[one.to_organisation])
        for one in events
        if isinstance(one, AgreementPublished)
    }


def service_named(running: RunningService, name: str) -> ServicePublished:
    (found,) = (
        one.event
        for one in envelopes(running)
        if isinstance(one.event, ServicePublished) and one.event.name == name
    )
    return found


def test_the_scenario_finds_its_services_places_and_agreements(empty: RunningService) -> None:
    seeding.load_demo(empty, None)

    house = service_named(empty, "Stepdown House")
    assert (house.review_day, house.maximum_stay_days, house.has_ledger) == (10, 14, True)
    assert len(house.providers) == 2
    assert service_named(empty, "OurSpace").status == "planned"
    homes = service_named(empty, "Housing First")
    with empty.database.transaction() as uow:
        ledgers = uow.store.ledgers.read([house.service_id, homes.service_id])
    assert ledgers[house.service_id].room(day_of(uow.now)).available == 1
    assert ledgers[homes.service_id].room(day_of(uow.now)).available == 3
    assert ledgers[homes.service_id].room(day_of(uow.now)).pipeline == 2


def test_agreements_let_the_scenario_pass_and_refuse_its_one_wrong_turn(
    empty: RunningService,
) -> None:
    seeding.load_demo(empty, None)

    ward = "Oxford Health Adult Mental Health Team"
    assert {
        (ward, "Response"),
        (ward, "Benefits for Better Mental Health"),
        (ward, "Oxfordshire Mental Health Partnership"),
        ("Response", "Benefits for Better Mental Health"),
        ("Response", "Oxfordshire Mental Health Partnership"),
    } <= agreed(empty)
    assert (ward, "Family Action") not in agreed(empty)


def test_every_agreement_of_the_ward_covers_what_the_services_there_ask_for(
    empty: RunningService,
) -> None:
    seeding.load_demo(empty, None)

    events = [one.event for one in envelopes(empty)]
    for agreement in events:
        if isinstance(agreement, AgreementPublished):
            for service in events:
                if (
                    isinstance(service, ServicePublished)
                    and service.recipient == agreement.to_organisation
                    and service.name in {"Stepdown House", "Housing First"}
                ):
                    assert set(service.asks_for) <= set(agreement.sections)


def test_loading_again_changes_nothing_and_tells_nobody(empty: RunningService) -> None:
    first = seeding.load_demo(empty, None)
    told = len(envelopes(empty))

    again = seeding.load_demo(empty, None)

    assert again == {"people": [], "systems": []}
    assert len(envelopes(empty)) == told
    assert len(first["people"]) >= 10
    assert len(first["systems"]) >= 3


def test_loading_over_an_older_state_adds_what_is_new_and_leaves_what_was_changed(
    empty: RunningService,
) -> None:
    whole = seeding.read_file(seeding.PARTNERSHIP)
    leads_on = {part["service"] for one in whole["services"] for part in one["related"]}
    loose = [one["id"] for one in whole["services"] if one["id"] not in leads_on][-5:]
    older = {
        **whole,
        "services": [one for one in whole["services"] if one["id"] not in loose],
        "agreements": whole["agreements"][:2],
        "people": whole["people"][:3],
        "systems": [],
    }
    seeding.load(empty, older, rng=SystemRandom())
    with empty.database.transaction(actor=seeding.SEEDER) as uow:
        edited = uow.store.services.get(older["services"][0]["id"])
        entries.change_service(uow, replace(edited, summary="As its editors say."))
    told = len(envelopes(empty))

    made = seeding.load(empty, whole, rng=SystemRandom())

    events = [one.event for one in envelopes(empty)][told:]
    assert {one.service_id for one in events if isinstance(one, ServicePublished)} == set(loose)
    assert len(made.people) == len(whole["people"]) - 3
    assert not [one for one in events if isinstance(one, OrganisationPublished)]
    with empty.database.transaction() as uow:
        assert uow.store.services.get(edited.id).summary == "As its editors say."
    assert seeding.load(empty, whole, rng=SystemRandom()).people == ()
    assert len(envelopes(empty)) == told + len(events)


def test_passwords_are_made_anew_each_time_and_kept_as_digests_only(empty: RunningService) -> None:
    person = seeding.load_demo(empty, None)["people"][0]

    with empty.database.transaction() as uow:
        found = uow.store.accounts.worker_named(person["username"])
    assert found is not None
    kept, worker = found
    assert check_password(kept, person["password"])
    assert str(worker.organisation_id) == person["organisation_id"]
    assert person["password"] not in _everything(empty)


def test_a_seed_makes_the_same_logins_again(empty: RunningService) -> None:
    document = seeding.read_file(seeding.PARTNERSHIP)

    made = seeding.load(empty, document, rng=seeding.random_source(7))

    source = seeding.random_source(7)
    assert made.people[0].password == generate_password(choose=source.choice)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("organisations: [{id: x, name: A, kind: charity}]", "/organisations/0/id"),
        ("surprise: []", "/surprise"),
        (
            "people: [{username: a, display_name: A, role: king, organisation: x}]",
            "/people/0/role",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_every_place_that_is_wrong(text: str, pointer: str) -> None:
    with pytest.raises(InvalidError) as refused:
        seeding.read(text)

    assert pointer in {error.pointer for error in refused.value.errors}


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("includes: [nowhere.yaml]", ""),
        ("services: 3", "/services"),
        ("assumed: {services: [{id: elsewhere}]}", "/assumed/services/0/id"),
        ("just words", ""),
    ],
)
def test_files_that_cannot_be_put_together_are_refused_by_place(
    tmp_path: Path, text: str, pointer: str
) -> None:
    (tmp_path / "seed.yaml").write_text(text)

    with pytest.raises(InvalidError) as refused:
        seeding.read_file(tmp_path / "seed.yaml")

    assert pointer in {error.pointer for error in refused.value.errors}


def test_what_is_assumed_is_added_to_what_is_known(tmp_path: Path) -> None:
    facts = "organisations: [{id: 790c1fe1-452c-4847-a9bc-876b4031b088, name: A, kind: charity}]"
    (tmp_path / "facts.yaml").write_text(facts)
    (tmp_path / "demo.yaml").write_text(
        """
        includes: [facts.yaml]
        assumed:
          organisations:
            - {id: 790c1fe1-452c-4847-a9bc-876b4031b088, mailbox: a@a.example}
        """
    )

    (alone,) = seeding.read_file(tmp_path / "facts.yaml")["organisations"]
    (together,) = seeding.read_file(tmp_path / "demo.yaml")["organisations"]

    assert (alone["name"], alone["mailbox"]) == ("A", None)
    assert (together["name"], together["mailbox"]) == ("A", "a@a.example")


def test_a_file_that_fails_half_way_leaves_nothing_behind(empty: RunningService) -> None:
    document = seeding.read(
        """
        organisations:
          - {id: 790c1fe1-452c-4847-a9bc-876b4031b088, name: A, kind: charity}
        people:
          - username: a
            display_name: A
            role: caseworker
            organisation: 00000000-0000-0000-0000-000000000009
        """
    )

    with pytest.raises(InvalidError):
        seeding.load(empty, document, rng=seeding.random_source(None))

    with empty.database.transaction() as uow:
        assert uow.store.organisations.part(Part(limit=5)) == []
        assert uow.store.services.part(Part(limit=5), Wanted()) == []


def test_the_command_writes_new_logins_where_only_their_reader_sees_them(
    settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "logins.json"
    environment = {"ONWARD_DIRECTORY_DATABASE_URL": settings.database_url}

    done = CliRunner().invoke(
        cli.app, ["seed", "--credentials", str(kept)], env=environment, catch_exceptions=False
    )

    assert "New: 14 people, 5 systems." in done.stdout
    assert kept.stat().st_mode & 0o077 == 0
    logins = json.loads(kept.read_text())
    assert set(logins["people"][0]) == {
        "username",
        "password",
        "organisation",
        "organisation_id",
        "role",
    }
    assert logins["people"][0]["password"] not in done.stdout


def _everything(running: RunningService) -> str:
    """Return every row of every table as text."""
    found: list[str] = []
    with running.engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = connection.execute(sa.text(f'SELECT * FROM "{table}"'))
            found.extend(str(tuple(row)) for row in rows)
    return "\n".join(found)
