"""Keep advice that is asked without a referral; what is said is sealed under a key per question."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.advice import Advice, Stage, Word
from services.referral.storage.advice_tables import advice, words
from services.referral.storage.tables import persons, referrals
from services.referral.storage.vault import Seal, Vault
from services.referral.storage.wrapping import Rewrapped, rewrap


class Order(StrEnum):
    """Which questions are listed."""

    ASKED_OF_US = "asked-of-us"
    ASKED_BY_US = "asked-by-us"


class Questions:
    """Questions by id, and what was said on each."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, vault: Vault, asked: Advice) -> Seal:
        """Write a new one; return what seals the words on it."""
        key = vault.new_key(asked.id)
        rows.insert(self._connection, advice, [_row(asked) | {"wrapped_key": key.wrapped}])
        return key.seal(organisation=asked.sender, about=asked.id)

    def find(self, advice_id: UUID, *, lock: bool = False) -> Advice | None:
        """Return one, or None; with *lock* nobody else can change it until commit."""
        wanted = sa.select(advice).filter_by(id=advice_id)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).first()
        return _advice(row) if row else None

    def of_referral(self, referral_id: UUID) -> Advice | None:
        """Return the question that a referral followed from, or None."""
        row = self._connection.execute(
            sa.select(advice).filter_by(referral_id=referral_id)
        ).first()
        return _advice(row) if row else None

    def change(self, changed: Advice) -> None:
        """Write what became of one."""
        self._connection.execute(
            sa.update(advice).filter_by(id=changed.id).values(**_row(changed))
        )

    def forget_words(self, organisations: Collection[UUID]) -> None:
        """Let go of what was asked by some organisations, and answered."""
        asked = sa.select(advice.c.id).where(advice.c.sender.in_(organisations))
        self._connection.execute(sa.delete(words).where(words.c.advice_id.in_(asked)))

    def listed(
        self, organisation: UUID, order: Order, *, after: Sequence[Any] | None, most: int
    ) -> list[Advice]:
        """Return what *organisation* was asked, or has asked, the latest first.

        *after* is (moment of change, id) of the last one of the page before.
        """
        ours = advice.c.recipient if order is Order.ASKED_OF_US else advice.c.sender
        wanted = (
            sa.select(advice)
            .where(ours == organisation)
            .order_by(advice.c.changed_at.desc(), advice.c.id.desc())
            .limit(most)
        )
        if after is not None:
            moment, last = after
            place = sa.tuple_(advice.c.changed_at, advice.c.id)
            wanted = wanted.where(place < (datetime.fromisoformat(moment), UUID(last)))
        return [_advice(row) for row in self._connection.execute(wanted)]

    def waiting(self, organisation: UUID) -> int:
        """Return how many questions wait for *organisation*'s answer."""
        wanted = sa.select(sa.func.count()).where(
            advice.c.recipient == organisation,
            advice.c.stage == sa.literal_column(f"'{Stage.ASKED}'"),
        )
        return self._connection.execute(wanted).scalar_one()

    def seal(self, vault: Vault, asked: Advice) -> Seal:
        """Return what seals and opens the words on a question that is there."""
        wanted = sa.select(advice.c.wrapped_key).filter_by(id=asked.id)
        key = vault.key(asked.id, self._connection.execute(wanted).scalar_one())
        return key.seal(organisation=asked.sender, about=asked.id)

    def say(self, word: Word, seal: Seal) -> None:
        """Write something that was said."""
        row = {
            "id": word.id,
            "advice_id": word.advice_id,
            "organisation": word.organisation,
            "principal": word.principal,
            "sealed_text": seal.close(_label(word.id), word.text),
            "at": word.at,
        }
        rows.insert(self._connection, words, [row])

    def words(self, advice_id: UUID, seal: Seal) -> list[Word]:
        """Return what was said, the earliest first."""
        wanted = sa.select(words).filter_by(advice_id=advice_id)
        return [
            Word(
                id=row.id,
                advice_id=row.advice_id,
                organisation=row.organisation,
                principal=row.principal,
                text=str(seal.open(_label(row.id), row.sealed_text)),
                at=row.at,
            )
            for row in self._connection.execute(wanted.order_by(words.c.at, words.c.id))
        ]

    def untouched(self, since: datetime, *, most: int, lock: bool) -> list[Advice]:
        """Return up to *most* on which nobody said anything *since*, the oldest first.

        One that led to a referral counts once its person's record was erased. With *lock* they are locked,
        and those that others have locked left out.
        """
        erased = (
            sa.exists()
            .where(referrals.c.id == advice.c.referral_id, persons.c.id == referrals.c.person_id)
            .where(persons.c.erased_at.is_not(None))
        )
        wanted = (
            sa.select(advice)
            .where(advice.c.changed_at < since, advice.c.referral_id.is_(None) | erased)
            .order_by(advice.c.changed_at, advice.c.id)
            .limit(most)
        )
        found = wanted.with_for_update(skip_locked=True) if lock else wanted
        return [_advice(row) for row in self._connection.execute(found)]

    def dispose_of(self, ids: Sequence[UUID]) -> None:
        """Delete questions, their key and all that was said on them."""
        self._connection.execute(sa.delete(words).where(words.c.advice_id.in_(ids)))
        self._connection.execute(sa.delete(advice).where(advice.c.id.in_(ids)))

    def rewrap(self, vault: Vault, after: UUID, *, most: int) -> Rewrapped:
        """Wrap the keys of up to *most* questions, from *after* on, under *vault*'s newest."""
        return rewrap(self._connection, advice, vault, after, most=most)


def _row(asked: Advice) -> dict[str, Any]:
    return {
        "id": asked.id,
        "service_id": asked.service_id,
        "sender": asked.sender,
        "recipient": asked.recipient,
        "stage": asked.stage.value,
        "asked_at": asked.asked_at,
        "changed_at": asked.changed_at,
        "referral_id": asked.referral_id,
    }


def _advice(row: sa.Row[Any]) -> Advice:
    return Advice(
        id=row.id,
        service_id=row.service_id,
        sender=row.sender,
        recipient=row.recipient,
        stage=Stage(row.stage),
        asked_at=row.asked_at,
        changed_at=row.changed_at,
        referral_id=row.referral_id,
    )


def _label(word_id: UUID) -> str:
    return f"advice.{word_id}"
