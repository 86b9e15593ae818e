"""What of a handoff stands in calendars: who has to do what by when, and when people meet."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.contracts import referral
from onward.contracts.referral import HandoffEvent
from onward.icalendar import CalendarEntry
from onward.ids import reference


class DateKind(StrEnum):
    """What a date is for."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    OFFER = "offer"
    REVIEW = "review"
    STAY = "stay"
    APPOINTMENT = "appointment"


TITLES: Final[Mapping[str, Mapping[DateKind, str]]] = {
    "en": {
        DateKind.ACKNOWLEDGE: "Acknowledge",
        DateKind.ANSWER: "Answer",
        DateKind.OFFER: "Offered place lapses",
        DateKind.REVIEW: "Review the stay",
        DateKind.STAY: "Longest stay ends",
        DateKind.APPOINTMENT: "Appointment",
    },
    "cy": {
        DateKind.ACKNOWLEDGE: "Cydnabod",
        DateKind.ANSWER: "Ateb",
        DateKind.OFFER: "Cynnig lle yn dod i ben",
        DateKind.REVIEW: "Adolygu'r arhosiad",
        DateKind.STAY: "Yr arhosiad hiraf yn dod i ben",
        DateKind.APPOINTMENT: "Apwyntiad",
    },
}
REFERENCE: Final = {"en": "reference", "cy": "cyfeirnod"}
_BOTH_SEE: Final = frozenset(
    {DateKind.OFFER, DateKind.REVIEW, DateKind.STAY, DateKind.APPOINTMENT}
)
"""Kinds that concern the sender too; the others are the recipient's to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """One line of the calendars of those it concerns."""

    item: UUID
    """The appointment; for a deadline, its handoff."""
    kind: DateKind
    handoff_id: UUID
    about: UUID
    """The referral."""
    service_id: UUID
    recipient: UUID
    sender: UUID | None
    """None where it is none of the sender's business."""
    at: datetime
    minutes: int = 0
    """How long it takes; 0 for a moment by which something is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A date that no longer counts; every one of the handoff without *kind*."""

    handoff_id: UUID
    kind: DateKind | None
    item: UUID | None = None

    def ends(self, date: Date) -> bool:
        """Tell whether *date*, one of its handoff, is what no longer counts."""
        return self.kind in {None, date.kind} and self.item in {None, date.item}


ACKNOWLEDGE, ANSWER, OFFER = DateKind.ACKNOWLEDGE, DateKind.ANSWER, DateKind.OFFER
SET: Final[Mapping[type[HandoffEvent], Mapping[DateKind, str]]] = {
    referral.HandoffRequested: {ACKNOWLEDGE: "acknowledge_by", ANSWER: "answer_by"},
    referral.InformationAnswered: {ACKNOWLEDGE: "acknowledge_by", ANSWER: "answer_by"},
    referral.HandoffOffered: {OFFER: "lapses_at"},
    referral.HandoffStarted: {DateKind.REVIEW: "review_due", DateKind.STAY: "stay_ends"},
    referral.AppointmentMade: {DateKind.APPOINTMENT: "starts_at"},
}
"""Which event sets which date, in which of its fields."""
ENDED: Final[Mapping[type[HandoffEvent], tuple[DateKind | None, ...]]] = {
    referral.HandoffAcknowledged: (ACKNOWLEDGE,),
    referral.InformationRequested: (ACKNOWLEDGE, ANSWER),
    referral.HandoffAccepted: (ACKNOWLEDGE, ANSWER),
    referral.OfferLapsed: (OFFER,),
    referral.HandoffStarted: (OFFER,),
    referral.AppointmentCancelled: (DateKind.APPOINTMENT,),
    **dict.fromkeys(
        (
            referral.HandoffRejected,
            referral.HandoffExpired,
            referral.HandoffCancelled,
            referral.HandoffCompleted,
            referral.HandoffFailed,
            referral.HandoffEnteredInError,
        ),
        (None,),
    ),
}
"""Which event ends which dates; None for all of the handoff."""


def left_by(events: Iterable[HandoffEvent]) -> tuple[list[Date], list[Over]]:
    """Return what *events*, in their order, leave to keep, and what is to be forgotten before that."""
    standing: dict[UUID, dict[tuple[UUID, DateKind], Date]] = defaultdict(dict)
    over: list[Over] = []
    for event in events:
        for end in dates_ended(event):
            over.append(end)
            of_handoff = standing[event.handoff_id]
            for ended in [key for key, date in of_handoff.items() if end.ends(date)]:
                del of_handoff[ended]
        for date in dates_set(event):
            standing[event.handoff_id][date.item, date.kind] = date
    return [date for dates in standing.values() for date in dates.values()], over


def dates_set(event: HandoffEvent) -> Iterator[Date]:
    """Yield the dates that *event* sets."""
    for kind, field in SET.get(type(event), {}).items():
        at = getattr(event, field)
        if at is not None:
            yield Date(
                item=getattr(event, "appointment_id", event.handoff_id),
                kind=kind,
                handoff_id=event.handoff_id,
                about=event.referral_id,
                service_id=event.service_id,
                recipient=event.recipient,
                sender=event.sender if kind in _BOTH_SEE else None,
                at=at,
                minutes=getattr(event, "minutes", 0),
            )


def dates_ended(event: HandoffEvent) -> Iterator[Over]:
    """Yield the dates that count no longer after *event*."""
    for kind in ENDED.get(type(event), ()):
        item = getattr(event, "appointment_id", None)
        yield Over(handoff_id=event.handoff_id, kind=kind, item=item)


def entry_of(
    date: Date, *, service: str | None, language: str, address: Callable[[UUID], str]
) -> CalendarEntry:
    """Return *date* as a calendar shows it: what, which service, which reference, and a link."""
    title = f"{TITLES[language][date.kind]}: {_named(service)}{REFERENCE[language]} "
    return CalendarEntry(
        uid=f"{date.item}-{date.kind}" if date.minutes == 0 else str(date.item),
        title=title + reference(date.handoff_id),
        starts_at=date.at,
        ends_at=date.at + timedelta(minutes=date.minutes),
        address=address(date.about),
        busy=date.minutes > 0,
    )


def _named(service: str | None) -> str:
    return f"{service}, " if service else ""
