"""What goes on while something breaks: people who are handed over, and events that are told."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event as Signal
from uuid import UUID, uuid4

import httpx

from onward.clock import SystemClock
from onward.contracts.base import Event
from onward.contracts.directory import SessionEnded
from onward.contracts.referral import HandoffAcknowledged
from onward.database import Database, connect
from tests.chaos.conftest import Stage
from tests.chaos.journeys import REFERRALS, WENT_WELL, Journey, patiently
from tests.support.events import read

PROMPTLY = 5.0
"""Seconds within which whatever cannot be done is refused."""
LINES = 100
"""Subjects that one producer tells of."""


@contextmanager
def travelling(stage: Stage) -> Iterator[list[Journey]]:
    """Have two people handed over again and again meanwhile; at the end see that all went well."""
    journeys: list[Journey] = []
    arrived = False

    def travel() -> None:
        while not arrived:
            journeys.append(stage.journey())
            journeys[-1].whole()

    with ThreadPoolExecutor(2) as pool:
        travels = [pool.submit(travel) for _ in range(2)]
        try:
            patiently(lambda: journeys or None, "set out")
            yield journeys
        finally:
            arrived = True
        for each in travels:
            each.result()
    stage.promises.settle()  # the directory hears of a person's leaving, and frees the bed, later
    for journey in journeys:
        story = stage.story(journey)
        assert story in WENT_WELL, story


def refusal(stage: Stage) -> float | None:
    """Send one referral; return in how many seconds it was refused for want of a database, if it was."""
    begun = time.monotonic()
    answer = stage.people.ward.http.post(REFERRALS, json=stage.people.referral())
    seconds = time.monotonic() - begun
    if answer.is_success:
        return None
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["code"] == "database-away"
    assert seconds < PROMPTLY
    return seconds


def ready(stage: Stage, name: str) -> bool | None:
    """Tell whether service *name* says so."""
    answer = stage.people.ward.http.get(f"/{name}/readyz")
    return True if answer.status_code == httpx.codes.OK else None


def _acknowledged(subject: UUID) -> Event:
    return HandoffAcknowledged(
        referral_id=subject,
        handoff_id=subject,
        service_id=subject,
        sender=subject,
        recipient=subject,
    )


def _ended(subject: UUID) -> Event:
    tomorrow = SystemClock().now() + timedelta(days=1)
    return SessionEnded(session_id=subject, organisation_id=subject, expires_at=tomorrow)


PRODUCERS: Mapping[str, Callable[[UUID], Event]] = {
    "referral": _acknowledged,
    "directory": _ended,
    "notification": read,
}
"""What each of three services tells here: something that concerns nobody, and that all who hear it handle."""


def tell(stage: Stage, name: str, events: int, *, each: int, pace: Signal | None = None) -> int:
    """Let service *name* tell *events*, *each* to a commit; return how many it told.

    With *pace*, go on slowly until that is set, and not before *events* are told.
    """
    engine = connect(stage.platform.environ[f"ONWARD_{name.upper()}_DATABASE_URL"], name="teller")
    database = Database(source=name, engine=engine, store=str, clock=SystemClock())
    subjects = [uuid4() for _ in range(LINES)]
    told = 0
    while told < events or (pace and not pace.is_set()):
        with database.transaction() as uow:
            for number in range(told, told + each):
                uow.emit(PRODUCERS[name](subjects[number % LINES]))
        told += each
        if pace:
            pace.wait(0.1)
    engine.dispose()
    return told
