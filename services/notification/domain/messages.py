"""What is told: one event to one organisation in the application, by e-mail, or to its systems."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from onward.delivery.outcome import Outcome
from onward.identity import Role
from services.notification.domain.retries import Status, Verdict
from services.notification.domain.rules import Telling, Urgency


class Channel(StrEnum):
    """How a message goes outside."""

    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"
    QUEUE = "queue"
    """The organisation's own queue on the broker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The event that is told of, as far as telling it needs."""

    event_id: UUID
    key: str
    correlation_id: UUID
    about: UUID
    """The referral; for an alarm or a test, what it is about instead."""
    handoff_id: UUID | None
    service_id: UUID | None
    occurred_at: datetime
    facts: bytes
    """See `services.notification.domain.payload.facts_of`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One organisation is told of one event."""

    subject: Subject
    organisation: UUID
    telling: Telling | None
    """What its people are told; None where only its systems hear."""
    outside: bool = True
    """Whether it is told by e-mail and webhooks too."""
    regardless: bool = False
    """Whether its mailbox is told even where it chose not to be."""
    other: UUID | None = None
    """The other side, which may see what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who looks into the inbox, with every organisation whose notices they may see."""

    principal: str
    role: Role
    organisation: UUID | None
    hosts: tuple[UUID, ...] = ()
    """In whose teams they sit now: of those they see what is for everybody."""
    until: datetime | None = None
    """When the first of these placements ends."""

    @property
    def organisations(self) -> tuple[UUID, ...]:
        """Their own organisation, then their hosts."""
        return (*filter(None, [self.organisation]), *self.hosts)

    def may_see(self, organisation: UUID, roles: tuple[str, ...]) -> bool:
        """Tell whether a notice to *organisation* for *roles* is for them."""
        if organisation == self.organisation:
            return not roles or self.role.value in roles
        return organisation in self.hosts and not roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A line of an organisation's inbox, as one worker sees it."""

    position: int
    """Grows with every notice of the platform: the order, and where a live stream resumes."""
    id: UUID
    organisation: UUID
    told: str | None
    """The organisation's own name, where the directory has told it."""
    template: str
    urgency: Urgency
    roles: tuple[str, ...]
    """Who in the organisation sees it; everybody where empty."""
    about: UUID
    handoff_id: UUID | None
    service_id: UUID | None
    service: str | None
    """Name, where the directory has told it."""
    counterpart: str | None
    """The other side's name, where the directory has told it."""
    moment: datetime | None
    occurred_at: datetime
    stand_ins: Mapping[str, str]
    """Who was told of it because they cover for somebody, and what colleagues call that one, if anything."""
    read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to send outside, claimed for one attempt."""

    id: UUID
    channel: Channel
    event_id: UUID
    key: str
    correlation_id: UUID
    organisation: UUID
    endpoint_id: UUID | None
    principal: str | None
    """The worker it is for; None where it is for the organisation."""
    template: str
    urgency: Urgency
    about: UUID
    handoff_id: UUID | None
    moment: datetime | None
    facts: bytes | None
    occurred_at: datetime
    attempts: int
    """Made before this one."""
    digest: bool
    """Whether it is a line of a worker's digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An attempt that ended, and what becomes of its message."""

    message: Message
    outcome: Outcome
    verdict: Verdict

    @property
    def endpoint_and_result(self) -> tuple[UUID | None, bool]:
        """Where it was sent, and whether it was taken there."""
        return self.message.endpoint_id, self.outcome.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to people, with whom it goes to and the names it says."""

    message: Message
    mailbox: str | None
    """Or the number, where it goes by text message."""
    known: bool
    """Whether the directory has told of the organisation yet."""
    language: str
    role: Role | None
    """The worker's it is for, by which its link is chosen; None where it is for the organisation."""
    service: str | None
    counterpart: str | None
    covering: bool
    """Whether the worker gets it because they cover for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver a message, as the log keeps it."""

    at: datetime
    milliseconds: int
    status_code: int | None
    code: str | None
    """None when the other side took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message to an endpoint, as its delivery log shows it."""

    id: UUID
    event_id: UUID
    key: str
    about: UUID
    handoff_id: UUID | None
    status: Status
    code: str | None
    created_at: datetime
    due_at: datetime | None
    attempts: tuple[Attempt, ...]
    """Newest first, the latest few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one thing that the other side was told, on one way."""

    event_id: UUID
    about: UUID
    """The referral."""
    channel: str
    """A `Channel`, or ``inbox`` for the notice in the application."""
    template: str
    """Code of the wording; for systems the event's key."""
    organisation: UUID
    told: str | None
    """Its name, where the directory has told it."""
    personal: bool
    """Whether it went to one of its workers, who is not named."""
    status: str
    """A message's status; of a notice ``read`` as soon as anybody there has, else ``unread``."""
    code: str | None
    occurred_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What an organisation chose to be told by e-mail."""

    organisation: UUID
    mailbox: str | None
    """Where its mail goes instead of the directory's mailboxes."""
    mail_for: tuple[Urgency, ...]
    version: int
    """0 before anybody chose."""
    language: str = "en"


EVERYTHING = tuple(Urgency)
