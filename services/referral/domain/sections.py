"""How sensitive each section and field of a pack is: what its loss could do to somebody."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from onward.languages import marked


class Sensitivity(StrEnum):
    """In rising order; whoever reads sees it, and audit is told of the highest that was read."""

    PERSONAL = "personal"
    """Who somebody is and how they live."""
    SPECIAL = "special"
    """Health and what else UK GDPR Article 9 protects; also whatever nobody has classed."""
    RESTRICTED = "restricted"
    """Could put somebody in danger, or is about offences (UK GDPR Article 10)."""

    @property
    def text(self) -> str:
        """What a page calls it."""
        return _TEXTS[self]


_TEXTS: Final = {
    Sensitivity.PERSONAL: marked("Personal"),
    Sensitivity.SPECIAL: marked("Sensitive"),
    Sensitivity.RESTRICTED: marked("Very sensitive"),
}
_RANKED: Final = tuple(Sensitivity)
SECTIONS: Final[Mapping[str, Sensitivity]] = {
    **dict.fromkeys(("identity", "contact", "housing", "work"), Sensitivity.PERSONAL),
    **dict.fromkeys(("benefits", "discharge", "health", "support"), Sensitivity.SPECIAL),
    **dict.fromkeys(("risk", "safeguarding", "offending"), Sensitivity.RESTRICTED),
}
FIELDS: Final[Mapping[str, Sensitivity]] = {
    "identity.nhs_number": Sensitivity.SPECIAL,
    "contact.address": Sensitivity.RESTRICTED,
    "contact.rules": Sensitivity.RESTRICTED,
    "contact.note": Sensitivity.RESTRICTED,
}
"""Fields that differ from their section: where somebody stays, and what to beware of."""


def sensitivity(field: str) -> Sensitivity:
    """Return how sensitive *field* (``section.field``) is."""
    section = field.partition(".")[0]
    return FIELDS.get(field) or SECTIONS.get(section, Sensitivity.SPECIAL)


def highest(fields: Iterable[str]) -> Sensitivity | None:
    """Return the highest sensitivity among *fields*; None where there are none."""
    return max(map(sensitivity, fields), key=_RANKED.index, default=None)
