"""A service's entry: who provides it, whether it can be referred to, on which terms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from onward.contracts.directory import ServicePublished
from onward.errors import ConflictError
from services.directory.domain import eligibility, opening, working_time
from services.directory.domain.checks import (
    invalid,
    require_codes,
    require_mailbox,
    require_website,
)
from services.directory.domain.facts import (
    Area,
    Course,
    Funder,
    Host,
    Mode,
    Need,
    Post,
    Provenance,
    Related,
    Site,
    WayIn,
    named_organisations,
    require_areas,
    require_began,
    require_funders,
    require_provenance,
    require_related,
    require_sites,
)
from services.directory.domain.places import CapacityKind


class ServiceStatus(StrEnum):
    """Whether a service can be referred to; only an active one can."""

    PLANNED = "planned"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class CountedIn(StrEnum):
    """Which hours its answer times count for a routine referral; others always count every hour."""

    ELAPSED = "elapsed"
    WORKING_HOURS = "working-hours"


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
class Limits:
    """How much of the service one person can have; None where nothing is stated."""

    maximum_stay_days: int | None = None
    review_day: int | None = None
    """Day of the stay on which it is looked at again."""
    sessions_per_person: int | None = None
    course_weeks: int | None = None
    course_places: int | None = None
    """People on one run of a course."""
    people_per_worker: int | None = None
    ends_with: str | None = None
    """Where its help ends, in words, such as "the tribunal"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How quickly each side answers; frozen into a handoff when it is sent."""

    acknowledge_hours: int = 24
    answer_hours: int = 72
    offer_hours: int = 48
    """How long an offered place is kept."""
    expire_days: int = 14
    """After this many days without an answer a request expires."""
    counted_in: CountedIn = CountedIn.ELAPSED
    """Which hours the first two count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as the directory lists it."""

    id: UUID
    name: str
    summary: str
    """One or two sentences for whoever chooses a service."""
    status: ServiceStatus
    recipient: UUID
    """The provider that answers referrals; where nobody states a provider, whoever answers for it."""
    providers: tuple[UUID, ...]
    """Every organisation that provides it, the recipient first; empty where that is not known."""
    capacity_kind: CapacityKind
    nation: Nation = Nation.ENGLAND
    limits: Limits = field(default_factory=Limits)
    terms: Terms = field(default_factory=Terms)
    asks_for: tuple[str, ...] = ()
    """Sections of the handoff pack it needs."""
    needs: tuple[Need, ...] = ()
    """What it helps with."""
    programme: UUID | None = None
    """The programme it belongs to."""
    sites: tuple[Site, ...] = ()
    areas: tuple[Area, ...] = ()
    """Whose people it is for; anybody's, or nobody knows, without one (see provenance)."""
    eligibility: Mapping[str, Any] | None = None
    """Whom it takes: the document that `domain.eligibility` reads; None: as its programme says, if any."""
    opening: Mapping[str, Any] | None = None
    """When it is open: the document that `domain.opening` reads; None where nobody says."""
    modes: tuple[Mode, ...] = ()
    ways_in: tuple[WayIn, ...] = ()
    languages: tuple[str, ...] = ()
    """ISO 639 codes, such as ``en`` and ``cy``."""
    hosts: tuple[Host, ...] = ()
    """Where its workers are embedded."""
    posts: tuple[Post, ...] = ()
    funders: tuple[Funder, ...] = ()
    related: tuple[Related, ...] = ()
    courses: tuple[Course, ...] = ()
    """Runs of a course, in order."""
    began: str | None = None
    """A year, a month or a day: as exactly as it is known."""
    website: str | None = None
    mailbox: str | None = None
    provenance: Provenance = field(default_factory=Provenance)
    version: int = 1
    counted: bool = field(default=False, compare=False)
    """Whether its provider has said how many places there are; known from the ledger, not the entry."""

    @property
    def keepers(self) -> tuple[UUID, ...]:
        """Who answers for its entry and its places: its providers, or the recipient alone."""
        return self.providers or (self.recipient,)

    @property
    def has_ledger(self) -> bool:
        """Whether its places are given out one by one."""
        return self.counted or self.capacity_kind.has_ledger

    @property
    def counts_working_hours(self) -> bool:
        """Whether its answer times count in its working hours."""
        return self.terms.counted_in is CountedIn.WORKING_HOURS

    def checked(self) -> "Service":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        require_mailbox(self.mailbox)
        require_website(self.website)
        require_codes("/asks_for", self.asks_for)
        require_codes("/languages", self.languages)
        require_sites(self.sites)
        require_areas(self.areas)
        require_related(self.related)
        require_funders(self.funders)
        require_began(self.began)
        if self.eligibility is not None:
            eligibility.read(self.eligibility, pointer="/eligibility")
        if self.opening is not None:
            opening.read(self.opening, pointer="/opening")
        if self.counts_working_hours:
            working_time.require_hours(self.opening)
        for wrong, pointer, detail in _RULES:
            if wrong(self):
                raise invalid(pointer, detail)
        require_provenance(self.provenance, self.stated())
        return self

    def named(self) -> dict[str, UUID]:
        """Return the organisations its hosts, posts and funders name, by where they name them."""
        return named_organisations(self.hosts, self.posts, self.funders)

    def stated(self) -> dict[str, bool]:
        """Return which facts the entry states, by the code under which they can be unknown."""
        limits = self.limits
        return {
            "providers": bool(self.providers),
            "kind": True,
            "size": bool(limits.course_places or limits.people_per_worker),
            "limit": bool(limits.maximum_stay_days or limits.sessions_per_person),
            "dates": any(course.starts_on for course in self.courses),
            "needs": bool(self.needs),
            "sites": bool(self.sites),
            "areas": bool(self.areas),
            "eligibility": self.eligibility is not None,
            "opening": self.opening is not None,
            "modes": bool(self.modes),
            "ways-in": bool(self.ways_in),
            "languages": bool(self.languages),
            "hosts": bool(self.hosts),
            "posts": bool(self.posts),
            "funders": bool(self.funders),
            "began": self.began is not None,
            "website": self.website is not None,
        }

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
            providers=self.keepers,
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
            needs=self.needs,
            programme=self.programme,
            sessions_per_person=self.limits.sessions_per_person,
            working_hours=(
                working_time.written(self.opening, self.nation)
                if self.counts_working_hours
                else None
            ),
        )


_Rule = tuple[Callable[[Service], bool], str, str]


def _without_providers(service: Service) -> bool:
    return not service.providers and "providers" not in service.provenance.unstated


def _recipient_elsewhere(service: Service) -> bool:
    return bool(service.providers) and service.recipient not in service.providers


def _stays_without_a_place(service: Service) -> bool:
    return service.limits.maximum_stay_days is not None and not service.capacity_kind.has_ledger


def _reviewed_too_late(service: Service) -> bool:
    review, longest = service.limits.review_day, service.limits.maximum_stay_days
    return review is not None and longest is not None and review >= longest


def _counts_sessions_of_another_kind(service: Service) -> bool:
    counts = service.limits.sessions_per_person is not None
    return counts and service.capacity_kind is not CapacityKind.SESSIONS


def _runs_courses_of_another_kind(service: Service) -> bool:
    limits = service.limits
    runs = bool(service.courses or limits.course_weeks or limits.course_places)
    return runs and service.capacity_kind is not CapacityKind.COHORT


def _ends_before_it_starts(service: Service) -> bool:
    return any(
        course.starts_on and course.ends_on and course.ends_on < course.starts_on
        for course in service.courses
    )


def _shares_out_people_of_another_kind(service: Service) -> bool:
    shares = service.limits.people_per_worker is not None
    return shares and service.capacity_kind is not CapacityKind.CASELOAD


def _twice(name: str) -> Callable[[Service], bool]:
    return lambda service: len(set(getattr(service, name))) != len(getattr(service, name))


_RULES: tuple[_Rule, ...] = (
    (
        _without_providers,
        "/providers",
        "Name at least one provider, or list providers under provenance.unstated.",
    ),
    (
        _recipient_elsewhere,
        "/recipient",
        "The recipient is one of the providers: name it among them.",
    ),
    (_twice("providers"), "/providers", "Name each provider once."),
    (_twice("asks_for"), "/asks_for", "Name each section once."),
    (_twice("needs"), "/needs", "Name each need once."),
    (_twice("ways_in"), "/ways_in", "Name each way in once."),
    (_twice("modes"), "/modes", "Name each mode once."),
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
    (_runs_courses_of_another_kind, "/courses", "Only a service of kind cohort runs courses."),
    (_ends_before_it_starts, "/courses", "A course ends after it starts: change one of the two."),
    (
        _shares_out_people_of_another_kind,
        "/limits/people_per_worker",
        "Only a service of kind caseload counts people per worker.",
    ),
)
