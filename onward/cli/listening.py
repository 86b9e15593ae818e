"""A webhook that a developer's machine asks for what waits, whatever happens to the platform meanwhile."""

import json
import platform
import re
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from onward.console import out
from onward.demo.client import System, UnexpectedError
from onward.pace import pause_after
from onward.private import write_private

WEBHOOKS: Final = "/api/v1/webhooks"
PAUSE: Final = 0.5
"""Seconds between two looks at what waits."""
PATIENCE: Final = 10.0
"""Seconds that the program forwarded to may take."""
LONGEST_NAME: Final = 40
_AWAY: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Answers after which the same request may be sent again."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """A webhook that is asked, and what its messages are signed with."""

    id: str
    secret: str
    events: tuple[str, ...]


def this_machine() -> str:
    """Return this machine's name, as far as a webhook's address takes it."""
    name = re.sub(r"[^a-z0-9]+", "-", platform.node().partition(".")[0].lower())
    return name.strip("-")[:LONGEST_NAME].strip("-") or "laptop"


@contextmanager
def listening(
    system: System, address: str, events: Sequence[str], *, memory: Path
) -> Iterator[Ear]:
    """Have a webhook that hears from now on, for as long as this lasts.

    It keeps its secret from one time to the next: *memory* is a file for it, readable by its owner alone.
    """
    ear = _again(system, address, events, memory) or _anew(system, address, events, memory)
    try:
        yield ear
    finally:
        with suppress(httpx.TransportError, UnexpectedError):  # else it keeps what happens for you
            system.post(f"{WEBHOOKS}/{ear.id}/disable")


def heard(
    system: System, ear: Ear, forward_to: str | None
) -> Generator[tuple[dict[str, Any], str]]:
    """Yield each message with what became of it; what was said of one goes out with the next look.

    Close it: what was not said yet is then said.
    """
    settled: list[dict[str, Any]] = []
    try:
        while True:
            due = patiently(partial(_pull, system, ear, settled))
            if not due and not settled:
                time.sleep(PAUSE)
            settled = []
            for message in due:
                outcome = _forward(message, forward_to) if forward_to else {"code": None}
                settled.append({"id": message["id"], **outcome})
                yield message, outcome["code"] or "taken"
    finally:
        if settled:
            with suppress(httpx.TransportError, UnexpectedError):
                _pull(system, ear, settled)


def _pull(system: System, ear: Ear, settled: Sequence[dict[str, Any]]) -> Any:
    try:
        return system.post(f"{WEBHOOKS}/{ear.id}/pull", {"settled": settled})
    except UnexpectedError as error:
        if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
            raise UnexpectedError(
                "Your webhook was taken away or switched off:"
                " if a colleague listens under the same name, give another with --name."
            ) from None
        raise


def patiently(ask: Callable[[], T]) -> T:
    """Return what *ask* does, however long the platform is away."""
    failures = 0
    while True:
        try:
            answer = ask()
        except (httpx.TransportError, UnexpectedError) as error:
            if isinstance(error, UnexpectedError) and error.status not in _AWAY:
                raise
            if not failures:
                out.print("The platform does not answer. Trying again until it does.")
            time.sleep(pause_after(failures))
            failures += 1
        else:
            if failures:
                out.print("It answers again.")
            return answer


@contextmanager
def until_stopped() -> Iterator[None]:
    """End quietly at Ctrl-C, and at SIGTERM as at Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        out.print("Stopped.")
    finally:
        signal.signal(signal.SIGTERM, before)


def _again(system: System, address: str, events: Sequence[str], memory: Path) -> Ear | None:
    """Return the webhook that was listened with before, if it is there and hears the same."""
    try:
        known = json.loads(memory.read_text())[address]
        ear = Ear(id=known["id"], secret=known["secret"], events=tuple(known["events"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None
    there = {webhook["id"] for webhook in system.get(WEBHOOKS)}
    if ear.id not in there or ear.events != tuple(events):
        return None
    for action in ("disable", "enable"):  # what happened while nobody listened is let go
        system.post(f"{WEBHOOKS}/{ear.id}/{action}")
    return ear


def _anew(system: System, address: str, events: Sequence[str], memory: Path) -> Ear:
    for webhook in system.get(WEBHOOKS):
        if webhook["url"] == address:
            system.http.delete(f"{WEBHOOKS}/{webhook['id']}")
    made = system.post(WEBHOOKS, {"url": address, "events": list(events)})
    ear = Ear(id=made["id"], secret=made["secret"], events=tuple(events))
    kept = {"id": ear.id, "secret": ear.secret, "events": ear.events}
    write_private(memory, json.dumps({**_kept(memory), address: kept}, indent=2))
    return ear


def _kept(memory: Path) -> dict[str, Any]:
    try:
        kept = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _forward(message: dict[str, Any], address: str) -> dict[str, Any]:
    """Pass *message* on; return what became of it, in the words of the delivery log."""
    begun = time.monotonic()
    try:
        answer = httpx.post(
            address,
            content=message["body"],
            headers=message["headers"],
            timeout=PATIENCE,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        code = "timeout" if isinstance(error, httpx.TimeoutException) else "unreachable"
        return {"code": code}
    return {
        "code": None if answer.is_success else f"http-{answer.status_code}",
        "status_code": answer.status_code,
        "milliseconds": round((time.monotonic() - begun) * 1000),
    }
