"""An organisation's entry: who it is, by which public identifiers, and in which shape."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from onward.contracts.directory import OrganisationPublished
from services.directory.domain.checks import invalid, require_mailbox

_ODS = re.compile(r"[A-Z0-9]{1,9}")
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
    mailbox: str | None = None
    """A shared mailbox, never a person's own."""
    active: bool = True
    version: int = 1

    def checked(self) -> "Organisation":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        if self.ods_code is not None and not _ODS.fullmatch(self.ods_code):
            raise invalid("/ods_code", "An ODS code has 1 to 9 capital letters and digits.")
        if self.charity_number is not None and not _CHARITY.fullmatch(self.charity_number):
            raise invalid(
                "/charity_number", "A charity number has 6 or 7 digits, or starts SC or NIC."
            )
        require_mailbox(self.mailbox)
        return self

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
        )
