"""Which workers are told beside their organisation, how and when: an organisation's rules as data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.delivery.hours import Hours, next_at, reachable_from
from onward.identity import Role
from services.notification.domain.messages import Channel, Told
from services.notification.domain.rules import Urgency

MOST_RULES: Final = 100
MOST_TEAMS: Final = 50
MOST_MEMBERS: Final = 200


class Whom(StrEnum):
    """What a rule names."""

    ROLE = "role"
    TEAM = "team"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingRule:
    """Whom of its people an organisation wants told of what."""

    id: UUID
    organisation: UUID
    whom: Whom
    name: str
    """A role's code, a team's id or a worker's ``worker:<uuid>``."""
    templates: tuple[str, ...] = ()
    """Codes of wordings; everything where empty."""
    service_id: UUID | None = None
    """Only about this service."""
    urgencies: tuple[Urgency, ...] = tuple(Urgency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Workers that an organisation tells together."""

    id: UUID
    organisation: UUID
    name: str
    members: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Somebody who signs in, as the directory tells of them."""

    principal: str
    organisation: UUID
    role: Role
    hosts: tuple[UUID, ...] = ()
    """In whose teams they sit at that moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a worker chose for themself."""

    principal: str
    organisation: UUID
    called: str | None = None
    """What colleagues read when they choose a cover or a team's members."""
    email: str | None = None
    phone: str | None = None
    mail_for: tuple[Urgency, ...] = tuple(Urgency)
    text_for: tuple[Urgency, ...] = (Urgency.URGENT, Urgency.EMERGENCY)
    follow: bool = False
    """Whether they want to hear all their organisation hears, not only what a rule names them for."""
    hours: Hours | None = None
    digest_at: time | None = None
    """London's time at which what is routine comes in one e-mail; at once without it."""
    language: str = "en"
    away_from: datetime | None = None
    away_until: datetime | None = None
    cover: str | None = None
    """Who is told instead meanwhile."""
    version: int = 0

    def is_away(self, at: datetime) -> bool:
        """Tell whether somebody else covers for them at a moment."""
        if self.cover is None or self.away_from is None:
            return False
        return self.away_from <= at and (self.away_until is None or at < self.away_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Everybody who might be told, as it stands at one moment."""

    at: datetime
    rules: Sequence[TellingRule] = ()
    workers: Sequence[Worker] = ()
    members: Mapping[str, frozenset[str]]
    """Principals by team's id."""
    preferences: Mapping[str, Preferences]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One message to one worker."""

    channel: Channel
    due_at: datetime
    digest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Somebody who is told, and how."""

    principal: str
    covers: str | None
    """For whom, where they stand in for somebody who is away."""
    because: TellingRule | None
    """None where they asked for everything."""
    ways: tuple[Way, ...]
    """Empty where they gave no address for it: then they find it in the application alone."""


def reached(told: Told, circle: Circle) -> list[Reached]:
    """Return each worker who is told, once, those named by the earliest rule first.

    Whoever would be told anyway is not told because they cover for somebody.
    """
    found: dict[str, Reached] = {}
    there = [worker for worker in circle.workers if _may_hear(told, worker)]
    present = {worker.principal for worker in there}
    for worker, rule in _named(told, circle, there):
        principal, covers = _stand_in(worker.principal, present, circle)
        known = found.get(principal)
        if known and known.covers and not covers:
            found[principal] = replace(known, covers=None, because=rule)
        elif known is None:
            ways = tuple(_ways(told, circle.preferences.get(principal), circle.at))
            found[principal] = Reached(principal=principal, covers=covers, because=rule, ways=ways)
    return list(found.values())


def themself(told: Told, chosen: Preferences, at: datetime) -> Reached:
    """Return how a worker is told of what is about them alone, whoever covers for them."""
    ways = tuple(_ways(told, chosen, at))
    return Reached(principal=chosen.principal, covers=None, because=None, ways=ways)


def _named(
    told: Told, circle: Circle, there: Sequence[Worker]
) -> Iterator[tuple[Worker, TellingRule | None]]:
    for rule in circle.rules:
        if _is_about(rule, told):
            yield from ((worker, rule) for worker in there if _names(rule, worker, circle))
    for worker in there:
        chosen = circle.preferences.get(worker.principal)
        if chosen and chosen.follow:
            yield worker, None


def _may_hear(told: Told, worker: Worker) -> bool:
    """Tell whether the worker would see it in the application, too: the same rule as for notices."""
    if worker.organisation == told.organisation:
        roles = told.telling.roles if told.telling else ()
        return not roles or worker.role in roles
    return told.organisation in worker.hosts and not (told.telling and told.telling.roles)


def _is_about(rule: TellingRule, told: Told) -> bool:
    telling = told.telling
    if telling is None or rule.organisation != told.organisation:
        return False
    about = rule.service_id in {None, told.subject.service_id}
    said = not rule.templates or telling.template in rule.templates
    return about and said and telling.urgency in rule.urgencies


def _names(rule: TellingRule, worker: Worker, circle: Circle) -> bool:
    if rule.whom is Whom.ROLE:
        return worker.organisation == rule.organisation and worker.role.value == rule.name
    if rule.whom is Whom.TEAM:
        return worker.principal in circle.members.get(rule.name, frozenset())
    return worker.principal == rule.name


def _stand_in(principal: str, present: set[str], circle: Circle) -> tuple[str, str | None]:
    """Follow covers who are away themselves, as far as they lead to somebody who may be told."""
    seen: list[str] = []
    while (chosen := circle.preferences.get(principal)) and chosen.is_away(circle.at):
        if chosen.cover in seen or chosen.cover not in present:
            return (seen or [principal])[0], None  # everybody is away: rather twice than nobody
        seen.append(principal)
        principal = chosen.cover or principal
    return principal, seen[0] if seen else None


def _ways(told: Told, chosen: Preferences | None, at: datetime) -> Iterator[Way]:
    if chosen is None or told.telling is None:
        return
    urgency = told.telling.urgency
    routine = urgency is Urgency.ROUTINE
    if chosen.email and urgency in chosen.mail_for:
        digest = routine and chosen.digest_at is not None
        due = next_at(chosen.digest_at, at) if digest and chosen.digest_at else at
        yield Way(channel=Channel.EMAIL, due_at=_in_hours(chosen, urgency, due), digest=digest)
    if chosen.phone and urgency in chosen.text_for:
        yield Way(channel=Channel.SMS, due_at=_in_hours(chosen, urgency, at))


def _in_hours(chosen: Preferences, urgency: Urgency, at: datetime) -> datetime:
    """Urgent always passes."""
    return at if urgency is not Urgency.ROUTINE else reachable_from(chosen.hours, at)
