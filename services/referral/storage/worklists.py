"""Read lists for people at work: what waits for an organisation, what it sent, what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from onward.planned import planned
from services.referral.domain.consent import readable
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import OPEN, Status
from services.referral.domain.pack import CLOSED, IDENTITY
from services.referral.domain.timing import Kind
from services.referral.storage.handoffs import handoff_from
from services.referral.storage.packs import open_section
from services.referral.storage.people import open_name
from services.referral.storage.referrals import consent_from
from services.referral.storage.tables import (
    claims,
    deadlines,
    handoffs,
    organisations,
    packs,
    persons,
    referrals,
    services,
)
from services.referral.storage.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One handoff in a list."""

    handoff: Handoff
    service_name: str | None
    sender_name: str | None
    recipient_name: str | None
    person_name: str | None
    """None where the reader was not told it."""
    position: int | None
    """Place in the queue while it waits for a place."""
    said_stop: bool
    """Whether the person wants nothing shared any more."""
    sort_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The tiles of an organisation."""

    new: int
    waiting_for_us: int
    overdue: int
    waiting_list: int
    to_review: int
    asked_of_us: int
    """Questions about what we sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which handoffs of an inbox are wanted."""

    statuses: frozenset[Status] = OPEN
    urgency: str | None = None
    service_id: UUID | None = None
    overdue_at: datetime | None = None
    """Only those whose moment had passed by then."""
    review_at: datetime | None = None
    """Only stays to be reviewed by then."""
    quoted: bytes | None = None
    """Only those that people quote so, see `onward.ids.quoted`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """One deadline in a list."""

    id: UUID
    kind: Kind
    due_at: datetime
    rung: int
    handoff: Handoff
    service_name: str | None


_SENDERS: Final = organisations.alias("sending")
_RECIPIENTS: Final = organisations.alias("receiving")
_NAMED: Final = (
    handoffs.outerjoin(services, services.c.id == handoffs.c.service_id)
    .outerjoin(_SENDERS, _SENDERS.c.id == handoffs.c.sender)
    .outerjoin(_RECIPIENTS, _RECIPIENTS.c.id == handoffs.c.recipient)
    .outerjoin(claims, claims.c.handoff_id == handoffs.c.id)
    .join(persons, persons.c.id == handoffs.c.person_id)
    .join(referrals, referrals.c.id == handoffs.c.referral_id)
)
_COLUMNS: Final = (
    handoffs,
    services.c.name.label("service_name"),
    _SENDERS.c.name.label("sender_name"),
    _RECIPIENTS.c.name.label("recipient_name"),
    sa.case((claims.c.state == "queued", claims.c.position)).label("position"),
    persons.c.wrapped_key,
    referrals.c.consent_withdrawn,
)
_CONSENT: Final = (
    referrals.c.consent_given,
    referrals.c.consent_withheld,
    referrals.c.consent_until,
)


class Worklists:
    """Lists of handoffs and deadlines, one organisation's at a time."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read through *connection*."""
        self._connection = connection

    def inbox(
        self,
        vault: Vault,
        recipient: UUID,
        wanted: Filter,
        *,
        today: date,
        after: Sequence[Any] | None,
        most: int,
    ) -> list[Item]:
        """Return handoffs *recipient* was asked for, most urgent first, then by what is due first.

        A name is among them where it may still be read *today*. *after* is (urgency rank, moment, id) of
        the last one of the page before.
        """
        identity = sa.and_(packs.c.handoff_id == handoffs.c.id, packs.c.section == IDENTITY)
        query = (
            sa.select(*_COLUMNS, packs.c.sealed_fields, *_CONSENT)
            .select_from(_NAMED.outerjoin(packs, identity))
            .where(handoffs.c.recipient == recipient, *_conditions(wanted))
            .order_by(handoffs.c.urgency_rank, handoffs.c.sort_at, handoffs.c.id)
            .limit(_at_most(most))
        )
        if after is not None:
            rank, moment, last = after
            place = sa.tuple_(handoffs.c.urgency_rank, handoffs.c.sort_at, handoffs.c.id)
            query = query.where(place > (rank, datetime.fromisoformat(moment), UUID(last)))
        found = self._connection.execute(planned(query))
        return [_item(row, _told_name(vault, row, today)) for row in found]

    def sent(
        self,
        vault: Vault,
        sender: UUID,
        statuses: frozenset[Status],
        *,
        quoted: bytes | None = None,
        after: Sequence[Any] | None,
        most: int,
    ) -> list[Item]:
        """Return the newest handoff of each referral of *sender*, newest first.

        With *quoted* only those one of whose handoffs people quote so. *after* is (moment of creation, id) of
        the last one of the page before.
        """
        newer = handoffs.alias()
        query = (
            sa.select(*_COLUMNS, persons.c.sealed_names)
            .select_from(_NAMED)
            .where(
                handoffs.c.sender == sender,
                _is(*statuses),
                ~sa.exists().where(
                    newer.c.referral_id == handoffs.c.referral_id,
                    newer.c.number > handoffs.c.number,
                ),
            )
            .order_by(handoffs.c.created_at.desc(), handoffs.c.id.desc())
            .limit(_at_most(most))
        )
        if quoted is not None:
            meant = sa.select(newer.c.referral_id).where(newer.c.quoted == quoted)
            query = query.where(handoffs.c.referral_id.in_(meant))
        if after is not None:
            moment, last = after
            place = sa.tuple_(handoffs.c.created_at, handoffs.c.id)
            query = query.where(place < (datetime.fromisoformat(moment), UUID(last)))
        found = self._connection.execute(planned(query))
        return [_item(row, _own_name(vault, row)) for row in found]

    def counts(self, organisation: UUID, now: datetime, *, review_by: datetime) -> Counts:
        """Return what *organisation*'s tiles show; reviews due up to *review_by* count."""
        column = handoffs.c
        review = sa.and_(column.review_due <= review_by, _is(Status.IN_PROGRESS, Status.ON_HOLD))
        asked = sa.select(sa.func.count()).where(
            column.sender == organisation, _is(Status.INFO_REQUESTED)
        )
        query = sa.select(
            _count(_is(Status.REQUESTED)).label("new"),
            _count(_is(Status.REQUESTED, Status.ACKNOWLEDGED)).label("waiting_for_us"),
            _count(column.next_due < now).label("overdue"),
            _count(_is(Status.WAITLISTED)).label("waiting_list"),
            _count(review).label("to_review"),
            asked.scalar_subquery().label("asked_of_us"),
        ).where(column.recipient == organisation, _is(*OPEN))
        row = self._connection.execute(planned(query)).one()
        return Counts(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it

    def deadlines(
        self,
        organisation: UUID,
        *,
        kind: Kind | None,
        overdue_at: datetime | None,
        after: Sequence[Any] | None,
        most: int,
    ) -> list[DueItem]:
        """Return running deadlines of handoffs *organisation* is party to, the first one due first."""
        column = deadlines.c
        parties = (handoffs.c.sender == organisation, handoffs.c.recipient == organisation)
        query = (
            sa.select(
                handoffs,
                services.c.name.label("service_name"),
                *(
                    column[name].label(f"deadline_{name}")
                    for name in ("id", "kind", "due_at", "rung")
                ),
            )
            .join_from(deadlines, handoffs, handoffs.c.id == column.handoff_id)
            .outerjoin(services, services.c.id == handoffs.c.service_id)
            .where(column.running, sa.or_(*parties))
            .order_by(column.due_at, column.id)
            .limit(most)
        )
        if kind is not None:
            query = query.where(column.kind == kind.value)
        if overdue_at is not None:
            query = query.where(column.due_at < overdue_at)
        if after is not None:
            moment, last = after
            place = sa.tuple_(column.due_at, column.id)
            query = query.where(place > (datetime.fromisoformat(moment), UUID(last)))
        return [_due_item(row) for row in self._connection.execute(query)]


def _at_most(rows: int) -> sa.BindParameter[int]:
    """Return a limit that is written out: planned for any number of rows, a page would be read as a table."""
    return sa.bindparam(None, rows, type_=sa.Integer, literal_execute=True)


def _is(*statuses: Status) -> sa.ColumnElement[bool]:
    """Return the condition on the status, written out so that it fits the partial indexes."""
    words: list[sa.ColumnElement[str]] = [
        sa.literal_column(f"'{status.value}'") for status in sorted(statuses)
    ]
    return handoffs.c.status.in_(words)


def _count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count().filter(*conditions)


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """Return what an inbox asks for; a draft is its sender's alone, whatever is asked for."""
    found: list[sa.ColumnElement[bool]] = [_is(*wanted.statuses - {Status.DRAFT})]
    if wanted.urgency:
        found.append(handoffs.c.urgency == wanted.urgency)
    if wanted.service_id:
        found.append(handoffs.c.service_id == wanted.service_id)
    if wanted.overdue_at:
        found.append(handoffs.c.next_due < wanted.overdue_at)
    if wanted.review_at:
        found.append(handoffs.c.review_due <= wanted.review_at)
    if wanted.quoted:
        found.append(handoffs.c.quoted == wanted.quoted)
    return found


def _item(row: sa.Row[Any], person_name: str | None) -> Item:
    return Item(
        handoff=handoff_from(row),
        service_name=row.service_name,
        sender_name=row.sender_name,
        recipient_name=row.recipient_name,
        person_name=person_name,
        position=row.position,
        said_stop=row.consent_withdrawn,
        sort_at=row.sort_at,
    )


def _told_name(vault: Vault, row: sa.Row[Any], today: date) -> str | None:
    """Return the name as the pack tells it, if it does and may still be read."""
    if row.sealed_fields is None or row.status in CLOSED:
        return None
    key = vault.key(row.person_id, row.wrapped_key)
    seal = key.seal(organisation=row.sender, about=row.referral_id)
    frozen = {IDENTITY: open_section(seal, row.id, IDENTITY, row.sealed_fields)}
    consent = consent_from(row)
    told = readable(frozen, consent, basis=row.lawful_basis, on=today).get(IDENTITY, {})
    names = (told.get("known_as") or told.get("given_name"), told.get("family_name"))
    return " ".join(str(name) for name in names if name) or None


def _own_name(vault: Vault, row: sa.Row[Any]) -> str:
    key = vault.key(row.person_id, row.wrapped_key)
    return open_name(key, row.sender, row.person_id, row.sealed_names)


def _due_item(row: sa.Row[Any]) -> DueItem:
    return DueItem(
        id=row.deadline_id,
        kind=Kind(row.deadline_kind),
        due_at=row.deadline_due_at,
        rung=row.deadline_rung,
        handoff=handoff_from(row),
        service_name=row.service_name,
    )
