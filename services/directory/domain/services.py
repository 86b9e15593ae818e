"""A service's entry: who provides it, whether it can be referred to, on which terms."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from onward.contracts.directory import ServicePublished
from onward.errors import ConflictError
from services.directory.domain.checks import invalid, require_codes, require_mailbox
from services.directory.domain.places import CapacityKind


class ServiceStatus(StrEnum):
    """Whether a service can be referred to; only an active one can."""

    PLANNED = "planned"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class Nation(StrEnum):
    """Whose law governs a referral to the service."""

    ENGLAND = "england"
    WALES = "wales"


ALLOWED = {
    ServiceStatus.PLANNED: frozenset({ServiceStatus.ACTIVE, ServiceStatus.CLOSED}),
    ServiceStatus.ACTIVE: frozenset({ServiceStatus.PAUSED, ServiceStatus.CLOSED}),
    ServiceStatus.PAUSED: frozenset({ServiceStatus.ACTIVE, ServiceStatus.CLOSED}),
    ServiceStatus.CLOSED: frozenset[ServiceStatus](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a service is found. An address that must stay secret is not written here."""

    name: str
    locality: str
    """Town or district."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of the service one person can have; None where nothing is stated."""

    maximum_stay_days: int | None = None
    review_day: int | None = None
    """Day of the stay on which it is looked at again."""
    sessions_per_person: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How quickly each side answers; frozen into a handoff when it is sent."""

    acknowledge_hours: int = 24
    answer_hours: int = 72
    offer_hours: int = 48
    """How long an offered place is kept."""
    expire_days: int = 14
    """After this many days without an answer a request expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as the directory lists it."""

    id: UUID
    name: str
    summary: str
    """One or two sentences for whoever chooses a service."""
    status: ServiceStatus
    recipient: UUID
    """The provider that answers referrals."""
    providers: tuple[UUID, ...]
    """Every organisation that provides it, the recipient first."""
    capacity_kind: CapacityKind
    nation: Nation = Nation.ENGLAND
    limits: Limits = field(default_factory=Limits)
    terms: Terms = field(default_factory=Terms)
    asks_for: tuple[str, ...] = ()
    """Sections of the handoff pack it needs."""
    sites: tuple[Site, ...] = ()
    mailbox: str | None = None
    version: int = 1

    @property
    def has_ledger(self) -> bool:
        """Whether its places are given out one by one."""
        return self.capacity_kind.has_ledger

    def checked(self) -> "Service":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        require_mailbox(self.mailbox)
        require_codes("/asks_for", self.asks_for)
        for wrong, pointer, detail in _RULES:
            if wrong(self):
                raise invalid(pointer, detail)
        return self

    def require_change(self, to: "Service") -> None:
        """Raise `ConflictError` ``illegal-status`` unless its status may become that of *to*."""
        allowed = ALLOWED[self.status]
        if to.status is not self.status and to.status not in allowed:
            raise ConflictError(
                "illegal-status",
                f"A service that is {self.status} cannot become {to.status}.",
                allowed=sorted(allowed),
            )

    def next_version(self) -> "Service":
        """Return it as the version after this one."""
        return replace(self, version=self.version + 1)

    def published(self) -> ServicePublished:
        """Return what the other services are told."""
        return ServicePublished(
            service_id=self.id,
            name=self.name,
            status=self.status,
            recipient=self.recipient,
            providers=self.providers,
            capacity_kind=self.capacity_kind,
            has_ledger=self.has_ledger,
            nation=self.nation,
            asks_for=self.asks_for,
            acknowledge_hours=self.terms.acknowledge_hours,
            answer_hours=self.terms.answer_hours,
            offer_hours=self.terms.offer_hours,
            expire_days=self.terms.expire_days,
            review_day=self.limits.review_day,
            maximum_stay_days=self.limits.maximum_stay_days,
            mailbox=self.mailbox,
        )


_Rule = tuple[Callable[[Service], bool], str, str]


def _stays_without_a_place(service: Service) -> bool:
    return service.limits.maximum_stay_days is not None and not service.has_ledger


def _reviewed_too_late(service: Service) -> bool:
    review, longest = service.limits.review_day, service.limits.maximum_stay_days
    return review is not None and longest is not None and review >= longest


def _counts_sessions_of_another_kind(service: Service) -> bool:
    counts = service.limits.sessions_per_person is not None
    return counts and service.capacity_kind is not CapacityKind.SESSIONS


_RULES: tuple[_Rule, ...] = (
    (
        lambda service: service.recipient not in service.providers,
        "/recipient",
        "The recipient is one of the providers: name it among them.",
    ),
    (
        lambda service: len(set(service.providers)) != len(service.providers),
        "/providers",
        "Name each provider once.",
    ),
    (
        lambda service: len(set(service.asks_for)) != len(service.asks_for),
        "/asks_for",
        "Name each section once.",
    ),
    (
        _stays_without_a_place,
        "/limits/maximum_stay_days",
        "Only beds and homes have a longest stay.",
    ),
    (_reviewed_too_late, "/limits/review_day", "Review a stay before its last day."),
    (
        _counts_sessions_of_another_kind,
        "/limits/sessions_per_person",
        "Only a service that counts sessions limits them.",
    ),
)
