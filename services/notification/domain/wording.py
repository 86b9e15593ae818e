"""What a wording is, and what may be said at all; `english` and `welsh` are the catalogues.

A wording can name a service, an organisation, a reference and a time. There is no field for anything about
a person, so that none can be said.
"""

from dataclasses import dataclass, fields
from string import Formatter
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a wording may take up."""

    service: str
    """The service's name in the directory."""
    organisation: str
    """The other side's name in the directory."""
    reference: str
    """The handoff's, as `onward.ids.reference` makes it."""
    until: str
    """A time that matters, written for a reader; empty where none does."""


FIELDS: Final = frozenset(field.name for field in fields(Facts))


class WordingError(ValueError):
    """A wording asks for something it may not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One thing we say: what happened, and what to do."""

    subject: str
    """At most a line: the title of a notice, the subject of an e-mail."""
    happened: str
    todo: str
    page: str = "/referrals/{about}"
    """Where the reader goes; ``{about}`` is the referral's id."""

    def __post_init__(self) -> None:
        """Raise `WordingError` when a sentence takes a field that `Facts` does not have."""
        for text in (self.subject, self.happened, self.todo):
            if strange := placeholders(text) - FIELDS:
                raise WordingError(f"A wording may not take {', '.join(sorted(strange))}.")
        if strange := placeholders(self.page) - {"about"}:
            raise WordingError(f"A link may not take {', '.join(sorted(strange))}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a wording in an e-mail or a text message."""

    urgent: str
    """Takes ``{subject}``."""
    emergency: str
    """Takes ``{subject}``."""
    todo: str
    reference: str
    open: str
    sign_in: str
    choices: str
    digest: str
    """Takes ``{count}``, two or more."""
    digest_one: str
    stop: str
    covering: str
    """Why somebody gets it who covers; for whom is said behind the login alone."""
    covering_text: str
    """The same in a text message, where every letter counts."""
    service: str
    """Said of a service whose name the directory has not told."""
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A wording with its facts filled in."""

    subject: str
    happened: str
    todo: str
    path: str


def placeholders(text: str) -> frozenset[str]:
    """Return the fields *text* takes, attribute look-ups and nested fields included as they stand."""
    found = set()
    for _, name, nested, _ in Formatter().parse(text):
        if name is not None:
            found.add(name)
            found |= placeholders(nested or "")
    return frozenset(found)
