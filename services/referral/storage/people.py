"""Keep people: who referrals are about, sealed under a key of their own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from onward.errors import NotFoundError
from services.referral.domain.person import Contact, ContactRule, Person
from services.referral.storage.news_tables import news
from services.referral.storage.tables import persons, traces
from services.referral.storage.vault import PersonKey, Seal, Vault
from services.referral.storage.wrapping import Rewrapped, is_under_another

ERASED: Final = "Erased person"
"""What a page calls somebody whose key was destroyed."""
_KEY = sa.select(persons.c.wrapped_key).where(persons.c.id == sa.bindparam("wanted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasable:
    """What erasing has to know of a record."""

    organisation: UUID
    erased_at: datetime | None


class People:
    """People by id; whoever asks for one names the organisation whose record it is."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, vault: Vault, person: Person, key: PersonKey, *, at: datetime) -> None:
        """Write a new record, sealed with *key*, that its organisation finds by name and date of birth."""
        row = {
            "id": person.id,
            "organisation": person.organisation,
            "wrapped_key": key.wrapped,
            "created_at": at,
        }
        rows.insert(self._connection, persons, [row | _sealed(person, key)])
        rows.insert(self._connection, traces, _traces(vault, person))

    def correct(self, vault: Vault, person: Person, key: PersonKey) -> None:
        """Let a record, which this transaction has locked, say what *person* does, and be found by that."""
        self._connection.execute(
            sa.update(persons).filter_by(id=person.id).values(**_sealed(person, key))
        )
        self._connection.execute(sa.delete(traces).filter_by(person_id=person.id))
        rows.insert(self._connection, traces, _traces(vault, person))

    def rewrap(self, vault: Vault, after: UUID, *, most: int) -> Rewrapped:
        """Wrap up to *most* people's keys under *vault*'s newest, and hash anew what they are found by.

        Goes by id, from *after* on, past what is done already; nobody else changes them until commit.
        """
        wanted = (
            sa.select(persons)
            .where(persons.c.id > after, is_under_another(persons.c.wrapped_key, vault))
            .order_by(persons.c.id)
            .limit(most)
            .with_for_update()
        )
        found = self._connection.execute(wanted).all()
        keys = {row.id: key for row in found if (key := vault.rewrapped(row.id, row.wrapped_key))}
        people = [
            _person(row, _seal(keys[row.id], row.organisation, row.id))
            for row in found
            if row.id in keys
        ]
        changed = [{"id": id_, "wrapped_key": key.wrapped} for id_, key in keys.items()]
        rows.change(self._connection, persons, changed)
        self._connection.execute(sa.delete(traces).where(traces.c.person_id.in_(list(keys))))
        rows.insert(self._connection, traces, _traces(vault, *people))
        return Rewrapped(
            done=len(keys), unopened=len(found) - len(keys), last=found[-1].id if found else None
        )

    def find(self, vault: Vault, organisation: UUID, words: str, *, most: int) -> list[Person]:
        """Return *organisation*'s records that *words*, of `search_words`, find; the newest first."""
        wanted = (
            sa.select(persons)
            .join(traces, traces.c.person_id == persons.c.id)
            .where(
                traces.c.hash.in_(vault.traces(organisation, words)),
                persons.c.organisation == organisation,
            )
            .order_by(persons.c.created_at.desc(), persons.c.id)
            .limit(most)
        )
        return [
            _person(row, _seal(vault.key(row.id, row.wrapped_key), organisation, row.id))
            for row in self._connection.execute(wanted)
        ]

    def lock(self, person_id: UUID) -> Erasable | None:
        """Return what erasing has to know of a record; nobody else erases or corrects it until commit."""
        wanted = sa.select(persons.c.organisation, persons.c.erased_at).filter_by(id=person_id)
        row = self._connection.execute(wanted.with_for_update()).first()
        return Erasable(organisation=row.organisation, erased_at=row.erased_at) if row else None

    def erase(self, person_id: UUID, because: str, *, at: datetime) -> None:
        """Destroy the key to everything about a person; what finds them, and tells them, goes too."""
        gone = {"wrapped_key": None, "erased_at": at, "erased_because": because}
        self._connection.execute(sa.update(persons).filter_by(id=person_id).values(**gone))
        self._connection.execute(sa.delete(traces).filter_by(person_id=person_id))
        self._connection.execute(sa.delete(news).filter_by(person_id=person_id))

    def of_organisations(self, organisations: Collection[UUID]) -> list[UUID]:
        """Return the records of some organisations that are not erased."""
        kept = sa.select(persons.c.id).where(
            persons.c.organisation.in_(organisations), persons.c.erased_at.is_(None)
        )
        return list(self._connection.scalars(kept.order_by(persons.c.id).with_for_update()))

    def get(
        self, vault: Vault, person_id: UUID, organisation: UUID, *, as_it_stays: bool = False
    ) -> Person:
        """Return the record of *organisation*. Raises `NotFoundError`.

        With *as_it_stays* nobody corrects it until commit: what is told from it is not old at once.
        """
        wanted = sa.select(persons).filter_by(id=person_id, organisation=organisation)
        if as_it_stays:
            wanted = wanted.with_for_update(read=True)
        row = self._connection.execute(wanted).first()
        if row is None:
            raise NotFoundError("person")
        return _person(row, _seal(vault.key(person_id, row.wrapped_key), organisation, person_id))

    def key(self, vault: Vault, person_id: UUID) -> PersonKey:
        """Return the key to what is known about a person who exists."""
        wrapped = self._connection.execute(_KEY, {"wanted": person_id}).scalar_one()
        return vault.key(person_id, wrapped)


def open_name(key: PersonKey, organisation: UUID, person_id: UUID, sealed_names: bytes) -> str:
    """Return what to call a person, from the record of *organisation*."""
    seal = _seal(key, organisation, person_id)
    if seal.is_lost:
        return ERASED
    names = seal.open("names", sealed_names)
    return f"{names['known_as'] or names['given']} {names['family']}"


def _traces(vault: Vault, *people: Person) -> list[dict[str, Any]]:
    """Return the rows by which *people* are found."""
    return [
        {"hash": vault.trace(person.organisation, words), "person_id": person.id}
        for person in people
        for words in sorted(person.traces)
    ]


def _seal(key: PersonKey, organisation: UUID, person_id: UUID) -> Seal:
    return key.seal(organisation=organisation, about=person_id)


def _sealed(person: Person, key: PersonKey) -> dict[str, Any]:
    seal = _seal(key, person.organisation, person.id)
    sealed: dict[str, Any] = {"sealed_birth_date": None, "sealed_nhs_number": None}
    return sealed | {
        f"sealed_{name}": seal.close(name, value) for name, value in _told(person).items()
    }


def _told(person: Person) -> dict[str, Any]:
    """Return what is sealed, by the name of its column; what is not known has no value."""
    contact = person.contact
    told: dict[str, Any] = {
        "names": {
            "given": person.given_name,
            "family": person.family_name,
            "known_as": person.known_as,
        },
        "contact": {
            "phone": contact.phone,
            "email": contact.email,
            "address": contact.address,
            "no_fixed_abode": contact.no_fixed_abode,
            "rules": [rule.value for rule in contact.rules],
            "note": contact.note,
        },
        "language": {
            "language": person.language,
            "interpreter": person.interpreter,
            "formats": list(person.formats),
        },
    }
    if person.birth_date:
        told["birth_date"] = person.birth_date.isoformat()
    if person.nhs_number:
        told["nhs_number"] = person.nhs_number
    return told


def _person(row: sa.Row[Any], seal: Seal) -> Person:
    if seal.is_lost:
        given, _, family = ERASED.partition(" ")
        return Person(
            id=row.id, organisation=row.organisation, given_name=given, family_name=family
        )

    def opened(field: str) -> Any:
        sealed = getattr(row, f"sealed_{field}")
        return seal.open(field, sealed) if sealed is not None else None

    names, contact, language = opened("names"), opened("contact"), opened("language")
    born = opened("birth_date")
    rules = tuple(ContactRule(rule) for rule in contact.pop("rules"))
    return Person(
        id=row.id,
        organisation=row.organisation,
        given_name=names["given"],
        family_name=names["family"],
        known_as=names["known_as"],
        birth_date=date.fromisoformat(born) if born else None,
        nhs_number=opened("nhs_number"),
        contact=Contact(rules=rules, **contact),
        language=language["language"],
        interpreter=language["interpreter"],
        formats=tuple(language["formats"]),
    )
