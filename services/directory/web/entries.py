"""Turn what was sent into entries: the schemas have read it, nothing is refused here."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from services.directory.domain.facts import (
    Area,
    Course,
    Funder,
    Host,
    Post,
    Provenance,
    Related,
    Site,
)
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Limits, Service, Terms

T = TypeVar("T")
Body = Mapping[str, Any]


def service_from(body: Body, service_id: UUID, version: int) -> Service:
    """Return the service that *body* describes, as the version it was decided on."""
    said = dict(body)
    limits = Limits(**said.pop("limits"))
    courses = _parts(said, "courses", Course)
    return Service(
        id=service_id,
        version=version,
        limits=limits,
        terms=Terms(**said.pop("terms")),
        sites=_parts(said, "sites", Site),
        areas=_areas(said),
        hosts=_parts(said, "hosts", Host),
        posts=_parts(said, "posts", Post),
        funders=_parts(said, "funders", Funder),
        related=_parts(said, "related", Related),
        courses=tuple(course.dated(limits.course_weeks) for course in courses),
        provenance=_provenance(said),
        **_tuples(said),
    )


def programme_from(body: Body, programme_id: UUID, version: int) -> Programme:
    """Return the programme that *body* describes, as the version it was decided on."""
    said = dict(body)
    return Programme(
        id=programme_id,
        version=version,
        funders=_parts(said, "funders", Funder),
        areas=_areas(said),
        provenance=_provenance(said),
        **said,
    )


def organisation_from(body: Body, organisation_id: UUID, version: int) -> Organisation:
    """Return the organisation that *body* describes, as the version it was decided on."""
    said = dict(body)
    provenance = _provenance(said)
    return Organisation(id=organisation_id, version=version, provenance=provenance, **said)


def _parts(said: dict[str, Any], name: str, made: Callable[..., T]) -> tuple[T, ...]:
    return tuple(made(**part) for part in said.pop(name))


def _areas(said: dict[str, Any]) -> tuple[Area, ...]:
    return tuple(Area(**_tuples(area)) for area in said.pop("areas"))


def _provenance(said: dict[str, Any]) -> Provenance:
    return Provenance(**_tuples(said.pop("provenance")))


def _tuples(said: Body) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }
