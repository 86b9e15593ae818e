"""The story of one referral, told from its leaves: who did what, when, on which basis, how fast."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.contracts import access, audit, directory, notification, referral
from services.audit.domain.leaf import Entry, Facts

PAUSE: Final = timedelta(hours=24)
"""A handoff that stood still for this long is worth asking about."""


class Kind(StrEnum):
    """What a step is to somebody who reads the story."""

    MOVE = "move"
    """The handoff changed hands or state."""
    DISCLOSURE = "disclosure"
    DEADLINE = "deadline"
    TALK = "talk"
    """The sides talked, or agreed when to meet."""
    PLACE = "place"
    READ = "read"
    REFUSED = "refused"
    TOLD = "told"
    KEPT = "kept"
    """It is kept longer, or no longer."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """How a step is told, and between whom."""

    kind: Kind
    title: str
    by: str | None = None
    """The party on whose line it is drawn: ``sender`` or ``recipient``; None: the actor's own."""
    to: str | None = None
    """The party it is addressed to."""


def _move(title: str, by: str | None = None, to: str | None = None) -> Meaning:
    return Meaning(kind=Kind.MOVE, title=title, by=by, to=to)


def _place(title: str) -> Meaning:
    return Meaning(kind=Kind.PLACE, title=title, by="recipient")


def _talk(title: str) -> Meaning:
    return Meaning(kind=Kind.TALK, title=title)


_UNKNOWN: Final = Meaning(kind=Kind.OTHER, title="Something else happened")
MEANINGS: Final[Mapping[str, Meaning]] = {
    referral.HandoffRequested.key: _move("Asked to take the person on", "sender", "recipient"),
    referral.PackDisclosed.key: Meaning(
        kind=Kind.DISCLOSURE, title="Disclosed the handoff pack", by="sender", to="recipient"
    ),
    access.ConsentRecorded.key: Meaning(
        kind=Kind.DISCLOSURE, title="Recorded the person's consent", by="sender"
    ),
    referral.PackCorrected.key: Meaning(
        kind=Kind.DISCLOSURE, title="Corrected what was disclosed", by="sender", to="recipient"
    ),
    referral.DisclosureStopped.key: Meaning(
        kind=Kind.DISCLOSURE, title="Stopped the disclosure", by="sender", to="recipient"
    ),
    referral.PersonSaidStop.key: Meaning(
        kind=Kind.DISCLOSURE, title="The person has said stop", by="sender", to="recipient"
    ),
    referral.DisclosureReopened.key: Meaning(
        kind=Kind.DISCLOSURE, title="Opened the disclosure again", by="sender", to="recipient"
    ),
    referral.GlassBroken.key: Meaning(
        kind=Kind.DISCLOSURE, title="Broke the glass to read what they were not told"
    ),
    referral.HandoffAcknowledged.key: _move("Has seen the request", "recipient", "sender"),
    referral.InformationRequested.key: _move("Asked a question", "recipient", "sender"),
    referral.InformationAnswered.key: _move("Answered", "sender", "recipient"),
    referral.HandoffAccepted.key: _move("Accepted", "recipient", "sender"),
    referral.HandoffRejected.key: _move("Declined", "recipient", "sender"),
    referral.HandoffWaitlisted.key: _move("On the waiting list", "recipient"),
    referral.HandoffOffered.key: _move("Offered a place", "recipient", "sender"),
    referral.OfferLapsed.key: _move("The offer lapsed", "recipient"),
    referral.HandoffStarted.key: _move("The service began", "recipient"),
    referral.HandoffPutOnHold.key: _move("Put on hold", "recipient"),
    referral.HandoffResumed.key: _move("Resumed", "recipient"),
    referral.HandoffCompleted.key: _move("Completed", "recipient", "sender"),
    referral.HandoffFailed.key: _move("Ended without success", "recipient", "sender"),
    referral.HandoffCancelled.key: _move("Cancelled"),
    referral.HandoffExpired.key: _move("Expired without an answer", "recipient", "sender"),
    referral.HandoffEnteredInError.key: _move("Entered in error", "sender"),
    referral.DeadlineReached.key: Meaning(
        kind=Kind.DEADLINE, title="A deadline was reached", by="recipient"
    ),
    referral.MessageSent.key: _talk("Wrote to the other side"),
    referral.AttachmentAdded.key: _talk("Added a file"),
    referral.AppointmentMade.key: _talk("Made an appointment"),
    referral.AppointmentCancelled.key: _talk("Cancelled an appointment"),
    referral.AttendanceRecorded.key: _talk("Recorded who came"),
    referral.OutcomeRecorded.key: _talk("Recorded how the person is"),
    referral.AdviceTurnedIntoReferral.key: _talk("Turned advice into a referral"),
    referral.GoalSet.key: _talk("Set a goal with the person"),
    referral.GoalReviewed.key: _talk("Looked at a goal again"),
    directory.PlaceHeld.key: _place("A place is held"),
    directory.PlaceQueued.key: _place("Queued for a place"),
    directory.PlaceTaken.key: _place("The place was taken"),
    directory.PlaceReleased.key: _place("The place was given back"),
    directory.PlaceRefused.key: Meaning(
        kind=Kind.REFUSED, title="No place could be given", by="recipient"
    ),
    notification.MessageDelivered.key: Meaning(
        kind=Kind.TOLD, title="Was told", by="organisation_id"
    ),
    notification.MessageGivenUp.key: Meaning(
        kind=Kind.REFUSED, title="Could not be told", by="organisation_id"
    ),
    access.RecordRead.key: Meaning(kind=Kind.READ, title="Read"),
    audit.LeafMissing.key: Meaning(kind=Kind.REFUSED, title="The log has no leaf of it"),
    access.RecordKept.key: Meaning(kind=Kind.TALK, title="Kept for themselves"),
    access.HoldPlaced.key: Meaning(kind=Kind.KEPT, title="Put under legal hold"),
    access.HoldEnded.key: Meaning(kind=Kind.KEPT, title="The legal hold ended"),
    access.RecordDisposed.key: Meaning(kind=Kind.KEPT, title="Disposed of, its time was over"),
    access.OwnPageMade.key: Meaning(kind=Kind.DISCLOSURE, title="Made a page for the person"),
    access.OwnPageClosed.key: Meaning(kind=Kind.DISCLOSURE, title="Closed the person's page"),
    access.NewsWished.key: _talk("How the person wants to hear of news"),
    access.PersonTold.key: _talk("News for the person"),
    access.AccessRefused.key: Meaning(kind=Kind.REFUSED, title="Was refused"),
}
"""Every event that can be about a referral, as its story tells it."""

_DETAILS: Final = ("code", "what", "outcome", "reason", "kind", "channel")
"""Fields that say more, first found first told; codes all of them."""


def said(facts: Facts) -> str:
    """Return what happened in words, with the code that says more where the event has one."""
    known = MEANINGS.get(facts.action)
    if known is None:
        return _in_words(facts.action.split(".")[1]).capitalize()
    detail = next((facts.data[name] for name in _DETAILS if name in facts.data), None)
    return f"{known.title}: {_in_words(str(detail))}" if detail else known.title


def _in_words(code: str) -> str:
    return code.replace("-", " ").replace("_", " ")


_ACKNOWLEDGES: Final = frozenset(
    made.key
    for made in (
        referral.HandoffAcknowledged,
        referral.InformationRequested,
        referral.HandoffAccepted,
        referral.HandoffRejected,
    )
)
_ANSWERS: Final = _ACKNOWLEDGES - {referral.HandoffAcknowledged.key}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One leaf as a step of the story."""

    number: int
    facts: Facts
    meaning: Meaning
    party: UUID | None
    """The organisation on whose line it is; None: the platform itself."""
    to: UUID | None
    """The organisation it is addressed to."""
    basis: str | None
    """Its own lawful basis, else that of the handoff it belongs to."""
    after: timedelta | None
    """For a move: how long after the move before."""
    late: timedelta | None
    """How long after the deadline that was frozen when the handoff was sent."""
    missing: int
    """How many events before this one, of the same line, the log does not have."""

    @property
    def is_after_a_pause(self) -> bool:
        """Whether the handoff stood still for long before this step."""
        return self.after is not None and self.after >= PAUSE

    @property
    def said(self) -> str:
        """What happened in words."""
        return said(self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The whole story of one referral, in order of time."""

    referral: UUID
    steps: Sequence[Step]

    @property
    def parties(self) -> list[UUID]:
        """The organisations in it, in the order they come in."""
        found = (id_ for step in self.steps for id_ in (step.party, step.to) if id_)
        return list(dict.fromkeys(found))

    @property
    def missing(self) -> int:
        """How many events the log does not have although later ones of their line are there."""
        return sum(step.missing for step in self.steps)

    @property
    def reads(self) -> int:
        """How many of the steps are somebody's look at a record."""
        return sum(step.meaning.kind is Kind.READ for step in self.steps)


@dataclass(slots=True)
class _Handoff:
    """What later steps of a handoff are measured by."""

    facts: Facts
    acknowledge_by: datetime | None = None
    answer_by: datetime | None = None
    moved: datetime | None = None

    def take_deadlines(self, facts: Facts) -> None:
        self.acknowledge_by = _moment(facts, "acknowledge_by") or self.acknowledge_by
        self.answer_by = _moment(facts, "answer_by") or self.answer_by


@dataclass(slots=True)
class _Teller:
    """Tells steps one after another, and remembers what the next are measured by."""

    missing: Mapping[int, int]
    handoffs: dict[UUID, _Handoff] = field(default_factory=dict)

    def step(self, entry: Entry) -> Step:
        facts = entry.facts
        meaning = MEANINGS.get(facts.action, _UNKNOWN)
        handoff = self._handoff(facts)
        step = Step(
            number=entry.number,
            facts=facts,
            meaning=meaning,
            party=_who(meaning.by, facts, handoff) if meaning.by else facts.organisation,
            to=_who(meaning.to, facts, handoff) if meaning.to else None,
            basis=facts.basis or (handoff.facts.basis if handoff else None),
            after=_after(meaning, facts, handoff),
            late=_late(facts, handoff),
            missing=self.missing[entry.number],
        )
        if handoff:
            handoff.take_deadlines(facts)
            handoff.moved = facts.occurred if meaning.kind is Kind.MOVE else handoff.moved
        return step

    def _handoff(self, facts: Facts) -> _Handoff | None:
        """Return the handoff these facts belong to; its first event with parties makes it known."""
        if facts.handoff is None:
            return None
        if facts.handoff not in self.handoffs and facts.party("sender"):
            self.handoffs[facts.handoff] = _Handoff(facts)
        return self.handoffs.get(facts.handoff)


def trail_of(referral: UUID, entries: Sequence[Entry]) -> Trail:
    """Return the story that *entries*, the leaves about *referral* in the log's order, tell."""
    teller = _Teller(missing=_missing(entries))
    in_time = sorted(entries, key=lambda entry: (entry.facts.occurred, entry.number))
    return Trail(referral=referral, steps=[teller.step(entry) for entry in in_time])


def _missing(entries: Iterable[Entry]) -> dict[int, int]:
    """Return per leaf how many numbers were left out since the last event of the same line."""
    reached: Counter[tuple[str, str, UUID]] = Counter()
    found: dict[int, int] = {}
    for entry in entries:
        facts = entry.facts
        found[entry.number] = 0
        if facts.subject in {facts.referral, facts.handoff}:  # other lines reach beyond the trail
            line = (facts.source, facts.stream, facts.subject)
            found[entry.number] = facts.sequence - reached[line] - 1
            reached[line] = facts.sequence
    return found


def _who(role: str, facts: Facts, handoff: _Handoff | None) -> UUID | None:
    """Return the organisation in *role*, as the event itself or the handoff's first one says."""
    return facts.party(role) or (handoff.facts.party(role) if handoff else None)


def _after(meaning: Meaning, facts: Facts, handoff: _Handoff | None) -> timedelta | None:
    if meaning.kind is not Kind.MOVE or handoff is None or handoff.moved is None:
        return None
    return facts.occurred - handoff.moved


def _late(facts: Facts, handoff: _Handoff | None) -> timedelta | None:
    """Return how late an answer, or a first sign of life, came."""
    if handoff is None or facts.action not in _ACKNOWLEDGES:
        return None
    by = handoff.answer_by if facts.action in _ANSWERS else handoff.acknowledge_by
    if by is None or facts.occurred <= by:
        return None
    return facts.occurred - by


def _moment(facts: Facts, name: str) -> datetime | None:
    value = facts.data.get(name)
    return datetime.fromisoformat(value) if isinstance(value, str) else None
