"""What a change changes, and whom it touches, in words: a fact, how it was, how it will be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from onward.web.pages import words
from services.directory.domain import eligibility, opening
from services.directory.domain.history import Entry, Fact, Kind, changed_facts
from services.directory.domain.organisations import Organisation
from services.directory.domain.seats import Ledger
from services.directory.domain.services import Service, ServiceStatus
from services.directory.domain.snapshots import written
from services.directory.web.editing import yaml_text
from services.directory.web.editing.inputs import Input, Shape
from services.directory.web.editing.sections import SECTIONS

Names = Mapping[str, str]
AGREED: Final = {
    "/purposes": "Purposes",
    "/sections": "What",
    "/lawful_basis": "Lawful basis",
    "/valid_from": "From",
    "/valid_until": "Last day",
}
NOTHING: Final = ("Nothing",)
FROZEN: Final = (
    (
        ("/terms/", "/limits/", "/asks_for"),
        "Referrals that were sent before keep the terms and limits they were sent with.",
    ),
    (("/eligibility", "/areas"), "Referrals that were sent before are not judged again."),
    (
        ("/providers", "/recipient"),
        "Who provides it sees its places and who waits from now on; who no longer does, does not.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact in words."""

    label: str
    before: Sequence[str]
    after: Sequence[str]


def ids_in(*entries: Entry | None) -> set[UUID]:
    """Return every id that *entries* name, and some that only look like one."""
    return {found for entry in entries if entry is not None for found in _ids(written(entry))}


def differences(before: Entry, after: Entry, names: Names) -> list[Difference]:
    """Return what differs; *names* are those of the ids in both."""
    inputs = _inputs(Kind.of(after))
    return [
        _difference(fact, inputs.get(fact.pointer), names) for fact in changed_facts(before, after)
    ]


def effects(before: Entry, after: Entry, ledger: Ledger | None) -> list[str]:
    """Return what changing *before* to *after* means for people, in sentences."""
    pointers = [fact.pointer for fact in changed_facts(before, after)]
    found = [
        sentence
        for starts, sentence in FROZEN
        if isinstance(after, Service) and any(one.startswith(starts) for one in pointers)
    ]
    if isinstance(after, Organisation) and "/active" in pointers and not after.active:
        found.append("Everybody who works there is signed out, and cannot sign in again.")
    if isinstance(before, Service) and isinstance(after, Service):
        found += _status_effects(before, after)
        found += _people(ledger)
    return found


def _status_effects(before: Service, after: Service) -> Iterator[str]:
    if before.status is after.status:
        return
    if after.status is ServiceStatus.CLOSED:
        yield "Nobody can be referred to it any more, and it cannot be opened again."
    elif after.status is ServiceStatus.PAUSED:
        yield "Nobody new can be referred to it. What was sent before goes on."
    elif after.status is ServiceStatus.ACTIVE:
        yield "It can be referred to from now on."


def _people(ledger: Ledger | None) -> Iterator[str]:
    if ledger is None or not ledger.open:
        return
    wait = len(ledger.queue)
    have = len(ledger.open) - wait
    yield (
        f"{have} {'person has' if have == 1 else 'people have'} a place here and {wait} "
        f"{'waits' if wait == 1 else 'wait'} for one. They keep what they were promised."
    )


def _inputs(kind: Kind) -> Mapping[str, Input]:
    if kind is Kind.AGREEMENT:
        return {pointer: Input(pointer=pointer, label=label) for pointer, label in AGREED.items()}
    return {one.pointer: one for section in SECTIONS[kind] for one in section.inputs}


def _difference(fact: Fact, one: Input | None, names: Names) -> Difference:
    label = one.label if one else words(fact.pointer.rpartition("/")[2])
    before, after = (
        _lines(fact.pointer, value, one, names) for value in (fact.before, fact.after)
    )
    if before == after and one and one.shape is Shape.YAML:
        before, after = (
            yaml_text.write(value).splitlines() for value in (fact.before, fact.after)
        )
    return Difference(label=label, before=before or NOTHING, after=after or NOTHING)


def _lines(pointer: str, value: Any, one: Input | None, names: Names) -> Sequence[str]:
    if pointer == "/eligibility":
        return eligibility.in_words(eligibility.read(value)) if value else ("Nobody says",)
    if pointer == "/opening":
        return opening.in_words(opening.read(value)) if value else ("Nobody says",)
    if isinstance(value, list):
        return [_said(inside, one, names) for inside in value]
    return () if value is None else [_said(value, one, names)]


def _said(value: Any, one: Input | None, names: Names) -> str:
    if isinstance(value, Mapping):
        parts = {part.pointer.lstrip("/"): part for part in one.parts} if one else {}
        told = (_part(value[name], parts.get(name), names) for name in value)
        return ", ".join(text for text in told if text)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    chosen = one.words.get(value) if one else None
    return chosen or names.get(str(value), str(value))


def _part(value: Any, part: Input | None, names: Names) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, list):
        return " ".join(_said(inside, part, names) for inside in value)
    said = _said(value, part, names)
    return f"{part.label.lower()} {said}" if part and part.shape in _COUNTED else said


_COUNTED: Final = {Shape.NUMBER, Shape.DEGREES}


def _ids(value: Any) -> Iterable[UUID]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for inside in value:
            yield from _ids(inside)
    elif isinstance(value, str) and len(value) == len(str(UUID(int=0))):
        try:
            yield UUID(value)
        except ValueError:
            return
