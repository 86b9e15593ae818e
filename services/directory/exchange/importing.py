"""Put what was read from a file into the directory, by the rules of editing, and told as editing is.

Work is done in portions, a transaction each, so that a long import keeps nobody waiting and can be taken up
again where it was cut off. Doing it twice changes nothing the second time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from onward.database import ContendedError, UnitOfWork
from onward.errors import FieldError, Refused
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.exchange.documents import Entry, Read
from services.directory.exchange.files import File
from services.directory.exchange.reading import ids_in
from services.directory.handlers import entries, many
from services.directory.storage.store import Store

PORTION: Final = 250
"""Entries of one transaction."""
TRIES: Final = 3
Transactions = Callable[[], AbstractContextManager[UnitOfWork[Store]]]


class Result(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one entry of a file."""

    number: int
    """Its place among the entries that were read, from 0."""
    read: Read
    result: Result
    changed: tuple[str, ...] = ()
    """Fields that are different now."""
    errors: tuple[FieldError, ...] = ()
    """Why it was refused, by JSON Pointer into the file."""


Numbered = tuple[int, Read]
E = TypeVar("E", bound=Entry)
Keep = Callable[[UnitOfWork[Store], Sequence[Outcome]], None]


def import_entries(
    transactions: Transactions,
    reads: Sequence[Read],
    keep: Keep,
    *,
    done: frozenset[int] = frozenset(),
) -> None:
    """Put *reads* into the directory; *keep* is given the outcomes of each portion in its transaction.

    *done* are the numbers of entries that were dealt with before.
    """
    left = [(number, read) for number, read in enumerate(reads) if number not in done]
    refused = [(number, read) for number, read in left if read.entry is None]
    work = _Work(transactions, keep)
    work.portions(refused, lambda _, portion: [_refused(*one) for one in portion])
    for kind in ("organizations", "programs"):
        work.portions(_larger_first(_of(left, kind)), _one_by_one)
    services = _of(left, "services")
    new, known = work.parted(services)
    sound, unsound = work.sound(new)
    work.portions(unsound, lambda _, portion: [_refused(n, r, e) for n, r, e in portion])
    work.portions([*sound, *known], _together)


def listed_among(transactions: Transactions, file: File) -> frozenset[UUID]:
    """Return which organisations, programmes and services of *file* the directory lists already."""
    found: set[UUID] = set()
    for portion in _portions(ids_in(file)):
        with transactions() as uow:
            store = uow.store
            for kind in (store.organisations, store.programmes, store.services):
                found |= kind.named(portion).keys()
    return frozenset(found)


def _of(left: Iterable[Numbered], kind: str) -> list[Numbered]:
    return [one for one in left if one[1].kind == kind and one[1].entry is not None]


class _Work:
    """Works through entries in portions."""

    def __init__(self, transactions: Transactions, keep: Keep) -> None:
        self._transactions = transactions
        self._keep = keep

    def portions(
        self, todo: Iterable[Any], handle: Callable[[UnitOfWork[Store], Any], list[Outcome]]
    ) -> None:
        """Let *handle* deal with every portion of *todo* in a transaction of its own."""
        for portion in _portions(todo):
            for attempt in range(1, TRIES + 1):
                try:
                    with self._transactions() as uow:
                        self._keep(uow, handle(uow, portion))
                    break
                except ContendedError:
                    if attempt == TRIES:
                        raise

    def parted(self, services: Sequence[Numbered]) -> tuple[list[Numbered], list[Numbered]]:
        """Return the new ones of *services*, and those that the directory lists already."""
        listed: set[UUID] = set()
        for portion in _portions(services):
            with self._transactions() as uow:
                listed |= uow.store.services.named(_id(read) for _, read in portion).keys()
        known = [one for one in services if one[1].id in listed]
        return [one for one in services if one[1].id not in listed], known

    def sound(
        self, new: Sequence[Numbered]
    ) -> tuple[list[Numbered], list[tuple[int, Read, Refused]]]:
        """Return which *new* services can be listed, and those that cannot, with why.

        A service that leads to one that cannot be listed cannot be either.
        """
        wrong: dict[UUID, Refused] = {}
        left = list(new)
        while left:
            besides = frozenset(_id(read) for _, read in left)
            found: dict[UUID, Refused] = {}
            for portion in _portions(left):
                with self._transactions() as uow:
                    asked = [_service(read) for _, read in portion]
                    found |= many.refusals(uow, asked, besides)
            wrong |= found
            left = [one for one in left if _id(one[1]) not in found]
            if not found:
                break
        refused = [(n, read, wrong[_id(read)]) for n, read in new if _id(read) in wrong]
        return left, refused


def _together(uow: UnitOfWork[Store], portion: Sequence[Numbered]) -> list[Outcome]:
    """List the services that are not listed by now, and change those that are and differ."""
    there = uow.store.services.lock_all(_id(read) for _, read in portion)
    new = [_service(read) for _, read in portion if read.id not in there]
    wanted = {
        before.id: _merged(read, before)
        for before, read in ((there.get(_id(read)), read) for _, read in portion)
        if before
    }
    differs = {id_: differing(there[id_], one) for id_, one in wanted.items()}
    changed = [one for id_, one in wanted.items() if differs[id_]]
    refused = many.refusals(uow, changed, there=there)
    many.publish_services(uow, new)
    many.change_services(uow, [(there[one.id], one) for one in changed if one.id not in refused])
    return [_told(n, read, differs.get(_id(read)), refused.get(_id(read))) for n, read in portion]


def _told(
    number: int, read: Read, differs: tuple[str, ...] | None, refused: Refused | None
) -> Outcome:
    """Return what became of a service, of which *differs* says what is different; None for a new one."""
    if refused:
        return _refused(number, read, refused)
    if differs is None:
        return Outcome(number=number, read=read, result=Result.ADDED)
    result = Result.CHANGED if differs else Result.UNCHANGED
    return Outcome(number=number, read=read, result=result, changed=differs)


def _one_by_one(uow: UnitOfWork[Store], portion: Sequence[Numbered]) -> list[Outcome]:
    there = _there(uow.store, [read for _, read in portion])
    return [_one(uow, number, read, there.get(_id(read))) for number, read in portion]


def _there(store: Store, reads: Sequence[Read]) -> Mapping[UUID, Entry]:
    """Return the organisations or programmes of *reads*, all of one kind, as they are now."""
    ids = [_id(read) for read in reads]
    kept = store.organisations if reads[0].kind == "organizations" else store.programmes
    found: Mapping[UUID, Entry] = kept.many(ids)
    return found


def _one(uow: UnitOfWork[Store], number: int, read: Read, there: Entry | None) -> Outcome:
    if read.entry is None:
        raise AssertionError
    try:
        if there is None:
            _publish(uow, read.entry)
            return Outcome(number=number, read=read, result=Result.ADDED)
        wanted = _merged(read, there)
        changed = differing(there, wanted)
        if not changed:
            return Outcome(number=number, read=read, result=Result.UNCHANGED)
        _change(uow, wanted)
    except Refused as refused:
        return _refused(number, read, refused)
    return Outcome(number=number, read=read, result=Result.CHANGED, changed=changed)


def differing(before: Entry, after: Entry) -> tuple[str, ...]:
    """Return the fields that two versions of an entry have different."""
    return tuple(
        field.name
        for field in fields(before)
        if field.compare
        and field.name != "version"
        and getattr(before, field.name) != getattr(after, field.name)
    )


def _merged(read: Read, there: E) -> E:
    """Return the entry as it shall be: what a document of others does not say stays as it is."""
    entry: Any = replace(read.entry, version=there.version)  # type: ignore[type-var]
    if read.says is None:
        return entry  # type: ignore[no-any-return]
    names = [field.name for field in fields(there) if field.name in read.says]
    merged: Any = replace(there, **{name: getattr(entry, name) for name in names})
    stated = {name.replace("_", "-") for name in names if getattr(merged, name)}
    unstated = tuple(fact for fact in there.provenance.unstated if fact not in stated)
    return replace(merged, provenance=replace(there.provenance, unstated=unstated))  # type: ignore[no-any-return]


def _publish(uow: UnitOfWork[Store], entry: Entry) -> None:
    match entry:
        case Organisation():
            entries.publish_organisation(uow, entry)
        case Programme():
            entries.publish_programme(uow, entry)


def _change(uow: UnitOfWork[Store], entry: Entry) -> None:
    match entry:
        case Organisation():
            entries.change_organisation(uow, entry)
        case Programme():
            entries.change_programme(uow, entry)


def _refused(number: int, read: Read, refused: Refused | None = None) -> Outcome:
    errors = read.errors
    if refused is not None:
        errors = read.located(refused.errors, refused.detail)
    return Outcome(number=number, read=read, result=Result.REFUSED, errors=errors)


def _larger_first(reads: Sequence[Numbered]) -> list[Numbered]:
    """Return *reads* so that what an entry is a part of comes before it."""
    ordered: list[Numbered] = []
    left = list(reads)
    while left:
        waiting = {_id(read) for _, read in left}
        ready = [one for one in left if _part_of(one[1]) not in waiting] or left
        ordered += ready
        placed = {number for number, _ in ready}
        left = [one for one in left if one[0] not in placed]
    return ordered


def _part_of(read: Read) -> UUID | None:
    return read.entry.part_of if isinstance(read.entry, Organisation | Programme) else None


def _id(read: Read) -> UUID:
    if read.id is None:
        raise AssertionError
    return read.id


def _service(read: Read) -> Service:
    if not isinstance(read.entry, Service):
        raise TypeError(read.kind)
    return read.entry


def _portions(todo: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(todo)
    while portion := list(islice(left, PORTION)):
        yield portion
