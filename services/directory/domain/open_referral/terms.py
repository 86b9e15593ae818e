"""The directory's code lists as taxonomies of Open Referral; a code keeps its identifier for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from services.directory.domain.facts import Mode, Need, WayIn
from services.directory.domain.places import CapacityKind

NAMESPACE: Final = UUID("6f3dcb0e-6a57-5c55-9a6c-0d4a4c8f7f10")
"""Chosen once: whatever is named below it is named the same by every copy of this program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """One code list."""

    id: UUID
    field: str
    """The part of a service's entry that holds codes of it."""
    name: str
    description: str
    codes: type[StrEnum]

    def document(self) -> dict[str, Any]:
        """Return it as Open Referral writes a taxonomy."""
        return {"id": self.id, "name": self.name, "description": self.description, "version": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One code of a list."""

    id: UUID
    taxonomy: Taxonomy
    code: StrEnum
    name: str
    description: str

    def document(self) -> dict[str, Any]:
        """Return it as Open Referral writes a taxonomy's term."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "taxonomy": self.taxonomy.name,
            "taxonomy_id": self.taxonomy.id,
            "term": self.code.value,
        }


_LISTS: Final = (
    ("needs", "Needs", "What a service helps with.", Need),
    ("ways_in", "Ways in", "How somebody comes to a service.", WayIn),
    ("modes", "Ways of meeting", "How people and service meet.", Mode),
    ("capacity_kind", "Kinds of capacity", "In which unit a service counts.", CapacityKind),
)
_SAID: Final[Mapping[StrEnum, str]] = {
    Need.HOUSING: "Help to find or to keep a home.",
    Need.BENEFITS: "Help with money and benefits.",
    Need.WELLBEING: "Help to be well and to cope.",
    Need.CRISIS: "Support in a crisis of mental health.",
    Need.COMPANY: "Company and community.",
    Need.WORK: "Help to find work or to learn.",
    Need.SUBSTANCE_USE: "Help with alcohol or drugs.",
    Need.PHYSICAL_HEALTH: "Help with physical health.",
    Need.CREATIVITY: "Arts and creative work.",
    WayIn.REFERRAL: "Somebody else refers the person.",
    WayIn.SELF_REFERRAL: "People refer themselves.",
    WayIn.WALK_IN: "People walk in.",
    WayIn.INVITATION: "People are invited.",
    WayIn.APPLICATION: "People apply.",
    Mode.IN_PERSON: "People meet the service in person.",
    Mode.ONLINE: "People meet the service online.",
    Mode.PHONE: "People talk to the service by phone.",
    Mode.OUTREACH: "The service comes to people.",
    CapacityKind.BED: "It counts beds.",
    CapacityKind.HOME: "It counts homes.",
    CapacityKind.COHORT: "It counts places on courses.",
    CapacityKind.SESSIONS: "It counts one-to-one sessions.",
    CapacityKind.CASELOAD: "It counts people on a worker's caseload.",
    CapacityKind.DROP_IN: "It is open to whoever comes, without a limit.",
}
TAXONOMIES: Final[Mapping[UUID, Taxonomy]] = {
    made.id: made
    for made in (
        Taxonomy(id=uuid5(NAMESPACE, field), field=field, name=name, description=said, codes=codes)
        for field, name, said, codes in _LISTS
    )
}


def _term(taxonomy: Taxonomy, code: StrEnum) -> Term:
    words = code.value.replace("-", " ").replace("_", " ")
    return Term(
        id=uuid5(taxonomy.id, code.value),
        taxonomy=taxonomy,
        code=code,
        name=words[:1].upper() + words[1:],
        description=_SAID.get(code, words),
    )


TERMS: Final[Mapping[UUID, Term]] = {
    made.id: made
    for made in (
        _term(taxonomy, code) for taxonomy in TAXONOMIES.values() for code in taxonomy.codes
    )
}
OF_CODE: Final[Mapping[tuple[str, str], Term]] = {
    (term.taxonomy.field, term.code.value): term for term in TERMS.values()
}
"""Terms by the field of an entry and the code in it."""
