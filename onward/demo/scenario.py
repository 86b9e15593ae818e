"""The story the platform exists for, played over HTTP by the people it is for.

A ward's care coordinator hands Sam over to the Stepdown House; the house asks, is answered, accepts; the one
free bed is held and taken; Alex waits, and is offered the bed the moment Sam moves on. Everything in it is
synthetic. The end-to-end tests play the same story.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from onward.clock import OffsetClock
from onward.demo.client import Origin, Person, UnexpectedError, eventually
from onward.demo.receivers import Receivers
from onward.plurals import counted

SAM = {
    "given_name": "Sam",
    "family_name": "Ashdown-Example",
    "birth_date": "1988-02-11",
    "nhs_number": "9990000018",
    "contact": {"phone": "07700 900123", "no_fixed_abode": True, "rules": ["no-voicemail"]},
}
ALEX = {
    "given_name": "Alex",
    "family_name": "Birchley-Example",
    "birth_date": "1979-09-30",
    "nhs_number": "9990000026",
    "contact": {"phone": "07700 900456", "no_fixed_abode": True},
}
PERSONAL = ("Ashdown", "Birchley", "9990000018", "9990000026", "900123", "900456", "1988-02-11")
"""What must never be seen outside the referral service's own pages."""
BASIS = {"code": "direct-care"}
SECTIONS = {
    "housing": {"situation": "No home to go to. Lost a private tenancy during the admission."},
    "risk": {"summary": "No known risk to others. Low mood when alone for long."},
    "support": {"wishes": "Would like a flat of their own, close to the allotments."},
    "benefits": {"situation": "Universal Credit stopped; needs help with an appeal."},
    "health": {"summary": "Depot injection every four weeks."},
    "discharge": {"ready": True},
}
REVIEW_DAY = 10


@dataclass(slots=True)
class Scenario:
    """One telling of the story on one platform."""

    origin: Origin
    logins: Mapping[str, Mapping[str, str]]
    """By username, as the directory's seed made them."""
    clock: OffsetClock
    receivers: Receivers
    on_step: Callable[[str], None] = lambda _: None
    sam: str = ""
    """Id of Sam's first referral, once there is one."""
    bed: str = ""
    """Id of Sam's handoff to the Stepdown House."""
    onward: dict[str, str] = field(default_factory=dict)
    alex: str = ""
    services: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    offered_after: float = 0.0
    """Seconds between the bed's release and the next person's offer."""

    def play(self) -> Iterator[str]:
        """Play the story, a sentence for each thing that was seen to hold. Raises `UnexpectedError`."""
        for step in self.steps():
            yield step()

    def steps(self) -> tuple[Callable[[], str], ...]:
        """Return what happens, in order."""
        return (
            self.everybody_signs_in,
            self.the_house_wants_to_be_told,
            self.the_ward_refers_sam,
            self.the_house_is_told,
            self.the_house_asks_and_is_answered,
            self.the_house_accepts_and_the_bed_is_held,
            self.sam_moves_in,
            self.alex_has_to_wait,
            self.a_handoff_without_agreement_is_refused,
            self.day_ten_raises_the_review,
            self.benefits_advice_follows,
            self.housing_first_takes_sam_on,
            self.sam_leaves_and_alex_is_offered_the_bed,
        )

    def everybody_signs_in(self) -> str:
        """Let each person sign in on the login page, and look the services up."""
        for username, login in self.logins.items():
            self.people[username] = Person(self.origin, username, login["password"])
        found = self.ward.get("/api/v1/services", limit=100)
        self.services = {service["name"]: service["id"] for service in found}
        people = counted(len(self.people), "person", "people")
        return f"{people} signed in; the directory lists {counted(len(found), 'service')}."

    def the_house_wants_to_be_told(self) -> str:
        """Register the house's own system as a webhook, and wait until the service knows it."""
        hook = {"url": f"{self.receivers.hook_origin}/onward", "events": ["*"]}
        self.people["s.begum"].post("/api/v1/webhooks", hook)
        return "The house's own system wants to be told by webhook."

    def the_ward_refers_sam(self) -> str:
        """Send the referral twice under one idempotency key: one referral."""
        body = self._referral(SAM, "Stepdown House", urgency="urgent", needs=["housing"])
        key = {"Idempotency-Key": "sam-to-the-stepdown-house"}
        made = self._once_known(
            "Stepdown House", lambda: self.ward.post(self.REFERRALS, body, **key)
        )
        again = self.ward.post(self.REFERRALS, body, **key)
        _holds(made == again, "the same request twice is one referral")
        self.sam, self.bed = made["referral"]["id"], made["handoff"]["id"]
        told = ", ".join(sorted({name.split(".")[0] for name in made["told"]}))
        return f"The ward referred Sam to the Stepdown House, which may read: {told}."

    def the_house_is_told(self) -> str:
        """See the notice in the inbox, in the mailbox and at the webhook, without a personal detail."""
        house = self.house
        eventually(lambda: _about(house.get("/api/v1/notifications"), self.bed), "a notice")
        mail = eventually(self._mail, "an e-mail")
        hook = eventually(lambda: self._hook("handoff-requested"), "a webhook call")
        for text in (mail, hook):
            _holds(not any(word in text for word in PERSONAL), "no personal detail leaves")
        pack = house.get(f"/api/v1/handoffs/{self.bed}/pack")["sections"]
        _holds(pack["identity"]["given_name"] == "Sam", "the house can read who it is about")
        _holds("benefits" not in pack, "the house reads only what it asked for")
        return "Response was told in the inbox, by e-mail and by webhook; no personal detail left."

    def the_house_asks_and_is_answered(self) -> str:
        """Ask a question, and answer it."""
        self.house.act(
            self.bed, "ask", sentence="Is the medication supply arranged for two weeks?"
        )
        self.ward.act(self.bed, "answer", sentence="Yes, the depot clinic has the dates.")
        return "The house asked; the ward answered."

    def the_house_accepts_and_the_bed_is_held(self) -> str:
        """Accept, and see the ledger hold the one bed."""
        self.house.act(self.bed, "accept")
        self.house.awaits(self.bed, "offered")
        _holds(self._room()["held"] == 1, "the bed is held")
        return "The house accepted; the one free bed is held for Sam."

    def sam_moves_in(self) -> str:
        """Take the bed up."""
        started = self.house.act(self.bed, "start")
        _holds(started["status"] == "in_progress", "Sam's stay has begun")
        eventually(lambda: self._room()["occupied"] == 1, "the bed is taken")
        return f"Sam moved in; the stay ends {started['due']['stay_ends'][:10]} at the latest."

    def alex_has_to_wait(self) -> str:
        """Hand the next person over: the house is full."""
        made = self.ward.post(self.REFERRALS, self._referral(ALEX, "Stepdown House"))
        self.alex = made["handoff"]["id"]
        self.house.act(self.alex, "accept")
        self.house.awaits(self.alex, "waitlisted")
        (first, *_) = self.house.get(f"/api/v1/services/{self.services['Stepdown House']}/queue")
        why = " ".join(reason["sentence"] for reason in first["reasons"])
        return f"Alex was accepted too and waits at position {first['position']}. {why}".strip()

    def a_handoff_without_agreement_is_refused(self) -> str:
        """Try to hand over to somebody with whom nothing is agreed."""
        body = self._referral(SAM, "Family Action Social Prescribing")
        problem = self.ward.refused(self.REFERRALS, body)
        _holds(problem["code"] == "no-agreement", "no agreement, no handoff")
        return f"A handoff without an agreement was refused: {problem['detail']}"

    def day_ten_raises_the_review(self) -> str:
        """Let ten days pass."""
        self._let_pass(timedelta(days=REVIEW_DAY, hours=1))
        eventually(
            lambda: any("review" in note["template"] for note in self._notes(self.house)),
            "the review is due",
        )
        return "Ten days on, the house was told that Sam's review is due."

    def benefits_advice_follows(self) -> str:
        """Hand on to the benefits advisers, from the house, on the record it was given."""
        adviser = self.people["b.fraser"]
        handoff = self._onward("Benefits for Better Mental Health", ["benefits"])
        adviser.act(handoff, "accept")
        started = adviser.act(handoff, "start")
        _holds(started["status"] == "in_progress", "advice has begun")
        return "The house handed Sam on to Benefits for Better Mental Health, who have begun."

    def housing_first_takes_sam_on(self) -> str:
        """Hand on to Housing First, and let Sam take the flat."""
        home = self.people["h.novak"]
        handoff = self._onward("Housing First", ["housing"])
        home.act(handoff, "accept")
        home.awaits(handoff, "offered")
        home.act(handoff, "start")
        return "Housing First accepted; Sam has taken a flat."

    def sam_leaves_and_alex_is_offered_the_bed(self) -> str:
        """End the stay, and see the next person offered the bed."""
        self.house.act(self.bed, "complete", outcome="moved-on-to-own-home")
        began = time.monotonic()
        self.house.awaits(self.alex, "offered")
        self.offered_after = time.monotonic() - began
        return f"Sam's stay ended, and {self.offered_after * 1000:.0f} ms later Alex was offered the bed."

    REFERRALS = "/api/v1/referrals"

    @property
    def ward(self) -> Person:
        """The ward's care coordinator."""
        return self.people["a.okafor"]

    @property
    def house(self) -> Person:
        """The worker at the Stepdown House."""
        return self.people["r.lind"]

    def close(self) -> None:
        """Let everybody go home."""
        for person in self.people.values():
            person.close()

    def _referral(self, person: Mapping[str, Any], service: str, **rest: Any) -> dict[str, Any]:
        return {
            "person": person,
            "service_id": self.services[service],
            "lawful_basis": BASIS,
            "consent": {"given": True},
            "sections": SECTIONS,
            **rest,
        }

    def _onward(self, service: str, needs: list[str]) -> str:
        body = {
            "intent": "onward",
            "based_on": self.sam,
            "service_id": self.services[service],
            "needs": needs,
            "lawful_basis": BASIS,
            "consent": {"given": True},
            "sections": SECTIONS,
        }
        made = self.house.post(self.REFERRALS, body)
        handoff: str = made["handoff"]["id"]
        self.onward[service] = handoff
        return handoff

    def _once_known(self, what: str, ask: Callable[[], Any]) -> Any:
        """Ask until the referral service has heard of the directory's entries."""

        def look() -> Any:
            try:
                return ask()
            except UnexpectedError as error:
                if "answered 4" in str(error):
                    return None
                raise

        return eventually(look, f"{what} is known to the referral service")

    def _let_pass(self, time_: timedelta) -> None:
        self.clock.advance(time_)
        for person in self.people.values():
            person.sign_in()

    def _notes(self, person: Person) -> list[dict[str, Any]]:
        notes: list[dict[str, Any]] = person.get("/api/v1/notifications", limit=100)
        return notes

    def _mail(self) -> str | None:
        return next(iter(self.receivers.received.mails), None)

    def _hook(self, name: str) -> str | None:
        calls = (hook.body.decode() for hook in self.receivers.received.hooks)
        return next((body for body in calls if name in body), None)

    def _room(self) -> dict[str, int]:
        found = self.house.get("/api/v1/places", service=self.services["Stepdown House"])
        room: dict[str, int] = found["room"]
        return room


def _about(notes: list[dict[str, Any]], handoff: str) -> bool:
    return any(note["handoff_id"] == handoff for note in notes)


def _holds(true: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not true:
        raise UnexpectedError(f"It does not hold that {what}.")
