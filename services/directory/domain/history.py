"""The history of an entry: every version of it, who made it, when, and what it changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from onward.errors import ConflictError
from onward.identity import Role
from services.directory.domain.agreements import Agreement
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.domain.snapshots import written

Entry = Organisation | Programme | Service | Agreement
_OWN = frozenset({"id", "version", "counted"})
_PARTED = frozenset({"limits", "terms", "provenance"})
"""Facts whose parts are told one by one."""


class Kind(StrEnum):
    """What an entry is of."""

    ORGANISATION = "organisation"
    PROGRAMME = "programme"
    SERVICE = "service"
    AGREEMENT = "agreement"

    @property
    def made(self) -> type[Entry]:
        """The dataclass of such an entry."""
        return _MADE[self]

    @classmethod
    def of(cls, entry: Entry) -> "Kind":
        """Return what *entry* is of."""
        return next(kind for kind, made in _MADE.items() if isinstance(entry, made))


_MADE: Mapping[Kind, type[Entry]] = {
    Kind.ORGANISATION: Organisation,
    Kind.PROGRAMME: Programme,
    Kind.SERVICE: Service,
    Kind.AGREEMENT: Agreement,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one version came about. Whoever made it is told by role and organisation, not by name."""

    version: int
    at: datetime | None = None
    """None for a version that is older than what the directory remembers."""
    role: Role | None = None
    organisation: UUID | None = None
    restores: int | None = None
    """The earlier version whose facts it put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact that a version changed."""

    pointer: str
    """JSON Pointer into the entry as the API writes it."""
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an entry."""

    change: Change
    entry: Entry
    before: Entry | None
    """The version before it; None for the first one that is known."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it changed."""
        return () if self.before is None else tuple(changed_facts(self.before, self.entry))


def changed_facts(before: Entry, after: Entry) -> Iterator[Fact]:
    """Yield every fact that differs, in the order in which entries state them."""
    old, new = written(before), written(after)
    for name in new:
        if name in _PARTED:
            yield from _differing(old[name], new[name], f"/{name}/")
        elif name not in _OWN:
            yield from _differing({name: old[name]}, {name: new[name]}, "/")


def require_earlier(version: int, current: int) -> None:
    """Raise `ConflictError` ``not-an-earlier-version`` unless *version* came before *current*."""
    if version >= current:
        raise ConflictError(
            "not-an-earlier-version",
            "Only an earlier version can be put back: name one before the current.",
        )


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], under: str) -> Iterator[Fact]:
    for name, after in new.items():
        if old[name] != after:
            yield Fact(pointer=under + name, before=old[name], after=after)
