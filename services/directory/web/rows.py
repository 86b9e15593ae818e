"""The facts of an entry as rows of a page: a key, and lines that may lead to another page."""

from calendar import month_name
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from onward.plurals import counted
from onward.web.pages import day
from services.directory.domain.facts import Course, Funder, Host, Post, Provenance, Site
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.storage.store import Store
from services.directory.web.wording import (
    AREAS,
    FACTS,
    KINDS,
    LANGUAGES,
    MODES,
    ORGANISATIONS,
    RELATIONS,
    WAYS_IN,
    listed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a row."""

    text: str
    href: str | None = None
    before: str = ""
    """What stands before the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fact."""

    key: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of everything that entries lead to."""

    organisations: Mapping[UUID, str]
    services: Mapping[UUID, str]
    programmes: Mapping[UUID, str]

    def organisation(self, id_: UUID, before: str = "") -> Line:
        """Return a line that leads to an organisation."""
        href = f"/directory/organisations/{id_}"
        return Line(text=self.organisations[id_], href=href, before=before)

    def programme(self, id_: UUID) -> Line:
        """Return a line that leads to a programme."""
        return Line(text=self.programmes[id_], href=f"/directory/programmes/{id_}")


def names_for(store: Store, *entries: Service | Programme | Organisation) -> Names:
    """Return the names of everything that *entries* name."""
    organisations: set[UUID | None] = set()
    services: set[UUID | None] = set()
    programmes: set[UUID | None] = set()
    for entry in entries:
        if isinstance(entry, Organisation):
            organisations.add(entry.part_of)
            continue
        organisations.update(entry.named().values())
        if isinstance(entry, Programme):
            programmes.add(entry.part_of)
        else:
            organisations.update(entry.keepers)
            services.update(one.service for one in entry.related)
            programmes.add(entry.programme)
    return Names(
        organisations=store.organisations.named(id_ for id_ in organisations if id_),
        services=store.services.named(id_ for id_ in services if id_),
        programmes=store.programmes.named(id_ for id_ in programmes if id_),
    )


def service_rows(service: Service, names: Names) -> list[Row]:
    """Return everything a service's entry states beside whom it is for and when it is open."""
    lines = {
        "Provided by": [names.organisation(id_) for id_ in service.providers],
        "Answers referrals": _answering(service, names),
        "Part of": [names.programme(service.programme)] if service.programme else [],
        "Counts": [Line(text=KINDS[service.capacity_kind])],
        **_plain(_limits(service)),
        "Courses": [Line(text=_course(course)) for course in service.courses],
        "Where": [Line(text=_site(site)) for site in service.sites],
        "Meets people": _lines(listed(service.modes, MODES)),
        "How people come": _lines(listed(service.ways_in, WAYS_IN)),
        "Languages": _lines(listed(service.languages, LANGUAGES)),
        "Workers sit in": [_host(host, names) for host in service.hosts],
        "Who works there": [_post(post, names) for post in service.posts],
        "Paid for by": [_funder(funder, names) for funder in service.funders],
        "Goes with": list(_related(service, names)),
        "Since": _lines([_since(service.began)] if service.began else []),
        "Website": _website(service.website),
    }
    return _rows(lines)


def area_lines(service: Service) -> tuple[str, ...]:
    """Return in words which areas' people a service is for."""
    return tuple(AREAS[area.by].format(area.name) for area in service.areas)


def programme_rows(programme: Programme, names: Names) -> list[Row]:
    """Return everything a programme's entry states beside whom it is for."""
    return _rows(
        {
            "Led by": [names.organisation(programme.lead)],
            "Part of": [names.programme(programme.part_of)] if programme.part_of else [],
            "Paid for by": [_funder(funder, names) for funder in programme.funders],
            "Area": _lines([area.name for area in programme.areas]),
            "Since": _lines([_since(programme.began)] if programme.began else []),
            "Website": _website(programme.website),
        }
    )


def organisation_rows(found: Organisation, names: Names) -> list[Row]:
    """Return everything an organisation's entry states."""
    plain = {
        "Kind": ORGANISATIONS[found.kind],
        "Legal form": None if found.incorporated else "Not incorporated yet",
        "ODS code": found.ods_code,
        "Charity number": found.charity_number,
        "Phone": found.phone,
    }
    mailbox = [Line(text=found.mailbox, href=f"mailto:{found.mailbox}")] if found.mailbox else []
    return _rows(
        {
            **_plain({key: text for key, text in plain.items() if text}),
            "Part of": [names.organisation(found.part_of)] if found.part_of else [],
            "Website": _website(found.website),
            "Mailbox": mailbox,
        }
    )


def left_open(provenance: Provenance) -> tuple[str, ...]:
    """Return in words which facts nobody states."""
    return listed(provenance.unstated, FACTS)


def concluded(provenance: Provenance) -> tuple[str, ...]:
    """Return in words which facts were concluded from what is stated."""
    return listed(provenance.inferred, FACTS)


def _rows(lines: Mapping[str, Sequence[Line]]) -> list[Row]:
    return [Row(key=key, lines=tuple(said)) for key, said in lines.items() if said]


def _lines(texts: Sequence[str]) -> list[Line]:
    return [Line(text=text) for text in texts]


def _plain(texts: Mapping[str, str]) -> dict[str, list[Line]]:
    return {key: [Line(text=text)] for key, text in texts.items()}


def _answering(service: Service, names: Names) -> list[Line]:
    alone = service.providers == (service.recipient,)
    return [] if alone else [names.organisation(service.recipient)]


def _limits(service: Service) -> dict[str, str]:
    limits = service.limits
    told = {
        "Longest stay": limits.maximum_stay_days and counted(limits.maximum_stay_days, "day"),
        "Review": limits.review_day and f"on day {limits.review_day}",
        "Sessions": limits.sessions_per_person and f"up to {limits.sessions_per_person} a person",
        "Course": limits.course_weeks and counted(limits.course_weeks, "week"),
        "On each course": limits.course_places and _people(limits.course_places),
        "Each worker helps": limits.people_per_worker
        and f"{_people(limits.people_per_worker)} at once",
        "Helps until": limits.ends_with,
    }
    return {key: str(said) for key, said in told.items() if said}


def _people(count: int) -> str:
    return counted(count, "person", "people")


def _course(course: Course) -> str:
    said = course.label
    if course.starts_on:
        said += f": from {day(course.starts_on)}"
        said += f" to {day(course.ends_on)}" if course.ends_on else ""
    said += f", {counted(course.places, 'place')}" if course.places else ""
    return f"{said}. {course.note}" if course.note else said


def _site(site: Site) -> str:
    return ", ".join(part for part in (site.name, site.locality, site.postcode) if part)


def _host(host: Host, names: Names) -> Line:
    said = f"{host.count} {host.name}" if host.count else host.name
    if host.organisation is None:
        return Line(text=said)
    return names.organisation(host.organisation, before=f"{said}: ")


def _post(post: Post, names: Names) -> Line:
    said = f"{post.title}: {post.count}" if post.count else post.title
    said += ", full time" if post.full_time else ""
    if post.employer is None:
        return Line(text=said)
    return names.organisation(post.employer, before=f"{said}, employed by ")


def _funder(funder: Funder, names: Names) -> Line:
    scheme = funder.scheme or ""
    if funder.organisation is None:
        return Line(text=scheme)
    return names.organisation(funder.organisation, before=f"{scheme}: " if scheme else "")


def _related(service: Service, names: Names) -> Iterator[Line]:
    for one in service.related:
        before = f"{RELATIONS[one.kind]} "
        if one.service is None:
            yield Line(text=one.name or "", before=before)
        else:
            href = f"/directory/services/{one.service}"
            yield Line(text=names.services[one.service], href=href, before=before)


def _since(began: str) -> str:
    """Return a year, a month or a day as people write it."""
    year, *rest = began.split("-")
    month = [month_name[int(rest[0])]] if rest else []
    date = [str(int(rest[1]))] if rest[1:] else []
    return " ".join([*date, *month, year])


def _website(address: str | None) -> list[Line]:
    return [Line(text=address, href=address)] if address else []
