"""The platform's key to people's records is changed while work goes on; a kill loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from typer.testing import CliRunner, Result

from onward.clock import ManualClock
from onward.contracts.access import VaultRotated
from onward.database import DatabaseAwayError, UnitOfWork
from onward.service import RunningService
from onward.settings import Settings
from services.referral.app import SERVICE
from services.referral.cli import app as command
from services.referral.handlers.rotating import rotate
from services.referral.storage.store import Store
from services.referral.storage.vault import NONCE, Vault
from services.referral.web import create_app
from tests.integration.referral import world
from tests.integration.referral.world import Desk

FIRST, NEWER, NEWEST = ("not-a-secret-" * 3, "a-newer-secret-" * 3, "the-newest-secret-" * 3)


def environ(settings: Settings, *keys: str, secret: str = FIRST) -> dict[str, str]:
    return {
        "ONWARD_REFERRAL_DATABASE_URL": settings.database_url,
        "ONWARD_SECRET_KEY": secret,
        "ONWARD_VAULT_KEYS": "\n".join(keys),
    }


def onward(settings: Settings, *words: str, keys: tuple[str, ...], secret: str = FIRST) -> Result:
    told = environ(settings, *keys, secret=secret)
    return CliRunner().invoke(command, ["keys", *words], env=told)


def read_with(settings: Settings, clock: ManualClock, *keys: str, secret: str = FIRST) -> Desk:
    """Return the ward's desk at a service that was started with *keys*."""
    told = replace(settings, vault_keys=keys, secret_key=secret)
    started = RunningService(service=SERVICE, settings=told, clock=clock)
    return Desk(create_app(started).test_client(), told, clock, world.WARD)


def found(desk: Desk) -> list[str]:
    """Return whom the ward's desk finds and can read."""
    body = {"given_name": "Sam", "family_name": "Quillfeather", "birth_date": "1990-05-17"}
    answer: Any = desk.ask("POST", "/people/search", json=body).json
    named = [item["person_name"] for item in desk.get("/referrals")]
    assert len(answer) == len(named)
    return named


def told(running: RunningService) -> list[tuple[int, int]]:
    """Return what audit is told of each change, as (wrapped anew, still under others)."""
    return [
        (event.rewrapped, event.remaining)
        for one in world.envelopes(running)
        if isinstance(event := one.event, VaultRotated)
    ]


def test_everybody_is_read_and_found_before_while_and_after_the_key_is_changed(
    ward: Desk, running: RunningService, settings: Settings, clock: ManualClock
) -> None:
    for _ in range(3):
        ward.sent()
    question = {"service_id": str(world.HOUSE), "text": "Do you take somebody of 17?"}
    asked: Any = ward.ask("POST", "/advice", json=question).json
    assert found(read_with(settings, clock, NEWER)) == ["Sam Quillfeather"] * 3
    done = onward(settings, "rotate", "--batch", "2", keys=(NEWER,))
    assert "4 keys wrapped anew." in done.stdout
    assert "older: wraps nothing any more" in done.stdout
    assert found(read_with(settings, clock, NEWEST, NEWER)) == ["Sam Quillfeather"] * 3
    onward(settings, "rotate", keys=(NEWEST, NEWER))
    changed = read_with(settings, clock, NEWEST, secret="the-platforms-other-secret-" * 2)
    assert found(changed) == ["Sam Quillfeather"] * 3
    (word,) = changed.get(f"/advice/{asked['id']}")["words"]
    assert word["text"] == question["text"]
    assert told(running) == [(0, 4), (4, 0), (0, 4), (4, 0)]
    assert "0 keys wrapped anew." in onward(settings, "rotate", keys=(NEWEST,)).stdout
    assert len(told(running)) == 4


class Killed:
    """Begins transactions of a rotation, until its connection is cut before a commit, as a kill cuts it."""

    def __init__(self, running: RunningService, *, commits: int) -> None:
        self.running, self.left = running, commits

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork[Store]]:
        with self.running.database.transaction() as uow:
            yield uow
            if not self.left:
                uow.connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
            self.left -= 1


def test_a_kill_in_the_middle_loses_nobody_and_the_rest_is_done_later(
    ward: Desk, running: RunningService, settings: Settings, clock: ManualClock
) -> None:
    for _ in range(5):
        ward.sent()
    # The first commit tells audit, the second is the first batch: the second batch is lost.
    dying = rotate(Killed(running, commits=2).begin, Vault(NEWER, FIRST), batch=2)
    with pytest.raises(DatabaseAwayError):
        list(dying)
    assert found(read_with(settings, clock, NEWER)) == ["Sam Quillfeather"] * 5
    assert "wraps 2" in onward(settings, "list", keys=(NEWER,)).stdout
    ward.sent()
    assert "4 keys wrapped anew." in onward(settings, "rotate", keys=(NEWER,)).stdout
    assert found(read_with(settings, clock, NEWER, secret=NEWEST)) == ["Sam Quillfeather"] * 6
    assert told(running) == [(0, 5), (0, 4), (4, 0)]


def test_a_key_that_is_still_needed_is_missed_by_name(ward: Desk, settings: Settings) -> None:
    ward.sent()
    onward(settings, "rotate", keys=(NEWER,))
    refused = onward(settings, "rotate", keys=(NEWEST,))
    assert getattr(refused.exception, "code", None) == "vault-key-missing"
    assert "not listed: wraps 1" in onward(settings, "list", keys=(NEWEST,)).stdout


def test_what_was_wrapped_when_there_was_one_key_opens_under_any_that_is_listed() -> None:
    person = uuid4()
    key = Vault(FIRST).new_key(person)
    assert key.wrapped
    unnamed = key.wrapped[-(NONCE + 48) :]
    seal = key.seal(organisation=UUID(int=1), about=person)
    sealed = seal.close("names", "Sam")
    for vault in (Vault(FIRST), Vault(NEWEST, FIRST)):
        opened = vault.key(person, unnamed).seal(organisation=UUID(int=1), about=person)
        assert opened.open("names", sealed) == "Sam"
    with pytest.raises(InvalidTag):
        Vault(NEWER, NEWEST).key(person, unnamed)
