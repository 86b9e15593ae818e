"""Lines of events: within a source, a stream and a subject they are numbered 1, 2, 3, … without gaps."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

HEAD = b' {"action":"'
"""What stands in every leaf's line behind its hash: the content's first key, for keys are sorted."""
BEGIN = 64 + len(HEAD)
"""Where in the line the action stands."""
_NUMBER = b',"sequence":'
_NUMBERED = re.compile(
    rb',"sequence":(\d+),(?:"service":"[^"\n]*",)?"source":"([^"\n]*)","subject":"([^"\n]*)","v":'
)
"""What stands behind everything else that a leaf says. Within a value no quotation mark goes unescaped."""

Wrong = tuple[int, str]
"""The number of the first leaf that is wrong, counted from where one began, and how."""


@dataclass(frozen=True)
class Runs:
    """Which part of each line of events a run of leaves holds; packed, for it comes from another process."""

    lines: bytes
    """Their names, joined by line breaks."""
    firsts: array[int]
    lasts: array[int]
    places: array[int]
    """Of the leaf that holds each one's first, counted from the first of the run."""


@dataclass
class Followed:
    """The lines of events in a run of leaves, as far as they were followed."""

    reached: dict[bytes, int] = field(default_factory=dict)
    """By a line's name, the number of its last event; in the order in which they were met."""
    firsts: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("q"))

    def follow(self, leaves: Sequence[bytes], start: int) -> Wrong | None:
        """Follow the lines through *leaves*, the first of which is number *start*; return the first gap.

        Each is a leaf's line in the file. All are searched at once, which takes half as long as each by
        itself.
        """
        ends = b"".join([leaf[leaf.rfind(_NUMBER) :] for leaf in leaves])
        found = _NUMBERED.findall(ends)
        if len(found) != len(leaves):
            found = found[: _first_unnumbered(leaves)]
        streams = [leaf[BEGIN : leaf.find(b".", BEGIN)] for leaf in leaves]
        reached = self.reached
        for place, ((said, source, subject), stream) in enumerate(
            zip(found, streams, strict=False), start
        ):
            line, number = b"/".join((source, stream, subject)), int(said)
            last = reached.get(line)
            if last is None:
                self.firsts.append(number)
                self.places.append(place)
            elif number != last + 1:
                return place, missing(line, last + 1)
            reached[line] = number
        return None if len(found) == len(leaves) else (start + len(found), "not in canonical form")

    def packed(self) -> Runs | None:
        """Return all that was followed."""
        if not self.reached:
            return None
        lasts = array("q", self.reached.values())
        return Runs(b"\n".join(self.reached), self.firsts, lasts, self.places)


def _first_unnumbered(leaves: Sequence[bytes]) -> int:
    """Return the place of the first leaf that does not say which event it is."""
    says = (_NUMBERED.match(leaf, leaf.rfind(_NUMBER)) for leaf in leaves)
    return next(place for place, said in enumerate(says) if not said)


def missing(line: bytes, expected: int) -> str:
    """Say which step of a line of events is not there."""
    return f"step {expected} of {line.decode(errors='replace')} is missing before it"
