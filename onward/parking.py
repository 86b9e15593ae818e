"""What becomes of an event that cannot be handled: tried again with growing pauses, then left to a human.

Later events of the same line wait behind it and follow in order once it is handled or discarded. Nothing
leaves the table without a trace: ``resolved`` and ``discarded`` rows stay.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql as pg

from onward import lines, tables
from onward.codec import UndecodableError, decode, encode
from onward.contracts.access import ParkedDecided
from onward.database import Database, DatabaseAwayError, UnitOfWork
from onward.envelope import Envelope
from onward.errors import ConflictError, InvalidError, NotFoundError, Poison
from onward.identity import Actor
from onward.ids import new_id

Dispatch = Callable[[UnitOfWork[Any], Sequence[Envelope]], None]

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 10, 60, 600, 3600, 6 * 3600))
"""How long to wait before each further attempt."""
GAP = timedelta(minutes=15)
"""After this long a missing predecessor is shown to an operator."""
PORTION = 200
"""How many parked events one release tries, so that new arrivals and a stop need not wait long."""
OPEN = ("waiting", "retrying", "parked")

log = structlog.get_logger(__name__)
table = tables.parked


def wait(connection: sa.Connection, envelopes: Sequence[Envelope], now: datetime) -> None:
    """Keep events that came before their predecessors."""
    for envelope in envelopes:
        _insert(connection, _row(envelope, status="waiting", code="early", due_at=now + GAP))


def keep_late(connection: sa.Connection, envelopes: Sequence[Envelope]) -> None:
    """Keep events whose number was passed although nobody had seen them.

    An operator stepped over them, or their producer's database went back in time: a human decides.
    """
    for envelope in envelopes:
        log.error("event-late", key=envelope.event.key, id=str(envelope.id))
        _insert(connection, _row(envelope, status="parked", code="late"))


def set_apart(database: Database[Any], envelope: Envelope) -> None:
    """Keep an event that may have ended its consumer: `release` counts a try before it begins."""
    log.warning("event-suspected", key=envelope.event.key, id=str(envelope.id))
    with database.transaction() as uow:
        due_at = uow.now + GAP
        _insert(uow.connection, _row(envelope, status="waiting", code="suspect", due_at=due_at))


def park(database: Database[Any], envelope: Envelope, error: Exception) -> None:
    """Keep an event whose handler failed; it is tried again later unless that cannot help."""
    code = _code(error)
    log.warning("event-parked", key=envelope.event.key, id=str(envelope.id), code=code)
    with database.transaction() as uow:
        plan = _plan(error, attempts=1, now=uow.now)
        _insert(uow.connection, _row(envelope, code=code, **plan))


def park_unreadable(database: Database[Any], body: bytes, error: UndecodableError) -> None:
    """Keep a message that is no event we can read; the log learns its length and hash only."""
    digest = hashlib.sha256(body).digest()
    log.warning("message-unreadable", code=error.code, size=len(body), sha256=digest.hex())
    row: dict[str, Any] = {
        "id": new_id(),
        "body": body,
        "sha256": digest,
        "status": "parked",
        "code": error.code,
    }
    if identity := error.identity:
        source, stream, subject = identity.line
        row |= {
            "event_id": identity.id,
            "source": source,
            "stream": stream,
            "subject": subject,
            "sequence": identity.sequence,
            "key": identity.key,
        }
    with database.transaction() as uow:
        _insert(uow.connection, row)


def release(database: Database[Any], dispatch: Dispatch) -> int:
    """Handle parked events whose turn has come, `PORTION` at most; return how many were tried.

    Two processes never handle the same one. Raises `DatabaseAwayError`.
    """
    tried = 0
    while tried < PORTION and _carry_on(database, dispatch):
        tried += 1
    return tried


def show_gaps(database: Database[Any]) -> None:
    """Put events whose predecessor has been missing for `GAP` before an operator."""
    with database.transaction() as uow:
        uow.connection.execute(_OVERDUE, {"now": uow.now})


def _row(envelope: Envelope, **rest: Any) -> dict[str, Any]:
    body = encode(envelope)
    source, stream, subject = envelope.line
    return {
        "id": new_id(),
        "event_id": envelope.id,
        "source": source,
        "stream": stream,
        "subject": subject,
        "sequence": envelope.sequence,
        "key": envelope.event.key,
        "body": body,
        "sha256": hashlib.sha256(body).digest(),
        **rest,
    }


def _insert(connection: sa.Connection, row: dict[str, Any]) -> None:
    connection.execute(pg.insert(table).values(row).on_conflict_do_nothing())


def _code(error: Exception) -> str:
    return error.code if isinstance(error, Poison) else type(error).__name__


def _plan(error: Exception, *, attempts: int, now: datetime) -> dict[str, Any]:
    """Return what is next after *attempts* failures: another try, or a human."""
    hopeless = isinstance(error, Poison) or attempts > len(PAUSES)
    return {
        "attempts": attempts,
        "status": "parked" if hopeless else "retrying",
        "due_at": None if hopeless else now + PAUSES[attempts - 1],
    }


# An event is tried when its pause is over, or when its predecessor has been handled at last.
_NEXT = sa.text(
    """
    SELECT p.id, p.attempts
    FROM parked p
    LEFT JOIN inbox_lines line USING (source, stream, subject)
    WHERE (p.status = 'retrying' AND p.due_at <= :now)
       OR ((p.status = 'waiting' OR (p.status = 'parked' AND p.code = 'gap'))
           AND p.sequence <= coalesce(line.last, 0) + 1)
    ORDER BY p.source, p.stream, p.subject, p.sequence
    LIMIT 1
    FOR UPDATE OF p SKIP LOCKED
    """
)
_OVERDUE = sa.text(
    """
    UPDATE parked SET status = 'parked', code = 'gap', due_at = NULL
    WHERE status = 'waiting' AND due_at <= :now AND NOT EXISTS (
        SELECT FROM parked earlier
        WHERE earlier.source = parked.source AND earlier.stream = parked.stream
          AND earlier.subject = parked.subject AND earlier.sequence < parked.sequence
          AND earlier.status IN ('waiting', 'retrying', 'parked'))
    """
)
_CLAIMED = sa.text(
    "SELECT body FROM parked WHERE id = :id AND status = 'retrying' AND attempts = :attempts FOR UPDATE"
)
_SEEN = sa.text("INSERT INTO inbox (event_id, key) VALUES (:id, :key) ON CONFLICT DO NOTHING")


class _Claim(NamedTuple):
    """One try of a parked event, counted before it begins."""

    id: UUID
    attempts: int


def _carry_on(database: Database[Any], dispatch: Dispatch) -> bool:
    """Try one event whose turn has come; tell whether there was one."""
    claim = _claim(database)
    if claim is None:
        return False
    try:
        with database.transaction() as uow:
            _handle(uow, dispatch, claim)
    except DatabaseAwayError:
        raise
    except Exception as error:  # noqa: BLE001 - a failed attempt is one, whatever it was
        code = _code(error)
        log.warning("parked-event-failed-again", parked=str(claim.id), code=code)
        with database.transaction() as uow:
            plan = _plan(error, attempts=claim.attempts, now=uow.now)
            _set(uow.connection, claim.id, code=code, **plan)
    return True


def _claim(database: Database[Any]) -> _Claim | None:
    """Count a try of the next event and commit it: one that ends the process is not tried for ever."""
    with database.transaction() as uow:
        row = uow.connection.execute(_NEXT, {"now": uow.now}).one_or_none()
        if row is None:
            return None
        if row.attempts > len(PAUSES):
            _set(uow.connection, row.id, status="parked", code="never-finished", due_at=None)
            return None
        claim = _Claim(row.id, row.attempts + 1)
        due_at = uow.now + PAUSES[min(claim.attempts, len(PAUSES)) - 1]
        _set(uow.connection, row.id, status="retrying", attempts=claim.attempts, due_at=due_at)
    return claim


def _handle(uow: UnitOfWork[Any], dispatch: Dispatch, claim: _Claim) -> None:
    body = uow.connection.execute(_CLAIMED, claim._asdict()).scalar_one_or_none()
    if body is None:
        return  # decided, or taken on by another process, in the meantime
    envelope = decode(body)
    if uow.connection.execute(_SEEN, {"id": envelope.id, "key": envelope.event.key}).rowcount:
        reached = lines.position(uow.connection, envelope.line)
        dispatch(uow, [envelope])
        lines.advance(uow.connection, envelope.line, max(reached, envelope.sequence))
    _set(uow.connection, claim.id, status="resolved", due_at=None, decided_at=uow.now)


def _set(connection: sa.Connection, id_: UUID, **values: Any) -> None:
    connection.execute(
        sa.update(table).where(table.c.id == id_, table.c.status.in_(OPEN)).values(**values)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One parked event, as an operator sees it: never its content."""

    id: UUID
    event_id: UUID | None
    source: str | None
    stream: str | None
    key: str | None
    subject: UUID | None
    sequence: int | None
    status: str
    code: str
    attempts: int
    due_at: datetime | None
    parked_at: datetime
    reason: str | None
    size: int
    """Bytes."""
    sha256: bytes


def listed(connection: sa.Connection, *, everything: bool = False) -> list[Parked]:
    """Return open events, oldest first; with *everything* the decided ones too."""
    query = _view().order_by(table.c.parked_at)
    if not everything:
        query = query.where(table.c.status.in_(OPEN))
    return [Parked(**row) for row in connection.execute(query).mappings()]


def shown(connection: sa.Connection, id_: UUID) -> Parked:
    """Return one parked event. Raises `NotFoundError`."""
    row = connection.execute(_view().where(table.c.id == id_)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("parked event")
    return Parked(**row)


def retry(database: Database[Any], id_: UUID, *, by: Actor) -> None:
    """Let the event be tried again now, missing predecessors notwithstanding.

    Raises `NotFoundError`, or `ConflictError` when it was decided already or stands behind another.
    """
    with database.transaction(actor=by) as uow:
        event = _decidable(uow.connection, id_)
        _set(uow.connection, id_, status="retrying", due_at=uow.now, attempts=0)
        _tell(uow, event, "retry", None)


def discard(database: Database[Any], id_: UUID, *, by: Actor, reason: str) -> None:
    """Give the event up for good, so that those behind it can follow.

    Raises as `retry` does, and `InvalidError` without a reason.
    """
    if not reason.strip():
        raise InvalidError("reason-required", "Say why this event may be given up.")
    with database.transaction(actor=by) as uow:
        event = _decidable(uow.connection, id_)
        _set(
            uow.connection,
            id_,
            status="discarded",
            due_at=None,
            reason=reason,
            decided_by=by.principal,
            decided_at=uow.now,
        )
        _skip(uow.connection, event)
        _tell(uow, event, "discard", hashlib.sha256(reason.encode()).hexdigest())


def _view() -> sa.Select[Any]:
    columns = [table.c[name] for name in Parked.__slots__ if name != "size"]
    return sa.select(*columns, sa.func.length(table.c.body).label("size"))


def _decidable(connection: sa.Connection, id_: UUID) -> Parked:
    connection.execute(sa.select(table.c.id).where(table.c.id == id_).with_for_update())
    event = shown(connection, id_)
    if event.status not in OPEN:
        raise ConflictError("already-decided", f"This event is {event.status} already.")
    if event.sequence is not None and (first := _first_before(connection, event)):
        raise ConflictError(
            "behind-another", f"It waits behind {first}: decide on that one first."
        )
    return event


def _first_before(connection: sa.Connection, event: Parked) -> UUID | None:
    earlier = sa.select(table.c.id).where(
        table.c.source == event.source,
        table.c.stream == event.stream,
        table.c.subject == event.subject,
        table.c.sequence < event.sequence,
        table.c.status.in_(OPEN),
    )
    return connection.execute(earlier.order_by(table.c.sequence).limit(1)).scalar()


def _skip(connection: sa.Connection, event: Parked) -> None:
    """Step over a discarded event, so that its line goes on."""
    if event.source and event.stream and event.subject and event.sequence:
        line = (event.source, event.stream, event.subject)
        reached = lines.position(connection, line)
        lines.advance(connection, line, max(reached, event.sequence))


def _tell(uow: UnitOfWork[Any], event: Parked, decision: str, digest: str | None) -> None:
    uow.emit(
        ParkedDecided(
            event_id=event.event_id or event.id,
            service=uow.source,
            decision=decision,
            reason_sha256=digest,
        )
    )
