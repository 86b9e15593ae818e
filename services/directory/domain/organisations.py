"""An organisation's entry: who it is, by which public identifiers, and in which shape."""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from onward.contracts.directory import OrganisationPublished
from services.directory.domain.checks import invalid, require_mailbox, require_website
from services.directory.domain.facts import Provenance, require_provenance

_ODS = re.compile(r"[A-Z0-9]{1,9}")
_PHONE = re.compile(r"\+?[0-9][0-9 ]{5,19}")
_CHARITY = re.compile(r"(SC|NIC)?[0-9]{6,7}(-[0-9]{1,3})?")


class OrganisationKind(StrEnum):
    """What sort of organisation it is."""

    STATUTORY = "statutory"
    CHARITY = "charity"
    HOUSING_PROVIDER = "housing-provider"
    PRIMARY_CARE_NETWORK = "primary-care-network"
    PRACTICE = "practice"
    COUNCIL = "council"
    CO_OPERATIVE = "co-operative"
    PARTNERSHIP = "partnership"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One organisation as the directory lists it."""

    id: UUID
    name: str
    kind: OrganisationKind
    incorporated: bool = True
    """False for a group that has no legal person yet, such as a co-operative being formed."""
    ods_code: str | None = None
    """Code of the NHS Organisation Data Service: 1 to 9 capital letters and digits."""
    charity_number: str | None = None
    """As its regulator writes it: Scotland with ``SC``, Northern Ireland with ``NIC`` before."""
    summary: str | None = None
    """One or two sentences about it."""
    website: str | None = None
    phone: str | None = None
    """A number for everybody, as its owner writes it."""
    part_of: UUID | None = None
    """The larger organisation it is a part of, such as a team's trust."""
    mailbox: str | None = None
    """A shared mailbox, never a person's own."""
    active: bool = True
    provenance: Provenance = field(default_factory=Provenance)
    version: int = 1

    def checked(self) -> "Organisation":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        if self.ods_code is not None and not _ODS.fullmatch(self.ods_code):
            raise invalid("/ods_code", "An ODS code has 1 to 9 capital letters and digits.")
        if self.charity_number is not None and not _CHARITY.fullmatch(self.charity_number):
            raise invalid(
                "/charity_number", "A charity number has 6 or 7 digits, or starts SC or NIC."
            )
        if self.phone is not None and not _PHONE.fullmatch(self.phone):
            raise invalid("/phone", "Write digits and spaces, with or without a country code.")
        if self.part_of == self.id:
            raise invalid("/part_of", "An organisation is no part of itself.")
        require_mailbox(self.mailbox)
        require_website(self.website)
        require_provenance(self.provenance, self.stated())
        return self

    def stated(self) -> dict[str, bool]:
        """Return which facts the entry states, by the code under which they can be unknown."""
        return {
            "kind": True,
            "identifiers": bool(self.ods_code or self.charity_number),
            "part-of": self.part_of is not None,
            "website": self.website is not None,
            "phone": self.phone is not None,
            "name": False,
        }

    def next_version(self) -> "Organisation":
        """Return it as the version after this one."""
        return replace(self, version=self.version + 1)

    def published(self) -> OrganisationPublished:
        """Return what the other services are told."""
        return OrganisationPublished(
            organisation_id=self.id,
            name=self.name,
            kind=self.kind,
            active=self.active,
            mailbox=self.mailbox,
            phone=self.phone,
        )
