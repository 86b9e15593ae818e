"""News for the person a referral is about: what counts as news, and how and when it may reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.delivery.hours import Hours, reachable_from
from onward.errors import ConflictError, FieldError, InvalidError
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Status
from services.referral.domain.person import Contact, ContactRule

PAUSE: Final = timedelta(hours=1)
"""Between two messages to one person, and between two attempts at one."""
MOST_ATTEMPTS: Final = 5
DIED: Final = "person-died"
"""The reason after which nothing is sent to that number or mailbox any more."""


class Way(StrEnum):
    """By what a person wants to be told."""

    EMAIL = "email"
    TEXT = "text"


class Times(StrEnum):
    """When it is safe and convenient, by London's clock."""

    DAY = "day"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


HOURS: Final[Mapping[Times, Hours]] = {
    Times.DAY: Hours(begins=time(9), ends=time(20)),
    Times.MORNING: Hours(begins=time(9), ends=time(12)),
    Times.AFTERNOON: Hours(begins=time(12), ends=time(17)),
    Times.EVENING: Hours(begins=time(17), ends=time(20)),
}


class Kind(StrEnum):
    """What there is to be told; the message itself never says which."""

    ASKED = "asked"
    """Another recipient was asked."""
    ACCEPTED = "accepted"
    OFFERED = "offered"
    HANDED_OVER = "handed-over"
    DECLINED = "declined"
    """Refused, cancelled, or not answered in time: they are with whoever sent them again."""
    APPOINTMENT = "appointment"
    STOPPED = "stopped"
    """What they said about stopping was recorded."""


_NEWS: Final = {
    Status.REQUESTED: Kind.ASKED,
    Status.ACCEPTED: Kind.ACCEPTED,
    Status.OFFERED: Kind.OFFERED,
    Status.REJECTED: Kind.DECLINED,
    Status.EXPIRED: Kind.DECLINED,
    Status.CANCELLED: Kind.DECLINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a person wants to be told that there is news."""

    way: Way
    times: Times
    asked_by: str
    """``person``, or ``worker`` with the person's word."""
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one message to the person."""

    id: UUID
    referral_id: UUID
    way: Way
    kind: Kind
    at: datetime
    code: str | None
    """None where the mail server or the provider took it, else why they were not told."""


def news_of(before: Handoff | None, after: Handoff) -> Kind | None:
    """Return what a move is to the person, or None where it tells them nothing new."""
    if after.is_handed_over and not (before and before.is_handed_over):
        return Kind.HANDED_OVER
    if before and before.status is after.status:
        return None
    return _NEWS.get(after.status)


def next_safe(times: Times, at: datetime) -> datetime:
    """Return the first moment, *at* or later, at which the person may be told."""
    return reachable_from(HOURS[times], at)


_FORBIDS: Final = {Way.EMAIL: ContactRule.NO_EMAIL, Way.TEXT: ContactRule.NO_TEXT}


def reached_at(contact: Contact, way: Way) -> str | None:
    """Return the mailbox or number that *way* leads to."""
    return contact.email if way is Way.EMAIL else contact.phone


def why_never(contact: Contact, way: Way) -> str | None:
    """Return the code of why nobody may be told by *way*, or None where they may."""
    if {_FORBIDS[way], ContactRule.ONLY_THROUGH_WORKER} & set(contact.rules):
        return "contact-rule"
    return None if reached_at(contact, way) else "contact-unknown"


def read_way(text: str) -> Way | None:
    """Return the way that a form names, None for none. Raises `InvalidError` ``own-news-way``."""
    if not text:
        return None
    if text not in set(Way):
        raise InvalidError(
            "own-news-way",
            "Choose how to be told: by e-mail, by text message, or not at all.",
            errors=[FieldError(pointer="/way", detail="Choose email, text or nothing.")],
        )
    return Way(text)


def read_times(text: str) -> Times:
    """Return the times that a form names. Raises `InvalidError` ``own-news-times``."""
    if text not in set(Times):
        raise InvalidError(
            "own-news-times",
            "Choose when it is safe to be told: by day, in the morning, afternoon or evening.",
            errors=[
                FieldError(pointer="/times", detail="Choose day, morning, afternoon or evening.")
            ],
        )
    return Times(text)


def require_safe(why_not: str | None) -> None:
    """Raise `ConflictError` ``own-news-not-safe`` where something forbids the way that was chosen."""
    if why_not is not None:
        raise ConflictError(
            "own-news-not-safe",
            "The person may not, or cannot, be told this way: choose another, or none.",
            why=why_not,
        )
