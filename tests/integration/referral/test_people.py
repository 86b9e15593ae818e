"""People are found by a keyed hash, erased by destroying their key, and in no dump of the database."""

import re
import subprocess
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import PersonErased
from onward.identity import Role
from onward.scope import PLATFORM
from onward.servers.postgres import bundled_binaries, installed_binaries
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

BORN = "1990-05-17"


def search(desk: Desk, given: str, family: str, born: str = BORN) -> Any:
    body = {"given_name": given, "family_name": family, "birth_date": born}
    answer = desk.ask("POST", "/people/search", json=body)
    assert answer.status_code == 200, answer.json
    return answer.json


def erase(desk: Desk, person_id: str, reason: str = "requested") -> Any:
    return desk.ask("POST", f"/people/{person_id}/erasure", json={"reason": reason})


@pytest.fixture
def operator(desk: DeskOf) -> Desk:
    return desk(world.STRANGERS, Role.OPERATOR)


def over(ward: Desk, house: Desk) -> Any:
    """Return a handoff that has ended, with words said about it."""
    handoff = ward.sent()
    house.does(handoff, "ask", sentence="Is Quillfeather well?")
    ward.does(handoff, "answer", sentence="Quillfeather is.")
    house.does(handoff, "reject", reason="no-capacity", sentence="Full.")
    return handoff


@pytest.mark.parametrize(
    ("given", "family"),
    [("Samuel", "Quillfeather"), ("SAM", "quill-feather"), (" Sàm ", "Quill Feather")],
)
def test_either_first_name_finds_somebody_however_it_is_spelt(
    ward: Desk, given: str, family: str
) -> None:
    handoff = ward.sent()
    (found,) = search(ward, given, family)
    assert (found["id"], found["known_as"]) == (handoff["person_id"], "Sam")


def test_nothing_but_the_whole_name_and_date_finds_anybody(
    ward: Desk, house: Desk, desk: DeskOf
) -> None:
    ward.sent()
    assert search(ward, "Samuel", "Quill") == []
    assert search(ward, "Samuel", "Quillfeather", "1990-05-18") == []
    for other in (house, desk(world.STRANGERS)):
        assert search(other, "Samuel", "Quillfeather") == []


def test_an_erased_person_is_named_nowhere_and_the_story_remains(
    ward: Desk, house: Desk, operator: Desk, running: RunningService
) -> None:
    handoff = over(ward, house)
    erased = erase(operator, handoff["person_id"])
    assert (erased.status_code, erased.json["referrals"]) == (201, 1)

    story = ward.get(f"/referrals/{handoff['referral_id']}")
    assert (story["person"]["given_name"], story["person"]["family_name"]) == ("Erased", "person")
    assert story["person"]["birth_date"] is None
    assert not any(story["sections"].values())
    assert [step["action"] for step in story["steps"]] == ["send", "ask", "answer", "reject"]
    assert not any(step["sentence"] for step in story["steps"])
    assert [one["field"] for one in story["disclosures"]]
    assert ward.get("/referrals")[0]["person_name"] == "Erased person"
    assert not any(ward.get(f"/handoffs/{handoff['id']}/pack")["sections"].values())
    assert search(ward, "Samuel", "Quillfeather") == []
    (told,) = [
        envelope.event
        for envelope in world.envelopes(running)
        if isinstance(envelope.event, PersonErased)
    ]
    assert (str(told.about), told.reason) == (handoff["person_id"], "requested")


def test_the_page_of_an_erased_person_still_opens(
    ward: Desk, house: Desk, operator: Desk, app: Flask, settings: Settings, clock: ManualClock
) -> None:
    handoff = over(ward, house)
    erase(operator, handoff["person_id"])
    page = Worker(app, settings, clock, world.WARD).sees(f"/referrals/{handoff['referral_id']}")
    assert "Erased person" in page
    assert "Quillfeather" not in page


def test_the_key_itself_is_gone(
    ward: Desk, house: Desk, operator: Desk, running: RunningService
) -> None:
    erase(operator, over(ward, house)["person_id"])
    with running.database.transaction() as uow:
        keys = uow.connection.scalars(sa.text("SELECT wrapped_key FROM persons")).all()
        assert keys == [None]
        assert uow.connection.scalar(sa.text("SELECT count(*) FROM traces")) == 0


def test_nothing_is_added_to_somebody_who_was_erased(
    ward: Desk, house: Desk, operator: Desk
) -> None:
    handoff = over(ward, house)
    erase(operator, handoff["person_id"])
    again = ward.ask("POST", f"/referrals/{handoff['referral_id']}/handoffs", json={})
    assert (again.status_code, again.json["code"]) == (409, "person-erased")  # type: ignore[index]
    twice = erase(operator, handoff["person_id"])
    assert (twice.status_code, twice.json["code"]) == (409, "person-erased")


def test_nobody_is_erased_while_somebody_works_with_them(
    ward: Desk, house: Desk, operator: Desk
) -> None:
    handoff = ward.sent()
    refused = erase(operator, handoff["person_id"])
    assert (refused.status_code, refused.json["code"]) == (409, "person-in-care")
    assert house.get(f"/handoffs/{handoff['id']}/pack")["sections"]["identity"]
    assert erase(ward, handoff["person_id"]).status_code == 403
    assert erase(operator, handoff["person_id"], "bored").status_code == 422


def test_no_dump_of_the_database_holds_a_personal_word(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    over(ward, house)
    dumped = _dump(running.settings.owner_database_url)
    assert "COPY public.persons" in dumped
    binary = b"".join(bytes.fromhex(found) for found in re.findall(r"\\\\x([0-9a-f]+)", dumped))
    assert len(binary) > 1000
    found = [word for word in world.PERSONAL if word in dumped or word.encode() in binary]
    assert found == []


def _dump(url: str) -> str:
    """Return what pg_dump writes, as a backup would be."""
    plain = url.replace("postgresql+psycopg2", "postgresql")
    for folder in (installed_binaries(), bundled_binaries()):
        if folder is None or not (folder / "pg_dump").exists():
            continue
        done = subprocess.run(
            [folder / "pg_dump", "--enable-row-security", plain],
            env={"PGOPTIONS": f"-c onward.organisation={PLATFORM}"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout
    return pytest.fail("no pg_dump here fits the server")
