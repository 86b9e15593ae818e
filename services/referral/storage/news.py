"""Keep who wants to be told that there is news, whether some waits for them, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from onward.ids import new_id
from onward.rows import Statement
from services.referral.domain.news import PAUSE, Kind, Receipt, Times, Way, Wish
from services.referral.storage.news_tables import news, news_receipts

_NOTE = Statement(
    f"""
    UPDATE news SET
        kind = CASE WHEN news.due_at IS NOT NULL AND news.kind = '{Kind.STOPPED}'
            THEN news.kind ELSE rows.kind END,
        referral_id = CASE WHEN news.due_at IS NOT NULL AND news.kind = '{Kind.STOPPED}'
            THEN news.referral_id ELSE rows.referral_id END,
        message_id = rows.message_id,
        attempts = 0,
        due_at = coalesce(news.due_at,
            greatest(rows.at, news.tried_at + interval '{int(PAUSE.total_seconds())} seconds'))
    FROM {{rows}}
    WHERE news.person_id = rows.person_id AND news.way IS NOT NULL AND EXISTS (
        SELECT 1 FROM own_pages WHERE own_pages.referral_id = rows.referral_id
            AND own_pages.closed_at IS NULL AND own_pages.ends_at > rows.at)
    """,  # noqa: S608 - two constants of ours
    person_id="uuid",
    referral_id="uuid",
    message_id="uuid",
    kind="text",
    at="timestamptz",
)
"""Several news become one message; what confirms a stop is not written over by what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """News that waits to be told."""

    person_id: UUID
    referral_id: UUID
    message_id: UUID
    """Another one once there is newer news."""
    way: Way
    times: Times
    kind: Kind
    attempts: int


class News:
    """Wishes and what waits by person, receipts by referral."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def wish(self, person_id: UUID) -> Wish | None:
        """Return how a person wants to be told, or None where they do not."""
        row = self._connection.execute(sa.select(news).filter_by(person_id=person_id)).first()
        if row is None or row.way is None:
            return None
        return Wish(
            way=Way(row.way),
            times=Times(row.times),
            asked_by=row.asked_by,
            asked_at=row.asked_at,
        )

    def want(self, person_id: UUID, wish: Wish) -> None:
        """Write how a person wants to be told; when they were last told stays known."""
        row = {
            "person_id": person_id,
            "way": wish.way.value,
            "times": wish.times.value,
            "asked_by": wish.asked_by,
            "asked_at": wish.asked_at,
        }
        rows.keep(self._connection, news, [row])

    def want_none(self, person_id: UUID) -> None:
        """Tell a person nothing any more, what waits included."""
        none = sa.update(news).filter_by(person_id=person_id).values(way=None, due_at=None)
        self._connection.execute(none)

    def note(self, person_id: UUID, referral_id: UUID, kind: Kind, *, at: datetime) -> None:
        """Let news wait for a person who wants to be told, and has a page open to read it on."""
        row = {
            "person_id": person_id,
            "referral_id": referral_id,
            "message_id": new_id(),
            "kind": kind.value,
            "at": at,
        }
        _NOTE.later(self._connection, [row])

    def claim(self, now: datetime, *, most: int) -> list[Waiting]:
        """Return up to *most* news to tell now; other processes pass them by until commit."""
        wanted = (
            sa.select(news)
            .where(news.c.due_at <= now)
            .order_by(news.c.due_at, news.c.person_id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        return [
            Waiting(
                person_id=row.person_id,
                referral_id=row.referral_id,
                message_id=row.message_id,
                way=Way(row.way),
                times=Times(row.times),
                kind=Kind(row.kind),
                attempts=row.attempts,
            )
            for row in self._connection.execute(wanted)
        ]

    def put_off(self, person_id: UUID, until: datetime) -> None:
        """Let news wait for a safer hour."""
        self._change(person_id, due_at=until)

    def trying(self, person_id: UUID, *, at: datetime) -> None:
        """Write down that a message goes out: until a pause is over, nobody sends this person another."""
        self._change(person_id, attempts=news.c.attempts + 1, tried_at=at, due_at=at + PAUSE)

    def settle(self, one: Waiting, *, code: str | None, at: datetime) -> None:
        """Write down what became of *one*; what is newer goes on waiting."""
        receipt = {
            "id": new_id(),
            "referral_id": one.referral_id,
            "way": one.way.value,
            "kind": one.kind.value,
            "at": at,
            "code": code,
        }
        rows.insert(self._connection, news_receipts, [receipt])
        over = sa.update(news).filter_by(person_id=one.person_id, message_id=one.message_id)
        self._connection.execute(over.values(due_at=None))

    def receipts(self, referral_id: UUID, *, most: int) -> Sequence[Receipt]:
        """Return what became of the last *most* messages about a referral, the newest first."""
        wanted = (
            sa.select(news_receipts)
            .filter_by(referral_id=referral_id)
            .order_by(news_receipts.c.at.desc(), news_receipts.c.id.desc())
            .limit(most)
        )
        return [
            Receipt(
                id=row.id,
                referral_id=row.referral_id,
                way=Way(row.way),
                kind=Kind(row.kind),
                at=row.at,
                code=row.code,
            )
            for row in self._connection.execute(wanted)
        ]

    def _change(self, person_id: UUID, **values: object) -> None:
        self._connection.execute(sa.update(news).filter_by(person_id=person_id).values(**values))
