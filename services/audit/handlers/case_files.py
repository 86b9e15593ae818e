"""Keep case files: what an auditor looks into, what changed since they looked, and all of it in one file."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from onward.contracts.audit import CaseFileChanged
from onward.database import UnitOfWork
from onward.errors import ConflictError, InvalidError, NotFoundError
from onward.ids import new_id
from services.audit.domain.casefile import packed
from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.leaf import Entry, canonical
from services.audit.handlers.exporting import export_trail
from services.audit.handlers.notary import Notary
from services.audit.handlers.proving import prove_consistency, sealed
from services.audit.handlers.reading import tell_read
from services.audit.handlers.writing import WRITERS, row_of
from services.audit.storage.cases import Case, Note, Watched
from services.audit.storage.entries import Filters
from services.audit.storage.store import Store

MOST_CASES: Final = 200
"""Of one organisation."""
MOST_REFERRALS: Final = 20
"""In one case file: each is a bundle of its own when it is taken away."""
MOST_NOTES: Final = 200
CHANGES: Final = 50
"""New leaves that are shown."""
FOUND: Final = 1000
"""Leaves of its search that are taken away, the newest."""
_README: Final = """\
A case file from an Onward audit log.

    onward-verify FILE.zip --key LOG_KEY

checks that the log's key signed the list of files, that each is as it was listed, and each bundle of
evidence under referrals/ as if it stood alone. checkpoint-kept.txt is the log as it was when somebody last
took note of it, checkpoint.txt as it is now, and proof.json shows that the one begins with the other.
case.json holds what was written and searched for, search.jsonl what was found, newest first.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case file with everything in it, held against the log as it is now."""

    case: Case
    kept: Checkpoint | None
    """What was signed over the log as it was then; None when it is gone."""
    now: Checkpoint | None
    """The newest; None for a log that was never signed."""
    only_grew: bool
    """Whether the log still begins with what the case file was seen under."""
    watched: Sequence[Watched]
    changes: Sequence[Entry]
    """New leaves about its referrals or fitting its search, the newest `CHANGES`."""
    more: bool
    """Whether there are older new ones."""
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Who keeps case files in this process: signs, and seals what is written."""

    notary: Notary
    secret_key: str


def begin(
    uow: UnitOfWork[Store],
    keeper: Keeper,
    *,
    title: str,
    search: Filters | None,
    referrals: Sequence[UUID],
) -> Case:
    """Begin a case file, held against the log as it is now.

    Raises `ConflictError` when there are too many or the log is not sound, `NotFoundError` for a referral
    that the log does not know.
    """
    if len(_listed(uow, keeper)) >= MOST_CASES:
        raise ConflictError("too-many-case-files", "Throw away a case file that is done with.")
    case = Case(
        id=new_id(),
        organisation=uow.actor.organisation,
        made_by=uow.actor.principal,
        made_at=uow.now,
        size=sealed(uow, keeper.notary).size,
        looked_at=uow.now,
        title=title,
        search=search,
    )
    uow.store.cases.add(case, secret_key=keeper.secret_key)
    _put_in(uow, case, referrals)
    _tell(uow, case, "begun")
    return case


def list_cases(uow: UnitOfWork[Store], keeper: Keeper) -> list[Case]:
    """Return the case files of the actor's organisation, newest first."""
    return _listed(uow, keeper)


def open_case(uow: UnitOfWork[Store], keeper: Keeper, id_: UUID) -> Opened:
    """Return a case file with what changed since somebody took note. Raises `NotFoundError`."""
    case = _found(uow, keeper, id_)
    store = uow.store
    watched = store.cases.watched(case)
    changes = _changes(store, case, [each.referral for each in watched])
    tell_read(uow, "case-file", len(changes), about=case.id, referral=None)
    now = store.checkpoints.latest()
    kept = store.checkpoints.over(case.size)
    return Opened(
        case=case,
        kept=kept,
        now=now,
        only_grew=_only_grew(store, kept, now),
        watched=watched,
        changes=changes[:CHANGES],
        more=len(changes) > CHANGES,
        notes=store.cases.notes(case, secret_key=keeper.secret_key),
    )


def put_in(uow: UnitOfWork[Store], keeper: Keeper, id_: UUID, referral: UUID) -> Case:
    """Put a referral into a case file. Raises `NotFoundError`, and `InvalidError` when it is full."""
    case = _found(uow, keeper, id_, lock=True)
    _put_in(uow, case, [referral])
    _tell(uow, case, "referral-added")
    return case


def write(uow: UnitOfWork[Store], keeper: Keeper, id_: UUID, text: str) -> Note:
    """Write a note into a case file. Raises `NotFoundError`, and `InvalidError` when it is full."""
    case = _found(uow, keeper, id_, lock=True)
    if len(uow.store.cases.notes(case, secret_key=keeper.secret_key)) >= MOST_NOTES:
        raise InvalidError(
            "case-file-full", f"A case file holds {MOST_NOTES} notes: begin another."
        )
    note = Note(id=new_id(), by=uow.actor.principal, at=uow.now, text=text)
    uow.store.cases.write(case, note, secret_key=keeper.secret_key)
    _tell(uow, case, "noted")
    return note


def take_note(uow: UnitOfWork[Store], keeper: Keeper, id_: UUID) -> Case:
    """Hold a case file against the log as it is now: what is new so far is new no more.

    Raises `NotFoundError`, `ConflictError` when the log is not sound.
    """
    case = _found(uow, keeper, id_, lock=True)
    after = replace(case, size=sealed(uow, keeper.notary).size, looked_at=uow.now)
    uow.store.cases.look(case, size=after.size, at=uow.now)
    _tell(uow, case, "looked-at")
    return after


def drop(uow: UnitOfWork[Store], keeper: Keeper, id_: UUID) -> None:
    """Throw a case file away, with all that was written into it. Raises `NotFoundError`."""
    case = _found(uow, keeper, id_, lock=True)
    uow.store.cases.drop(case)
    _tell(uow, case, "dropped")


def take_away(uow: UnitOfWork[Store], keeper: Keeper, id_: UUID) -> bytes:
    """Return all of a case file as one ZIP; the evidence in it is on record as any export.

    Raises `NotFoundError`, `ConflictError` when the log is not sound.
    """
    opened = open_case(uow, keeper, id_)
    if opened.kept is None or not opened.only_grew:
        raise ConflictError(
            "log-not-sound",
            "The log no longer begins with what this case file was seen under; tell the operator of"
            " Onward.",
        )
    now = sealed(uow, keeper.notary)
    proof = prove_consistency(uow.store, opened.kept.size, now.size).proof
    files = {
        "README.txt": _README.encode(),
        "case.json": _written(opened),
        "checkpoint.txt": now.note.encode(),
        "checkpoint-kept.txt": opened.kept.note.encode(),
        "proof.json": canonical({"proof": [b64encode(each).decode() for each in proof]}),
    }
    if search := opened.case.search:
        found = uow.store.entries.search(search, before=now.size, limit=FOUND)
        rows = [row_of(entry) for entry in found]
        files["search.jsonl"] = b"".join(WRITERS["jsonl"]([rows]))
    for each in opened.watched:
        made = export_trail(uow, each.referral, keeper.notary)
        files[f"referrals/{each.referral}.jsonl"] = made.content
    return packed(opened.case.id, files, keeper.notary.signer, made=uow.now)


def _written(opened: Opened) -> bytes:
    case, search = opened.case, opened.case.search
    wanted = (
        {}
        if search is None
        else {
            name: str(value)
            for name in ("referral", "organisation", "principal", "action", "since", "until")
            if (value := getattr(search, name)) is not None
        }
    )
    return canonical(
        {
            "id": str(case.id),
            "title": case.title,
            "made_by": case.made_by,
            "made_at": case.made_at.isoformat(),
            "looked_at": case.looked_at.isoformat(),
            "size": case.size,
            "search": wanted,
            "referrals": [str(each.referral) for each in opened.watched],
            "notes": [
                {"by": note.by, "at": note.at.isoformat(), "text": note.text}
                for note in opened.notes
            ],
        }
    )


def _changes(store: Store, case: Case, referrals: Sequence[UUID]) -> list[Entry]:
    """Return the newest leaves since the case file's checkpoint, one more than are shown."""
    wanted = [Filters(referrals=tuple(referrals))] if referrals else []
    wanted += [case.search] if case.search else []
    found = {
        entry.number: entry
        for filters in wanted
        for entry in store.entries.search(
            replace(filters, from_number=case.size), before=None, limit=CHANGES + 1
        )
        if entry.facts.subject != case.id  # that it was looked at is no news to who looks at it
    }
    return [found[number] for number in sorted(found, reverse=True)][: CHANGES + 1]


def _only_grew(store: Store, kept: Checkpoint | None, now: Checkpoint | None) -> bool:
    if kept is None or now is None:
        return False
    try:
        between = prove_consistency(store, kept.size, now.size)
    except (ConflictError, InvalidError):
        return False
    return (between.old_root, between.new_root) == (kept.root, now.root)


def _put_in(uow: UnitOfWork[Store], case: Case, referrals: Sequence[UUID]) -> None:
    there = {each.referral for each in uow.store.cases.watched(case)}
    if len(there | set(referrals)) > MOST_REFERRALS:
        raise InvalidError(
            "case-file-full", f"A case file holds {MOST_REFERRALS} referrals: begin another."
        )
    for referral in referrals:
        if not uow.store.entries.search(Filters(referral=referral), before=None, limit=1):
            raise NotFoundError("trail")
    uow.store.cases.put_in(case, referrals, at=uow.now)


def _listed(uow: UnitOfWork[Store], keeper: Keeper) -> list[Case]:
    return uow.store.cases.of(
        uow.actor.organisation, secret_key=keeper.secret_key, most=MOST_CASES
    )


def _found(uow: UnitOfWork[Store], keeper: Keeper, id_: UUID, *, lock: bool = False) -> Case:
    case = uow.store.cases.one(
        id_, uow.actor.organisation, secret_key=keeper.secret_key, lock=lock
    )
    if case is None:
        raise NotFoundError("case-file")
    return case


def _tell(uow: UnitOfWork[Store], case: Case, change: str) -> None:
    uow.emit(CaseFileChanged(case_id=case.id, change=change))
