"""Handoffs to the Stepdown House's one bed, pursued by people who try again until it worked."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from onward.demo.client import Person, UnexpectedError
from tests.support.platforms import Platform

T = TypeVar("T")
PATIENCE = 600.0
"""Seconds after which even a patient person calls for help."""
LOOK_EVERY = 0.05
STEPS = (
    "handoff-requested",
    "pack-disclosed",
    "handoff-accepted",
    "handoff-offered",
    "handoff-started",
    "handoff-completed",
)
"""What the referral service tells of a handoff that went well, each once and in this order."""
PLACES = ("place-held", "place-taken", "place-released")
"""What the directory tells of its bed."""
WAITED = (*STEPS[:3], "handoff-waitlisted", *STEPS[3:])
"""What is told of one that had to wait."""
QUEUED = ("place-queued", *PLACES)
WENT_WELL = {(STEPS, PLACES), (WAITED, QUEUED)}

REFERRALS = "/api/v1/referrals"
PERSON = {
    "given_name": "Sam",
    "family_name": "Ashdown-Example",
    "birth_date": "1988-02-11",
    "nhs_number": "9990000018",
}
SECTIONS = {
    "housing": {"situation": "No home to go to."},
    "risk": {"summary": "No known risk to others."},
    "discharge": {"ready": True},
}


def patiently(attempt: Callable[[], T | None], what: str, within: float = PATIENCE) -> T:
    """Return *attempt*'s first answer, whatever services fall over meanwhile."""
    deadline = time.monotonic() + within
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if (found := attempt()) is not None:
                return found
        except (httpx.TransportError, UnexpectedError) as error:
            last = error
        time.sleep(LOOK_EVERY)
    raise AssertionError(f"In vain for {within:.0f} s: {what}") from last


@dataclass(slots=True)
class People:
    """The ward, the house and the auditor, each signed in."""

    ward: Person
    house: Person
    auditor: Person
    service: str
    """Id of the Stepdown House."""

    @classmethod
    def of(cls, platform: Platform) -> "People":
        """Sign everybody in."""
        ward = platform.person("a.okafor")
        found = ward.get("/api/v1/services", limit=100)
        (service,) = (each["id"] for each in found if each["name"] == "Stepdown House")
        return cls(ward, platform.person("r.lind"), platform.person("g.hughes"), service)

    def referral(self) -> dict[str, Any]:
        """Return what the ward writes to send somebody to the house."""
        return {
            "person": PERSON,
            "service_id": self.service,
            "lawful_basis": {"code": "direct-care"},
            "consent": {"given": True},
            "sections": SECTIONS,
            "urgency": "urgent",
            "needs": ["housing"],
        }

    def audit(self) -> None:
        """Let the auditor look at the log: a read that is itself told."""
        entries = "/api/v1/audit/entries"
        patiently(lambda: self.auditor.get(entries, limit=1), "read the log")

    def close(self) -> None:
        """Let them go home."""
        for person in (self.ward, self.house, self.auditor):
            person.close()


@dataclass(slots=True)
class Journey:
    """One handoff, step by step; each step may be asked for any number of times."""

    people: People
    key: str = field(default_factory=lambda: str(uuid4()))
    referral: str = ""
    handoff: str = ""

    def refer(self, within: float = PATIENCE) -> None:
        """Send the referral under one idempotency key until it is answered."""
        key = {"Idempotency-Key": self.key}
        body = self.people.referral()
        made = patiently(lambda: self.people.ward.post(REFERRALS, body, **key), "refer", within)
        self.referral, self.handoff = made["referral"]["id"], made["handoff"]["id"]

    def accept(self) -> None:
        """Let the house take the person on."""
        self._act("accept", {"accepted", "offered", "waitlisted"})

    def await_offer(self) -> None:
        """Wait for the bed."""
        self.await_status("offered")

    def start(self) -> None:
        """Let the person move in."""
        self._act("start", {"in_progress"})

    def complete(self) -> None:
        """Let the person move on."""
        self._act("complete", {"completed"}, outcome="moved-on-to-own-home")

    def whole(self) -> None:
        """Go all the way."""
        for step in (self.refer, self.accept, self.await_offer, self.start, self.complete):
            step()

    @property
    def status(self) -> str:
        """Where the handoff stands."""
        return str(self._look()["status"])

    def await_status(self, *wanted: str) -> str:
        """Return the status once it is one of *wanted*."""
        return patiently(
            lambda: found if (found := self.status) in wanted else None, f"be {wanted}"
        )

    def _look(self) -> Mapping[str, Any]:
        answer = self.people.house.http.get(f"/api/v1/handoffs/{self.handoff}")
        if not answer.is_success:
            raise UnexpectedError(f"answered {answer.status_code}")
        found: dict[str, Any] = answer.json()
        return found | {"etag": answer.headers["ETag"]}

    def _act(self, action: str, done: set[str], **body: Any) -> None:
        key = f"{self.key}-{action}"

        def attempt() -> bool | None:
            seen = self._look()
            if seen["status"] in done:
                return True
            path = f"/api/v1/handoffs/{self.handoff}/{action}"
            headers = {"If-Match": seen["etag"], "Idempotency-Key": f"{key}-{seen['etag']}"}
            self.people.house.post(path, body, **headers)
            return True

        patiently(attempt, action)
