"""Words for codes on the directory's pages."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from services.directory.domain.facts import By, Mode, Need, Relation, WayIn
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import CountedIn

C = TypeVar("C", bound=str)

NEEDS: Final[Mapping[Need, str]] = {
    Need.HOUSING: "A place to live",
    Need.BENEFITS: "Money and benefits",
    Need.WELLBEING: "Wellbeing and coping",
    Need.CRISIS: "Support in a crisis",
    Need.COMPANY: "Company and community",
    Need.WORK: "Work or learning",
    Need.SUBSTANCE_USE: "Alcohol or drugs",
    Need.PHYSICAL_HEALTH: "Physical health",
    Need.CREATIVITY: "Arts and creativity",
}
MODES: Final[Mapping[Mode, str]] = {
    Mode.IN_PERSON: "In person",
    Mode.ONLINE: "Online",
    Mode.PHONE: "By phone",
    Mode.OUTREACH: "Comes to you",
}
WAYS_IN: Final[Mapping[WayIn, str]] = {
    WayIn.REFERRAL: "Somebody refers you",
    WayIn.SELF_REFERRAL: "You can refer yourself",
    WayIn.WALK_IN: "Walk in",
    WayIn.INVITATION: "By invitation",
    WayIn.APPLICATION: "You apply",
}
RELATIONS: Final[Mapping[Relation, str]] = {
    Relation.ALONGSIDE: "Works beside",
    Relation.LEADS_TO: "Leads on to",
    Relation.SIGNPOSTS_TO: "Points people to",
    Relation.SUPPORTS: "Helps people into",
}
KINDS: Final[Mapping[CapacityKind, str]] = {
    CapacityKind.BED: "Beds",
    CapacityKind.HOME: "Homes",
    CapacityKind.COHORT: "Places on courses",
    CapacityKind.SESSIONS: "One-to-one sessions",
    CapacityKind.CASELOAD: "People on a worker's caseload",
    CapacityKind.DROP_IN: "Open to whoever comes",
}
COUNTED_IN: Final[Mapping[CountedIn, str]] = {
    CountedIn.ELAPSED: "Every hour",
    CountedIn.WORKING_HOURS: "The hours in which it is open every week",
}
AREAS: Final[Mapping[By, str]] = {
    By.RESIDENCE: "People who live in {}",
    By.REGISTRATION: "People registered with a GP practice in {}",
}
ORGANISATIONS: Final[Mapping[OrganisationKind, str]] = {
    OrganisationKind.STATUTORY: "Public body",
    OrganisationKind.CHARITY: "Charity",
    OrganisationKind.HOUSING_PROVIDER: "Housing provider",
    OrganisationKind.PRIMARY_CARE_NETWORK: "Primary care network",
    OrganisationKind.PRACTICE: "GP practice",
    OrganisationKind.COUNCIL: "Council",
    OrganisationKind.CO_OPERATIVE: "Co-operative",
    OrganisationKind.PARTNERSHIP: "Partnership",
}
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "cy": "Welsh"}
FACTS: Final[Mapping[str, str]] = {
    "providers": "Who provides it",
    "kind": "What kind it is",
    "size": "How many people it can take",
    "limit": "How much of it one person can have",
    "dates": "When its courses run",
    "needs": "What it helps with",
    "sites": "Where it is",
    "areas": "Which area it is for",
    "eligibility": "Whom it takes",
    "opening": "When it is open",
    "modes": "Whether it is in person or online",
    "ways-in": "How people come to it",
    "languages": "Which languages are spoken",
    "hosts": "Where its workers sit",
    "posts": "Who works there",
    "funders": "Who pays for it",
    "began": "When it began",
    "website": "Its website",
    "phone": "Its phone number",
    "identifiers": "Its public numbers",
    "part-of": "What it is part of",
    "name": "Its real name",
}
"""Facts that an entry can leave open, by the code under which it does."""


def listed(codes: Sequence[C], words: Mapping[C, str]) -> tuple[str, ...]:
    """Return the words for *codes*; a code without words stands for itself."""
    return tuple(words.get(code, code) for code in codes)
