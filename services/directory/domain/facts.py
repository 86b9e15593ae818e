"""The parts of an entry: where a service is, whom it is for, who works there, who pays, what is not known."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.directory.domain.checks import invalid

_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}")
_OUTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_GSS = re.compile(r"[EWSN][0-9]{8}")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


class Need(StrEnum):
    """What somebody may want help with; referrals use the same codes."""

    HOUSING = "housing"
    BENEFITS = "benefits"
    WELLBEING = "wellbeing"
    CRISIS = "crisis"
    COMPANY = "company"
    WORK = "work"
    SUBSTANCE_USE = "substance-use"
    PHYSICAL_HEALTH = "physical-health"
    CREATIVITY = "creativity"


class Mode(StrEnum):
    """How people and service meet."""

    IN_PERSON = "in-person"
    ONLINE = "online"
    PHONE = "phone"
    OUTREACH = "outreach"


class WayIn(StrEnum):
    """How somebody comes to a service."""

    REFERRAL = "referral"
    SELF_REFERRAL = "self-referral"
    WALK_IN = "walk-in"
    INVITATION = "invitation"
    APPLICATION = "application"


class Position(StrEnum):
    """What a site's latitude and longitude are those of."""

    SITE = "site"
    LOCALITY = "locality"


class By(StrEnum):
    """What ties a person to an area."""

    RESIDENCE = "residence"
    REGISTRATION = "registration"
    """Being registered with a GP practice there."""


class Relation(StrEnum):
    """How one service stands to another."""

    ALONGSIDE = "alongside"
    LEADS_TO = "leads-to"
    SIGNPOSTS_TO = "signposts-to"
    SUPPORTS = "supports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a service is found. An address that must stay secret is not written here."""

    name: str
    locality: str
    """Town or district."""
    postcode: str | None = None
    latitude: float | None = None
    """Degrees north (WGS 84)."""
    longitude: float | None = None
    """Degrees east (WGS 84): west of Greenwich is negative."""
    position: Position | None = None
    """Whether they are the door's own, or only the middle of the town; None without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the country whose people a service is for."""

    name: str
    by: By = By.RESIDENCE
    code: str | None = None
    """Code of the Office for National Statistics (GSS), where the area is one of theirs."""
    outcodes: tuple[str, ...] = ()
    """First halves of the postcodes that lie in it, wholly or in part; empty where not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where a service's workers sit, when that is another organisation's team or building."""

    name: str
    organisation: UUID | None = None
    """None where the directory does not list it."""
    count: int | None = None
    """How many such places there are, where it is more than one and known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Work that somebody is employed to do in a service."""

    title: str
    count: int | None = None
    """How many people do it; None where not known."""
    full_time: bool | None = None
    employer: UUID | None = None
    """None where it is not known, or is the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Funder:
    """Who pays, under which scheme; at least one of the two is known."""

    organisation: UUID | None = None
    scheme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another service that goes with this one: one of the directory's, or one known by name only."""

    kind: Relation
    service: UUID | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One run of a course; dates that are not known are None."""

    label: str
    starts_on: date | None = None
    ends_on: date | None = None
    places: int | None = None
    note: str | None = None

    def dated(self, weeks: int | None) -> "Course":
        """Return it with its end filled in, where the start and the length in *weeks* are known."""
        if self.ends_on or not self.starts_on or not weeks:
            return self
        return replace(self, ends_on=self.starts_on + timedelta(weeks=weeks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How well an entry is known: where from, which facts nobody states, which were concluded."""

    source: str | None = None
    """Who published the facts, and where."""
    unstated: tuple[str, ...] = ()
    """Facts that the source does not state, by code."""
    inferred: tuple[str, ...] = ()
    """Facts that the source implies without stating them, by code."""


def require_sites(sites: Sequence[Site]) -> None:
    """Raise `InvalidError` unless postcodes are postcodes and positions are whole, and in reach."""
    for number, site in enumerate(sites):
        here = f"/sites/{number}"
        if site.postcode is not None and not _POSTCODE.fullmatch(site.postcode):
            raise invalid(f"{here}/postcode", "Write a whole postcode, such as OX3 9DU.")
        _require_position(here, site)


def _require_position(here: str, site: Site) -> None:
    given = [part is not None for part in (site.latitude, site.longitude, site.position)]
    if any(given) and not all(given):
        raise invalid(
            f"{here}/position",
            "Give latitude, longitude and what they are of (site or locality), or none of them.",
        )


def require_areas(areas: Sequence[Area]) -> None:
    """Raise `InvalidError` unless codes are GSS codes and outcodes first halves of postcodes."""
    for number, area in enumerate(areas):
        if area.code is not None and not _GSS.fullmatch(area.code):
            raise invalid(f"/areas/{number}/code", "Write a GSS code, such as E07000178.")
        for place, outcode in enumerate(area.outcodes):
            if not is_outcode(outcode):
                raise invalid(
                    f"/areas/{number}/outcodes/{place}",
                    "Write the first half of a postcode in capitals, such as OX4.",
                )


def require_related(related: Sequence[Related]) -> None:
    """Raise `InvalidError` unless each is one listed service, or one name."""
    for number, one in enumerate(related):
        if (one.service is None) == (one.name is None):
            raise invalid(f"/related/{number}", "Give either service or name.")


def require_funders(funders: Sequence[Funder]) -> None:
    """Raise `InvalidError` for a funder of whom nothing is said."""
    for number, one in enumerate(funders):
        if one.organisation is None and one.scheme is None:
            raise invalid(f"/funders/{number}", "Give the organisation, the scheme, or both.")


def require_began(began: str | None) -> None:
    """Raise `InvalidError` unless *began* is a year, a month or a day."""
    if began is not None and not _PARTIAL_DATE.fullmatch(began):
        raise invalid("/began", "Write a year, a month or a day: 2019, 2019-11 or 2019-11-01.")


def require_provenance(provenance: Provenance, stated: Mapping[str, bool]) -> None:
    """Raise `InvalidError` unless every fact named is one of *stated*, and no unstated one is stated."""
    for list_, facts in (("unstated", provenance.unstated), ("inferred", provenance.inferred)):
        for number, fact in enumerate(facts):
            if fact not in stated:
                known = ", ".join(sorted(stated))
                raise invalid(f"/provenance/{list_}/{number}", f"Use one of: {known}.")
    for number, fact in enumerate(provenance.unstated):
        if stated[fact]:
            raise invalid(
                f"/provenance/unstated/{number}",
                f"The entry states this ({fact}): take it off the list, or take the fact out.",
            )


def is_outcode(text: str) -> bool:
    """Tell whether *text* is the first half of a postcode, in capitals."""
    return _OUTCODE.fullmatch(text) is not None


def named_organisations(
    hosts: Sequence[Host] = (), posts: Sequence[Post] = (), funders: Sequence[Funder] = ()
) -> dict[str, UUID]:
    """Return every organisation these name, by the pointer at which they name it."""
    found = {f"/hosts/{n}/organisation": one.organisation for n, one in enumerate(hosts)}
    found |= {f"/posts/{n}/employer": one.employer for n, one in enumerate(posts)}
    found |= {f"/funders/{n}/organisation": one.organisation for n, one in enumerate(funders)}
    return {pointer: id_ for pointer, id_ in found.items() if id_ is not None}
