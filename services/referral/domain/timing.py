"""When things are due: the service's policy frozen at sending, and what runs in which status."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from onward import working_hours
from services.referral.domain.moves import Status

LONDON: Final = ZoneInfo("Europe/London")


class Kind(StrEnum):
    """What a deadline is for."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    EXPIRE = "expire"
    OFFER = "offer"
    REVIEW = "review"
    STAY = "stay"


LADDER: Final = (0, 24, 72)
"""Hours after a missed deadline at which it is told again, one rung higher each time."""
WORKING_LADDER: Final = (0, 8, 24)
"""The same in working hours, of which a day has about eight."""
ONCE: Final = (0,)
"""The ladder of deadlines at which the platform itself acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a service promises about time, as it stood when the handoff was sent."""

    acknowledge_hours: int
    answer_hours: int
    offer_hours: int
    expire_days: int
    review_day: int | None = None
    """Day of the stay on which it is reviewed: 10 in the Stepdown House."""
    maximum_stay_days: int | None = None
    """The Stepdown House keeps a person "up to two weeks"."""
    working_hours: str | None = None
    """The hours in which the first two count, as `onward.working_hours` writes them; None: all hours."""

    @property
    def counted_in(self) -> str:
        """Which hours they count, as the API says it: ``elapsed`` or ``working-hours``."""
        return "working-hours" if self.working_hours else "elapsed"

    def of(self, *, urgent: bool) -> "Policy":
        """Return what it promises for a request: what is urgent does not wait for opening hours."""
        return replace(self, working_hours=None) if urgent else self

    def after(self, at: datetime, hours: timedelta) -> datetime:
        """Return when *hours* as it counts them are over that began *at*."""
        if self.working_hours is None:
            return at + hours
        return working_hours.read(self.working_hours).after(at, hours)

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return how long that is as it counts."""
        if self.working_hours is None:
            return end - begin
        return working_hours.read(self.working_hours).between(begin, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The moments that matter for one handoff, as far as they are known yet."""

    acknowledge_by: datetime | None = None
    answer_by: datetime | None = None
    expires_at: datetime | None = None
    lapses_at: datetime | None = None
    review_due: datetime | None = None
    stay_ends: datetime | None = None


BEGUN: Final = frozenset({Status.IN_PROGRESS, Status.ON_HOLD})
"""Where a stay is reviewed, and ends."""
_RUNNING: Final[Mapping[Status, tuple[Kind, ...]]] = {
    Status.REQUESTED: (Kind.ACKNOWLEDGE, Kind.ANSWER, Kind.EXPIRE),
    Status.ACKNOWLEDGED: (Kind.ANSWER, Kind.EXPIRE),
    Status.INFO_REQUESTED: (Kind.EXPIRE,),
    Status.OFFERED: (Kind.OFFER,),
    **dict.fromkeys(BEGUN, (Kind.REVIEW, Kind.STAY)),
}


def sent(policy: Policy, at: datetime) -> Due:
    """Return what is due once a request is sent at *at*.

    Working hours take nobody past the expiry, after which nobody is waited for.
    """
    expires = at + timedelta(days=policy.expire_days)

    def by(hours: int) -> datetime:
        elapsed = timedelta(hours=hours)
        return min(policy.after(at, elapsed), max(expires, at + elapsed))

    return Due(
        acknowledge_by=by(policy.acknowledge_hours),
        answer_by=by(policy.answer_hours),
        expires_at=expires,
    )


def pushed(due: Due, policy: Policy, asked: datetime, answered: datetime) -> Due:
    """Return *due* with the recipient's time to act moved on by the time a question lay open.

    The expiry stays: a request that nobody settles must end.
    """
    by = policy.between(asked, answered)
    return Due(
        acknowledge_by=due.acknowledge_by and policy.after(due.acknowledge_by, by),
        answer_by=due.answer_by and policy.after(due.answer_by, by),
        expires_at=due.expires_at,
    )


def stay(policy: Policy, at: datetime) -> tuple[datetime | None, datetime | None]:
    """Return when a stay that begins at *at* is reviewed, and when it ends at the latest."""
    return _day(at, policy.review_day), _day(at, policy.maximum_stay_days)


def ending(due: Due, at: datetime | None) -> Due:
    """Return *due* with a stay that ends *at* a moment, unless it ends sooner already."""
    known = [moment for moment in (due.stay_ends, at) if moment]
    return replace(due, stay_ends=min(known, default=None))


def is_over(day: date) -> datetime:
    """Return the first moment after *day* in London."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)


def running(status: Status, due: Due) -> dict[Kind, datetime]:
    """Return the deadlines that run while a handoff stands at *status*."""
    moments = {
        Kind.ACKNOWLEDGE: due.acknowledge_by,
        Kind.ANSWER: due.answer_by,
        Kind.EXPIRE: due.expires_at,
        Kind.OFFER: due.lapses_at,
        Kind.REVIEW: due.review_due,
        Kind.STAY: due.stay_ends,
    }
    return {kind: at for kind in _RUNNING.get(status, ()) if (at := moments[kind]) is not None}


def next_due(status: Status, due: Due) -> datetime | None:
    """Return the next moment by which somebody has to do something."""
    return min(running(status, due).values(), default=None)


def ladder(kind: Kind, at: datetime, policy: Policy) -> tuple[int, ...]:
    """Return the hours after its moment, *at*, at which a deadline of *kind* is told.

    Rungs that stand in working hours are rounded up to whole elapsed ones.
    """
    if kind in {Kind.EXPIRE, Kind.OFFER}:
        return ONCE
    if policy.working_hours is None or kind not in {Kind.ACKNOWLEDGE, Kind.ANSWER}:
        return LADDER
    later = (policy.after(at, timedelta(hours=rung)) - at for rung in WORKING_LADDER)
    return tuple(ceil(one / timedelta(hours=1)) for one in later)


def _day(start: datetime, days: int | None) -> datetime | None:
    return start + timedelta(days=days) if days is not None else None
