"""Write entries as Open Referral UK 3.0: whole, or in brief as lists show them.

What is not known is left out. The standard asks for some texts that nobody may have stated (an
organisation's description, an address's first line): they are empty then.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from typing import Any, Final
from uuid import UUID, uuid5

from services.directory.domain import eligibility, opening
from services.directory.domain.eligibility.rules import AllOf, Comparison, Eligibility, Operator
from services.directory.domain.facts import Area, Funder, Position, Site
from services.directory.domain.open_referral.schedules import schedules
from services.directory.domain.open_referral.terms import NAMESPACE, OF_CODE, Term
from services.directory.domain.organisations import Organisation
from services.directory.domain.services import Service, ServiceStatus

Document = dict[str, Any]
STATUSES: Final[Mapping[ServiceStatus, str]] = {
    ServiceStatus.PLANNED: "inactive",
    ServiceStatus.ACTIVE: "active",
    ServiceStatus.PAUSED: "temporarily closed",
    ServiceStatus.CLOSED: "defunct",
}
AREAS: Final = "http://statistics.data.gov.uk/id/statistical-geography/"
"""Where the Office for National Statistics names an area by its GSS code."""
ODS: Final = ("GB-NHS", "ODS code")
"""Scheme (org-id.guide) and type of an identifier."""
CHARITY: Final = {"SC": "GB-SC", "NIC": "GB-NIC"}
"""Schemes of charities' numbers by how they begin; all others are of England and Wales."""
CHARITY_ELSE: Final = "GB-CHC"
CHARITY_TYPE: Final = "Charity number"
MIDDLE: Final = "Latitude and longitude are those of the middle of the town."
_LEAST: Final = {Operator.AT_LEAST: 0, Operator.OVER: 1, Operator.IS: 0}
_MOST: Final = {Operator.AT_MOST: 0, Operator.UNDER: -1, Operator.IS: 0}
_LISTS: Final = frozenset(
    {
        "schedules",
        "service_areas",
        "service_at_locations",
        "languages",
        "funding",
        "attributes",
        "organization_identifiers",
        "phones",
        "addresses",
    }
)
"""What lists of entries leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a service's entry leads to."""

    organisations: Mapping[UUID, Organisation]
    """Who answers for it; by id, as are the names of who else it names."""
    names: Mapping[UUID, str]
    eligibility: Eligibility | None = None
    """Its own, or its programme's."""
    changed_at: datetime | None = None
    mailboxes: bool = False
    """Whether mailboxes are told: not to the public."""


def write_service(service: Service, named: Named) -> Document:
    """Return the whole entry, fully nested."""
    document = _service(service, named)
    document["schedules"] = _numbered(service, "schedule", _schedules(service))
    document["service_areas"] = _numbered(service, "area", map(_area, service.areas))
    document["service_at_locations"] = [
        {"id": location_id(service.id, site), "location": _location(site)}
        for site in service.sites
    ]
    document["languages"] = _numbered(
        service, "language", ({"code": code} for code in service.languages)
    )
    document["funding"] = _numbered(service, "funding", _funding(service.funders, named.names))
    document["attributes"] = [_attribute(service.id, term) for term in terms_of(service)]
    return _stated(document)


def write_service_at_location(service: Service, site: Site, named: Named) -> Document:
    """Return one place of a service, with both whole."""
    whole = write_service(service, named)
    whole.pop("service_at_locations", None)
    return {
        "id": location_id(service.id, site),
        "location": _location(site),
        "service": whole,
    }


def write_organisation(organisation: Organisation, *, mailbox: bool = False) -> Document:
    """Return an organisation's entry."""
    document: Document = {
        "id": organisation.id,
        "name": organisation.name,
        "description": organisation.summary or "",
        "email": organisation.mailbox if mailbox else None,
        "website": organisation.website,
        "parent_organization_id": organisation.part_of,
        "organization_identifiers": [
            {"id": uuid5(organisation.id, scheme), **_identifier(scheme, type_, number)}
            for scheme, type_, number in _identifiers(organisation)
        ],
    }
    if organisation.phone:
        phone = {"id": uuid5(organisation.id, "phone"), "number": organisation.phone}
        document["phones"] = [phone]
    return _stated(document)


def in_brief(document: Document) -> Document:
    """Return *document* as lists show it: no lists in it, at any depth."""
    return {
        name: in_brief(value) if isinstance(value, dict) else value
        for name, value in document.items()
        if name not in _LISTS
    }


def location_id(service_id: UUID, site: Site) -> UUID:
    """Return the identifier of a service's *site*; `storage.open_referral` finds it in SQL."""
    said = "/".join((service_id.hex, site.name, site.locality, site.postcode or ""))
    digits = md5(said.encode(), usedforsecurity=False).hexdigest()
    return UUID(f"{digits[:12]}3{digits[13:16]}8{digits[17:]}")  # as version 3, which MD5 makes


def terms_of(service: Service) -> Iterator[Term]:
    """Return every code of the entry that a taxonomy holds."""
    yield OF_CODE["capacity_kind", service.capacity_kind]
    for field in ("needs", "ways_in", "modes"):
        for code in getattr(service, field):
            yield OF_CODE[field, code]


def ages(found: Eligibility) -> tuple[int | None, int | None]:
    """Return the least and the greatest age that a rule for everybody names, in whole years."""
    rule = found.rule
    parts = rule.parts if isinstance(rule, AllOf) else (rule,)
    named = [one for one in parts if isinstance(one, Comparison) and one.fact.name == "age"]
    least = [_year(one, _LEAST[one.operator]) for one in named if one.operator in _LEAST]
    most = [_year(one, _MOST[one.operator]) for one in named if one.operator in _MOST]
    return max(least, default=None), min(most, default=None)


def _year(rule: Comparison, more: int) -> int:
    return int(str(rule.operand)) + more


def _service(service: Service, named: Named) -> Document:
    organisation = named.organisations.get(service.recipient) if service.providers else None
    found = named.eligibility
    least, most = ages(found) if found else (None, None)
    return {
        "id": service.id,
        "name": service.name,
        "description": service.summary,
        "url": service.website,
        "email": service.mailbox if named.mailboxes else None,
        "status": STATUSES[service.status],
        "minimum_age": least,
        "maximum_age": most,
        "eligibility_description": "; ".join(eligibility.in_words(found)) if found else None,
        "last_modified": named.changed_at and named.changed_at.isoformat(),
        "program_id": service.programme,
        "organization": organisation and write_organisation(organisation, mailbox=named.mailboxes),
    }


def _schedules(service: Service) -> Iterator[Document]:
    return schedules(opening.read(service.opening)) if service.opening else iter(())


def _area(area: Area) -> Document:
    uri = f"{AREAS}{area.code}" if area.code else None
    return {"name": area.name, "uri": uri}


def _location(site: Site) -> Document:
    place = uuid5(NAMESPACE, f"{site.name}/{site.locality}/{site.postcode}")
    address = {
        "id": uuid5(place, "address"),
        "address_1": "",
        "city": site.locality,
        "state_province": "",
        "postal_code": site.postcode or "",
        "country": "GB",
        "address_type": "physical",
    }
    return _stated(
        {
            "id": place,
            "location_type": "physical",
            "name": site.name,
            "description": MIDDLE if site.position is Position.LOCALITY else None,
            "latitude": site.latitude,
            "longitude": site.longitude,
            "addresses": [address],
        }
    )


def _funding(funders: Sequence[Funder], names: Mapping[UUID, str]) -> Iterator[Document]:
    for one in funders:
        payer = names.get(one.organisation) if one.organisation else None
        yield {"source": ": ".join(part for part in (payer, one.scheme) if part)}


def _attribute(service_id: UUID, term: Term) -> Document:
    return {
        "id": uuid5(service_id, f"attribute/{term.id}"),
        "link_id": service_id,
        "taxonomy_term_id": term.id,
        "link_type": "service",
        "taxonomy_term": term.document(),
    }


def _identifiers(organisation: Organisation) -> Iterator[tuple[str, str, str]]:
    if organisation.ods_code:
        yield (*ODS, organisation.ods_code)
    if number := organisation.charity_number:
        begins = number.rstrip("0123456789-")
        yield CHARITY.get(begins, CHARITY_ELSE), CHARITY_TYPE, number


def _identifier(scheme: str, type_: str, number: str) -> Document:
    return {"identifier_scheme": scheme, "identifier_type": type_, "identifier": number}


def _numbered(service: Service, kind: str, parts: Iterator[Document]) -> list[Document]:
    return [
        _stated({"id": uuid5(service.id, f"{kind}/{number}"), **part})
        for number, part in enumerate(parts, start=1)
    ]


def _stated(document: Document) -> Document:
    """Return *document* without what is not known."""
    return {name: value for name, value in document.items() if value is not None and value != []}
