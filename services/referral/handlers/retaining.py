"""Dispose of what was kept long enough, unless somebody put it under legal hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from onward.contracts.access import (
    HoldEnded,
    HoldPlaced,
    PersonErased,
    RecordDisposed,
    RecordRead,
)
from onward.database import UnitOfWork
from onward.errors import FieldError, InvalidError, NotFoundError
from onward.ids import new_id
from onward.scope import act_as_platform
from services.referral.domain.retention import (
    NEVER_SENT,
    NOT_ACCEPTED,
    Due,
    DueQuestion,
    Hold,
    Rule,
    due_after,
    record_rules,
    rule_of,
)
from services.referral.handlers.retaining_advice import dispose_of_questions, questions_due
from services.referral.handlers.stating import BOOK
from services.referral.storage.retention import still_free
from services.referral.storage.retention_rules import retention_rules
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault

AHEAD: Final = timedelta(days=90)
"""How long before its day a record is shown as due, for somebody to review it."""
SHOWN: Final = 100
LONGEST_AHEAD: Final = timedelta(days=20 * 366)
ERASED_BECAUSE: Final = "retention-over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold, and what it stops."""

    hold: Hold
    due_at: datetime | None
    """When the person's record would be due; None while it is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is kept how long, what is due, and what is held."""

    rules: Sequence[Rule]
    due: Sequence[Due]
    """The first `SHOWN` that are due within `AHEAD`, and not held; those of one rule together."""
    held: Sequence[Held]
    """The newest `SHOWN`."""
    questions: Sequence[DueQuestion]
    """The first `SHOWN` questions for advice that are due within `AHEAD`."""


def dispose(uow: UnitOfWork[Store], *, most: int) -> int:
    """End holds that are over, and dispose of up to *most* of each kind that is due; return how many."""
    act_as_platform(uow.connection)
    for hold in uow.store.retention.over(uow.now.date(), most=most):
        _end(uow, hold.id, because="over")
    due = still_free(_due(uow.store, uow.now, most=most, lock=True), uow.store.retention)
    for each in due:
        _dispose_of(uow, each)
    return len(due) + dispose_of_questions(uow, most=most)


def report(uow: UnitOfWork[Store]) -> Report:
    """Return what is kept how long, what is due soon, and what is held; the read is told to audit."""
    act_as_platform(uow.connection)
    store = uow.store
    due = _due(store, uow.now + AHEAD, most=SHOWN)
    holds = store.retention.held(most=SHOWN)
    uses, rules = store.retention.uses({hold.person_id for hold in holds}), retention_rules()
    held = [Held(hold=each, due_at=due_after(rules, uses.get(each.person_id))) for each in holds]
    questions = questions_due(store, uow.now + AHEAD, most=SHOWN)
    _tell_read(uow, len(due) + len(held) + len(questions))
    return Report(rules=list(rules.values()), due=due[:SHOWN], held=held, questions=questions)


def place_hold(  # noqa: PLR0913 - one each
    uow: UnitOfWork[Store],
    vault: Vault,
    *,
    person_id: UUID | None,
    referral_id: UUID | None,
    reason: str,
    sentence: str,
    until: date | None,
) -> Hold:
    """Keep one referral, or all about a person, whatever its age.

    Raises `InvalidError` unless exactly one is named and the day lies ahead, `NotFoundError`, and
    `ConflictError` (``person-erased``) where there is nothing left to keep.
    """
    act_as_platform(uow.connection)
    _require_ahead(until, uow.now.date())
    about = person_id or (referral_id and uow.store.retention.person_of(referral_id))
    # Whoever disposes of a record locks it first, and then looks for holds.
    record = uow.store.people.lock(about) if about else None
    if about is None or record is None:
        raise NotFoundError("person" if person_id else "referral")
    hold = Hold(
        id=new_id(),
        person_id=about,
        referral_id=referral_id,
        reason=reason,
        until=until,
        placed_at=uow.now,
        placed_by=uow.actor.principal,
    )
    seal = uow.store.people.key(vault, about).seal(organisation=record.organisation, about=about)
    uow.store.retention.hold(hold, sentence, seal)
    for id_ in _touched(uow.store, hold):
        uow.emit(
            HoldPlaced(about=id_, referral_id=id_, hold_id=hold.id, reason=reason, until=until)
        )
    return hold


def lift_hold(uow: UnitOfWork[Store], hold_id: UUID) -> Hold:
    """Let what was held go its way again. Raises `NotFoundError`."""
    act_as_platform(uow.connection)
    return _end(uow, hold_id, because="lifted")


def _end(uow: UnitOfWork[Store], hold_id: UUID, *, because: str) -> Hold:
    hold = uow.store.retention.end(hold_id, by=uow.actor.principal, at=uow.now)
    if hold is None:
        raise NotFoundError("hold")
    for id_ in _touched(uow.store, hold):
        uow.emit(HoldEnded(about=id_, referral_id=id_, hold_id=hold.id, reason=because))
    return hold


def _touched(store: Store, hold: Hold) -> Sequence[UUID]:
    """Return the referrals that a hold is about."""
    return [hold.referral_id] if hold.referral_id else store.retention.referrals_of(hold.person_id)


def _due(store: Store, now: datetime, *, most: int, lock: bool = False) -> list[Due]:
    rules, kept = retention_rules(), store.retention
    records = record_rules(rules)
    named = [kind for rule in records for kind in rule.keepers]
    longest = rule_of(rules, None)
    found = kept.copies_due(rules[NOT_ACCEPTED], now, most=most, lock=lock)
    for rule in (*records, rules[NEVER_SENT]):
        found += kept.records_due(
            rule, now, named=named, is_longest=rule is longest, most=most, lock=lock
        )
    return found


def _dispose_of(uow: UnitOfWork[Store], due: Due) -> None:
    kind = due.rule.kind
    if due.handoff_id and due.referral_id:
        uow.store.retention.dispose_of_copy(due.handoff_id, due.keeper, due.rule, at=uow.now)
        uow.emit(
            RecordDisposed(
                about=due.referral_id,
                referral_id=due.referral_id,
                handoff_id=due.handoff_id,
                kind=kind,
            )
        )
        return
    uow.store.people.erase(due.person_id, ERASED_BECAUSE, at=uow.now)
    referrals = uow.store.retention.referrals_of(due.person_id)
    uow.emit(
        PersonErased(
            about=due.person_id,
            organisation=due.keeper,
            reason=ERASED_BECAUSE,
            referrals=len(referrals),
        )
    )
    for id_ in referrals:
        uow.emit(RecordDisposed(about=id_, referral_id=id_, kind=kind))


def _require_ahead(until: date | None, today: date) -> None:
    if until is not None and not today <= until <= today + LONGEST_AHEAD:
        raise InvalidError(
            "hold-ends-unfit",
            "Let the hold end today or later, within 20 years, or leave its end open.",
            errors=[FieldError(pointer="/until", detail="Choose a day that lies ahead.")],
        )


def _tell_read(uow: UnitOfWork[Store], records: int) -> None:
    about = uow.actor.organisation or BOOK
    uow.emit(RecordRead(about=about, what="retention", purpose="audit", records=records))
