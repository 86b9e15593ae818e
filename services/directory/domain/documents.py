"""Read documents that people write: every mistake is named by its place, with what to change."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, TypeVar

from onward.errors import FieldError

W = TypeVar("W", bound=StrEnum)
LONGEST: Final = 300
"""Characters of a sentence."""
_NAMEABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_HIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Reading:
    """One reading of one document: collects every mistake instead of stopping at the first."""

    def __init__(self, pointer: str = "") -> None:
        """Read the document that stands at *pointer*."""
        self._pointer = pointer
        self._errors: list[FieldError] = []

    def wrong(self, pointer: str, detail: str) -> None:
        """Note that what stands at *pointer* has to change as *detail* says."""
        self._errors.append(FieldError(pointer=self._pointer + pointer, detail=detail))

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """Everything that was wrong so far."""
        return tuple(self._errors)

    def is_object(self, said: Any, pointer: str, keys: Iterable[str]) -> bool:
        """Tell whether *said* is an object, and name what it holds beside *keys*."""
        if not isinstance(said, Mapping):
            self.wrong(pointer, "Give an object here.")
            return False
        known = [str(key) for key in keys]
        for key in said:
            if key not in known:
                where = f"{pointer}/{key}" if nameable(key) else pointer
                self.wrong(where, f"A key here is not known{near(key, known)}.")
        return True

    def items(self, said: Any, pointer: str, most: int, *, fewest: int = 0) -> list[Any]:
        """Return the list that *said* is; an empty one, with the mistake noted, where it is none."""
        if isinstance(said, list) and fewest <= len(said) <= most:
            return said
        self.wrong(pointer, f"Give a list of {fewest} to {most} entries.")
        return []

    def sentence(self, said: Any, pointer: str) -> str:
        """Return the sentence that *said* is."""
        if not isinstance(said, str) or not 0 < len(said.strip()) <= LONGEST:
            self.wrong(pointer, f"Say it in words, in {LONGEST} characters at most.")
            return ""
        if _HIDDEN.search(said):
            self.wrong(pointer, "Remove the control characters.")
        return said.strip()

    def maybe_sentence(self, said: Mapping[str, Any], key: str, pointer: str) -> str | None:
        """Return the sentence under *key*, or None without one."""
        return self.sentence(said[key], f"{pointer}/{key}") if key in said else None

    def sentences(self, said: Any, pointer: str, most: int) -> tuple[str, ...]:
        """Return the list of sentences that *said* is."""
        found = self.items(said, pointer, most)
        return tuple(self.sentence(one, f"{pointer}/{at}") for at, one in enumerate(found))

    def word(self, said: Any, pointer: str, words: type[W], default: W) -> W:
        """Return which of *words* is said; *default*, with the mistake noted, for any other."""
        if isinstance(said, str) and said in list(words):
            return words(said)
        self.wrong(pointer, f"Use one of: {', '.join(words)}.")
        return default


def near(said: Any, known: Iterable[str]) -> str:
    """Return a hint at the one of *known* that was probably meant, or nothing."""
    found = get_close_matches(said, list(known), n=1) if nameable(said) else []
    return f"; perhaps {found[0]}" if found else ""


def nameable(said: Any) -> bool:
    """Tell whether *said* may be told back: anything else could be what belongs elsewhere."""
    return isinstance(said, str) and _NAMEABLE.fullmatch(said) is not None
