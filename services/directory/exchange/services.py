"""How services are told in Open Referral UK."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from onward.errors import InvalidError
from services.directory.domain.open_referral import TERMS
from services.directory.domain.open_referral.writing import AREAS, STATUSES
from services.directory.domain.places import CapacityKind
from services.directory.exchange import hours
from services.directory.exchange.documents import Document, object_of, uuid_of
from services.directory.web.entries import service_from
from services.directory.web.entry_schemas import ServiceBody

_STATUSES: Final = {said: status.value for status, said in STATUSES.items()}
_GSS: Final = re.compile(r"[EWSN][0-9]{8}")
_NAMED: Final = {"english": "en", "welsh": "cy", "cymraeg": "cy"}
_UNKNOWN: Final = (
    *("needs", "sites", "areas", "eligibility", "opening", "modes", "ways_in", "languages"),
)
"""Facts that a document of others is asked for: what it does not say is listed as not stated."""
_AGES: Final = {"minimum_age": "at_least", "maximum_age": "at_most"}
KIND: Final = "Say in which unit it counts, or choose one for the file."
LONGEST: Final = 300
"""Characters of a sentence in our own documents."""


class ServiceDocument(Document):
    """Reads a service."""

    kind = "services"
    body_schema = ServiceBody()
    made = staticmethod(service_from)

    def tell(self, document: Mapping[str, Any]) -> None:
        """Take everything that a service's document says."""
        self.take(document, "url", "website")
        self.take(document, "program_id", "programme")
        self._status(document)
        self._keepers(document)
        self._codes(document)
        self._sites(document)
        self._areas(document)
        self._languages(document)
        self._funders(document)
        self._rules(document)
        self._opening(document)

    def complete(self) -> None:
        """List what is not stated; a service for areas of Wales alone is a Welsh one."""
        unstated = [name.replace("_", "-") for name in _UNKNOWN if not self.body.get(name)]
        self.body.setdefault("provenance", {})["unstated"] = unstated
        codes = [area["code"] for area in self.body.get("areas", ()) if "code" in area]
        if codes and all(code.startswith("W") for code in codes):
            self.body["nation"] = "wales"

    def _status(self, document: Mapping[str, Any]) -> None:
        status = document.get("status")
        if isinstance(status, str) and status in _STATUSES:
            self.put("status", _STATUSES[status], "/status")
        else:
            self.wrong("/status", f"Use one of: {', '.join(_STATUSES)}.")

    def _keepers(self, document: Mapping[str, Any]) -> None:
        """Take who provides it: the organisation, unless our own members say more."""
        nested = document.get("organization")
        place, said = "/organization_id", document.get("organization_id")
        if isinstance(nested, dict):
            place, said = "/organization/id", nested.get("id")
        if said is not None:
            self.body.setdefault("recipient", said)
            self.body.setdefault("providers", [said])
            self.places |= {"/recipient": place, "/providers/0": place}
        elif "recipient" not in self.body:
            self.wrong("", "Say which organization provides it.")

    def _codes(self, document: Mapping[str, Any]) -> None:
        """Take the codes of our own taxonomies."""
        for place, one in self.listed(document, "attributes"):
            nested = one.get("taxonomy_term")
            said = nested.get("id") if isinstance(nested, dict) else one.get("taxonomy_term_id")
            id_ = uuid_of(said)
            term = TERMS.get(id_) if id_ else None
            if term is None:
                self.left.append(place[1:])
            elif term.taxonomy.field == "capacity_kind":
                self.put("capacity_kind", term.code.value, place)
            else:
                field_ = term.taxonomy.field
                self.places[f"/{field_}/{len(self.body.setdefault(field_, []))}"] = place
                self.body[field_].append(term.code.value)
        kind = self.assumed.service_kind
        self.assume(
            "capacity_kind",
            kind,
            CapacityKind,
            KIND,
        )

    def _sites(self, document: Mapping[str, Any]) -> None:
        found: list[Any] = []
        for place, one in self.listed(document, "service_at_locations"):
            location = one.get("location")
            if not isinstance(location, dict):
                self.wrong(f"{place}/location", "Give an object here.")
            elif location.get("location_type") == "physical":
                self.places |= _site_places(f"/sites/{len(found)}", f"{place}/location")
                found.append(_site(location))
            else:
                self.left.append(place[1:])
        if "service_at_locations" in document:
            self.body["sites"] = found

    def _areas(self, document: Mapping[str, Any]) -> None:
        found: list[Any] = []
        for place, one in self.listed(document, "service_areas"):
            here = f"/areas/{len(found)}"
            self.places |= {here: f"{place}/onward", f"{here}/name": f"{place}/name"}
            self.places[f"{here}/code"] = f"{place}/uri"
            code = str(one.get("uri") or "").rpartition("/")[2]
            name = one.get("name") or one.get("service_area")
            known = {"name": name} | ({"code": code} if _GSS.fullmatch(code) else {})
            if one.get("uri") and not str(one["uri"]).startswith(AREAS):
                self.left.append(f"{place[1:]}/uri")
                known.pop("code", None)
            found.append({**object_of(one.get("onward")), **known})
        if "service_areas" in document:
            self.body["areas"] = found

    def _languages(self, document: Mapping[str, Any]) -> None:
        found: list[Any] = []
        for place, one in self.listed(document, "languages"):
            code = one.get("code") or _NAMED.get(str(one.get("name")).lower())
            if code:
                self.places[f"/languages/{len(found)}"] = f"{place}/code"
                found.append(code)
            else:
                self.left.append(place[1:])
        if "languages" in document:
            self.body["languages"] = found

    def _funders(self, document: Mapping[str, Any]) -> None:
        found: list[Any] = []
        for place, one in self.listed(document, "funding"):
            self.places[f"/funders/{len(found)}"] = f"{place}/onward"
            said = {"scheme": one.get("source")}
            if "onward" in one:
                said = object_of(one["onward"])
            else:
                self.places[f"/funders/{len(found)}/scheme"] = f"{place}/source"
            found.append(said)
        if "funding" in document:
            self.body["funders"] = found

    def _rules(self, document: Mapping[str, Any]) -> None:
        """Take whom it takes: our own document, or the ages and the sentence of the standard."""
        for member in _AGES:
            if document.get(member) is not None and not _is_whole(document[member]):
                self.wrong(f"/{member}", "Use a whole number of years.")
                return
        if "eligibility" in self.body:
            self._require_ages(document)
            return
        parts = list(self._ages(document))
        said = document.get("eligibility_description")
        if isinstance(said, str) and 0 < len(said.strip()) <= LONGEST:
            self.places[f"/eligibility/rule/all/{len(parts)}"] = "/eligibility_description"
            parts.append({"discretion": said})
        elif said:
            self.left.append("eligibility_description")
        if parts:
            self.body["eligibility"] = {"rule": {"all": parts}}

    def _ages(self, document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for number, (name, operator) in enumerate(_AGES.items()):
            if document.get(name) is not None:
                self.places[f"/eligibility/rule/all/{number}"] = f"/{name}"
                yield {"fact": "age", operator: int(document[name])}

    def _require_ages(self, document: Mapping[str, Any]) -> None:
        """Refuse ages that are not those of our own document: one of the two was forgotten."""
        try:
            found = hours.ages_of(self.body["eligibility"])
        except InvalidError:
            return  # the entry itself will say so
        for member, age in zip(_AGES, found, strict=True):
            if member in document and document[member] != age:
                self.wrong(
                    f"/{member}",
                    "This is not what onward/eligibility says: change both, or leave this out.",
                )

    def _opening(self, document: Mapping[str, Any]) -> None:
        """Take when it is open: our own document, or the standard's schedules."""
        schedules = list(self.listed(document, "schedules"))
        if "opening" in self.body:
            if schedules and not hours.agree([one for _, one in schedules], self.body["opening"]):
                self.wrong(
                    "/schedules",
                    "These are not the hours of onward/opening: change both, or leave these out.",
                )
            return
        found = hours.read(schedules)
        self.places |= found.places
        self.left += found.left_out
        if found.document:
            self.body["opening"] = found.document


def _site(location: Mapping[str, Any]) -> dict[str, Any]:
    addresses = location.get("addresses")
    address = object_of(addresses[0]) if isinstance(addresses, list) and addresses else {}
    said = {
        "name": location.get("name") or address.get("address_1"),
        "locality": address.get("city"),
        "postcode": address.get("postal_code") or None,
        "latitude": location.get("latitude"),
        "longitude": location.get("longitude"),
    }
    if said["latitude"] is not None:
        said["position"] = "site"
    return {**said, **object_of(location.get("onward"))}


def _site_places(here: str, place: str) -> dict[str, str]:
    address = f"{place}/addresses/0"
    return {
        here: place,
        f"{here}/locality": f"{address}/city",
        f"{here}/postcode": f"{address}/postal_code",
        f"{here}/position": place,
    }


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
