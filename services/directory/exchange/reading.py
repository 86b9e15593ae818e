"""Read every entry of a file: organisations, programmes, services, each once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from onward.errors import FieldError
from services.directory.exchange.documents import Assumed, Document, Read, uuid_of
from services.directory.exchange.files import File, Said
from services.directory.exchange.organisations import OrganisationDocument, ProgrammeDocument
from services.directory.exchange.services import ServiceDocument

_KINDS: Final[Mapping[str, type[Document]]] = {
    one.kind: one for one in (OrganisationDocument, ProgrammeDocument, ServiceDocument)
}


def read_entries(
    file: File, assumed: Assumed, seen: Callable[[], None] = lambda: None
) -> Iterator[Read]:
    """Return what *file* says of each entry; *seen* is called for each.

    An organisation that stands inside of its services is read once; wherever it stands again it has to
    say the same.
    """
    known: dict[tuple[str, str], Said] = {}
    for said in file.entries:
        for one in _with_nested(said):
            key = (one.kind, str(_id_of(one)))
            first = known.setdefault(key, one)
            if first is one or _id_of(one) is None:
                yield _KINDS[one.kind](one, assumed).read()
            elif one is said or not _agrees(one.document, first.document):
                yield _again(one, first)
        seen()


def ids_in(file: File) -> Iterator[UUID]:
    """Return the id of every entry that *file* says something of."""
    for said in file.entries:
        for one in _with_nested(said):
            if id_ := uuid_of(_id_of(one)):
                yield id_


def _with_nested(said: Said) -> Iterator[Said]:
    """Return *said*, after the organisation that stands in it."""
    document = said.document
    if said.kind == "services" and isinstance(document, dict) and "organization" in document:
        pointer = f"{said.pointer}/organization"
        yield Said(kind="organizations", pointer=pointer, document=document["organization"])
    yield said


def _again(said: Said, first: Said) -> Read:
    found = _KINDS[said.kind](said, Assumed()).read()
    detail = f"The file says other things of this at {first.pointer or '/'}: say it once."
    error = FieldError(pointer=said.pointer, detail=detail)
    return replace(found, entry=None, errors=(error,))


def _id_of(said: Said) -> Any:
    return said.document.get("id") if isinstance(said.document, dict) else None


def _agrees(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two documents say the same wherever both say something."""
    return all(one[name] == other[name] for name in one.keys() & other.keys())
