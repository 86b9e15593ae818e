"""Read one document of Open Referral UK as an entry; every mistake is named by its place in the file.

Our own documents say what the standard has no word for under ``onward``. Others do not say everything that an
entry needs: of which kind it is, somebody decides for the whole file, and the entry lists that as concluded.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import UUID

from marshmallow import Schema, ValidationError

from onward.errors import FieldError, InvalidError
from onward.web.blueprints import invalid
from services.directory.domain.documents import Reading
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.exchange.files import Said

Entry = Organisation | Programme | Service
UNDERSTOOD: Final = frozenset(
    {
        *("id", "name", "description", "url", "website", "email", "status", "last_modified"),
        *("minimum_age", "maximum_age", "eligibility_description", "schedules", "onward"),
        *("program_id", "organization", "organization_id", "parent_organization_id", "phones"),
        *("organization_identifiers", "service_areas", "service_at_locations", "languages"),
        *("funding", "attributes"),
    }
)
"""Members that are read; what others say is left out, and named in the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What somebody decides for a whole file, for entries that do not say it."""

    organisation_kind: OrganisationKind | None = None
    service_kind: CapacityKind | None = None
    listed: frozenset[UUID] = frozenset()
    """Entries that the directory has already: what they do not say here is known of them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One entry as it was read, or what is wrong with it."""

    kind: str
    pointer: str
    id: UUID | None = None
    name: str | None = None
    entry: Entry | None = None
    """None where something is wrong."""
    says: frozenset[str] | None = None
    """Fields of the entry that the document says; None for a document of our own, which says all."""
    errors: tuple[FieldError, ...] = ()
    """By JSON Pointer into the whole file."""
    left_out: tuple[str, ...] = ()
    """Members whose facts the directory cannot hold."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Where the document says what the entry says, by pointer."""

    def located(self, errors: tuple[FieldError, ...], detail: str) -> tuple[FieldError, ...]:
        """Return *errors* about the entry by their place in the file; *detail* where there are none."""
        if not errors:
            return (FieldError(pointer=self.pointer, detail=detail),)
        return tuple(
            FieldError(pointer=self.pointer + place(self.places, e.pointer), detail=e.detail)
            for e in errors
        )


def place(places: Mapping[str, str], pointer: str) -> str:
    """Return where a document says what stands at *pointer* of the entry."""
    parts = pointer.split("/")
    for end in range(len(parts), 0, -1):
        begins = "/".join(parts[:end])
        if begins in places:
            return "/".join([places[begins], *parts[end:]])
    return pointer


class Document(Reading):
    """Reads one document; subclasses say how each kind of entry is told."""

    kind: ClassVar[str]
    body_schema: ClassVar[Schema]
    made: ClassVar[Callable[..., Entry]]

    def __init__(self, said: Said, assumed: Assumed) -> None:
        """Read *said*."""
        super().__init__(said.pointer)
        self.said = said
        self.assumed = assumed
        self.body: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        self.left: list[str] = []
        self.assumptions: set[str] = set()
        self.said_id: UUID | None = None

    def read(self) -> Read:
        """Return what was read."""
        document = self.said.document
        if not isinstance(document, dict):
            self.wrong("", "Give an object here.")
            return self._result(None, {})
        self.said_id = id_ = self.identifier(document)
        self._onward(document)
        for member, name in (("name", "name"), ("description", "summary"), ("email", "mailbox")):
            self.take(document, member, name)
        self.tell(document)
        self.left += sorted(document.keys() - UNDERSTOOD)
        says = frozenset(self.body) - self.assumptions
        if "onward" not in document:
            self.complete()
        entry = self._entry(id_) if id_ else None
        return self._result(entry, document, None if "onward" in document else says)

    def tell(self, document: Mapping[str, Any]) -> None:
        """Take what documents of this kind say beside name, description and mailbox."""
        raise NotImplementedError

    def complete(self) -> None:
        """Add what an entry has to say, and a document of others does not."""

    def put(self, name: str, value: Any, place: str) -> None:
        """Let the entry's field *name* be *value*, which the document says at *place*."""
        self.body[name] = value
        self.places[f"/{name}"] = place

    def take(self, document: Mapping[str, Any], member: str, name: str) -> None:
        """Take the text of *member*; an empty one says nothing."""
        said = document.get(member)
        if said is not None and said != "":
            self.body[name] = said
        self.places.setdefault(f"/{name}", f"/{member}")

    def listed(
        self, document: Mapping[str, Any], member: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return the objects of the list *member*, each with where it stands."""
        found = document.get(member) or []
        if not isinstance(found, list):
            self.wrong(f"/{member}", "Give a list here.")
            return
        for number, one in enumerate(found):
            if isinstance(one, dict):
                yield f"/{member}/{number}", one
            else:
                self.wrong(f"/{member}/{number}", "Give an object here.")

    def identifier(self, document: Mapping[str, Any]) -> UUID | None:
        """Return the entry's id."""
        found = uuid_of(document.get("id"))
        if found is None:
            self.wrong("/id", "Give the id as a UUID.")
        return found

    def assume(self, name: str, value: str | None, choices: type[StrEnum], otherwise: str) -> None:
        """Let the field *name* be what somebody decided for the whole file, if nothing says it."""
        if name in self.body:
            return
        self.places[f"/{name}"] = ""
        if value is None and self.said_id not in self.assumed.listed:
            self.wrong("", otherwise)
            return
        self.body[name] = (
            value or next(iter(choices)).value
        )  # an entry that is there keeps its own
        self.assumptions |= {name, "provenance"}
        provenance = self.body.setdefault("provenance", {})
        if isinstance(provenance, dict):
            provenance.setdefault("inferred", []).append("kind")

    def _onward(self, document: Mapping[str, Any]) -> None:
        said = document.get("onward", {})
        if not isinstance(said, dict):
            self.wrong("/onward", "Give an object here.")
            return
        for name, value in said.items():
            self.put(name, value, f"/onward/{name}")

    def _entry(self, id_: UUID) -> Entry | None:
        try:
            entry = type(self).made(self.body_schema.load(self.body), id_, 1)
            return entry.checked()
        except ValidationError as error:
            found = invalid(error).errors
        except InvalidError as error:
            found = error.errors
        known = {error.pointer for error in self.errors}
        for one in found:
            where = place(self.places, one.pointer)
            if self.said.pointer + where not in known:
                self.wrong(where, one.detail)
        return None

    def _result(
        self,
        entry: Entry | None,
        document: Mapping[str, Any],
        says: frozenset[str] | None = None,
    ) -> Read:
        name = document.get("name")
        return Read(
            kind=self.kind,
            pointer=self.said.pointer,
            id=uuid_of(document.get("id")),
            name=name[:200] if isinstance(name, str) else None,
            entry=None if self.errors else entry,
            says=says,
            errors=self.errors,
            left_out=tuple(self.left),
            places=self.places,
        )


def uuid_of(said: Any) -> UUID | None:
    """Return the UUID that *said* is, or None."""
    try:
        return UUID(said)
    except (ValueError, AttributeError, TypeError):
        return None


def object_of(said: Any) -> dict[str, Any]:
    """Return the object that *said* is; an empty one for anything else."""
    return dict(said) if isinstance(said, Mapping) else {}
