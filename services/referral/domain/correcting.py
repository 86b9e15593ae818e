"""Correct what a recipient was told about a person, within what it was allowed to be told at sending."""

from collections.abc import Collection, Mapping
from typing import Final

from services.referral.domain.pack import CONTACT, FROM_PERSON, SAFE_TO_CONTACT, Sections, Value

SAFE: Final = frozenset({SAFE_TO_CONTACT, f"{CONTACT}.note"})
"""What must never happen, and what to beware of: reaches everybody who was told how to reach the person."""


def differing(before: Sections, after: Sections) -> tuple[str, ...]:
    """Return the names (``section.field``) of what one says otherwise than the other, sorted."""
    was, now = _flat(before), _flat(after)
    return tuple(sorted(name for name in was.keys() | now if was.get(name) != now.get(name)))


def corrected(
    pack: Sections,
    record: Sections,
    *,
    told: Collection[str],
    may: Collection[str],
    is_open: bool,
) -> dict[str, dict[str, Value]]:
    """Return the sections of *pack* that come from the person's record, as they read from now on.

    *record* is what the record says now, *told* what the recipient was told before, *may* what it may be
    told today. Whoever's part has ended keeps what was true then, and is told only how not to get in touch.
    """
    knows_contact = any(name.startswith(f"{CONTACT}.") for name in told)

    def follows(name: str) -> bool:
        if name in SAFE and knows_contact:
            return True
        return is_open and (name in told or name in may)

    made: dict[str, dict[str, Value]] = {}
    for section in FROM_PERSON:
        was, now = pack.get(section, {}), record.get(section, {})
        read = {name: now if follows(f"{section}.{name}") else was for name in {**now, **was}}
        made[section] = {name: said[name] for name, said in read.items() if name in said}
    return made


def _flat(sections: Sections) -> Mapping[str, Value]:
    return {
        f"{section}.{name}": value
        for section in FROM_PERSON
        for name, value in sections.get(section, {}).items()
    }
