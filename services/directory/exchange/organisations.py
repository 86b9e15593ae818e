"""How organisations and programmes are told in Open Referral UK."""

from collections.abc import Mapping
from typing import Any, Final

from services.directory.domain.open_referral.writing import CHARITY, CHARITY_ELSE, ODS
from services.directory.domain.organisations import OrganisationKind
from services.directory.exchange.documents import Document
from services.directory.web.entries import organisation_from, programme_from
from services.directory.web.entry_schemas import OrganisationBody, ProgrammeBody

_SCHEMES: Final = {
    ODS[0]: "ods_code",
    CHARITY_ELSE: "charity_number",
    **dict.fromkeys(CHARITY.values(), "charity_number"),
}


KIND: Final = "Say the kind of organisation, or choose one for the file."


class OrganisationDocument(Document):
    """Reads an organisation."""

    kind = "organizations"
    body_schema = OrganisationBody()
    made = staticmethod(organisation_from)

    def tell(self, document: Mapping[str, Any]) -> None:
        """Take what is public of it."""
        self.take(document, "website", "website")
        self.take(document, "parent_organization_id", "part_of")
        for place, one in self.listed(document, "organization_identifiers"):
            self._first(_SCHEMES.get(str(one.get("identifier_scheme"))), one, place, "identifier")
        for place, one in self.listed(document, "phones"):
            self._first("phone", one, place, "number")
        kind = self.assumed.organisation_kind
        self.assume(
            "kind",
            kind,
            OrganisationKind,
            KIND,
        )

    def _first(self, name: str | None, one: Mapping[str, Any], place: str, member: str) -> None:
        """Take *member* of the first that says *name*; the directory holds one of each."""
        if name is None or name in self.body:
            self.left.append(place[1:])
        else:
            self.put(name, one.get(member), f"{place}/{member}")


class ProgrammeDocument(Document):
    """Reads a programme."""

    kind = "programs"
    body_schema = ProgrammeBody()
    made = staticmethod(programme_from)

    def tell(self, document: Mapping[str, Any]) -> None:
        """Take who leads it."""
        self.take(document, "organization_id", "lead")
