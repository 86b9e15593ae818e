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
_SOURCE = b'"source":"'
_SUBJECT = b'","subject":"'
_NUMBERED = re.compile(
    rb',"sequence":(\d+),(?:"service":"[^"\n]*",)?("source":"[^"\n]*","subject":"[^"\n]*)","v":'
)
"""What stands behind everything else that a leaf says. Within a value no quotation mark goes unescaped."""

Wrong = tuple[int, str]
"""The number of the first leaf that is wrong, counted from where one began, and how."""


@dataclass(frozen=True)
class Runs:
    """Which part of each line of events a run of leaves holds; packed, for it comes from another process.

    Most lines begin and end within a run, so that those that begin in it are kept by themselves: they are
    taken over together.
    """

    begun: bytes
    """The names, joined by line breaks, of the lines whose first event is here."""
    lasts: array[int]
    """The number of the last event of each of those."""
    resumed: Sequence[tuple[bytes, int, int, int]]
    """Of the other lines: name, first number, last number, and the place of the leaf that holds the first,
    counted from the first of the run."""
    places: array[int]
    """The same place of each of `begun`."""


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
        reached, known = self.reached, self.reached.get
        for place, ((said, rest), stream) in enumerate(zip(found, streams, strict=False), start):
            line, number = stream + rest, int(said)
            last = known(line)
            if last is None:
                self.firsts.append(number)
                self.places.append(place)
            elif number != last + 1:
                return place, missing(named(line), last + 1)
            reached[line] = number
        return None if len(found) == len(leaves) else (start + len(found), "not in canonical form")

    def packed(self) -> Runs | None:
        """Return all that was followed."""
        if not self.reached:
            return None
        names, lasts = list(self.reached), array("q", self.reached.values())
        if self.firsts.count(1) == len(names):
            return Runs(b"\n".join(names), lasts, (), self.places)
        all_ = list(zip(names, self.firsts, lasts, self.places, strict=True))
        begun = [each for each in all_ if each[1] == 1]
        return Runs(
            b"\n".join([name for name, _, _, _ in begun]),
            array("q", [last for _, _, last, _ in begun]),
            [each for each in all_ if each[1] != 1],
            array("q", [place for _, _, _, place in begun]),
        )


def named(line: bytes) -> str:
    """Return what a line is called to people: source, stream and subject."""
    stream, source, subject = line.replace(_SOURCE, b"/").replace(_SUBJECT, b"/").split(b"/", 2)
    return b"/".join((source, stream, subject)).decode(errors="replace")


def _first_unnumbered(leaves: Sequence[bytes]) -> int:
    """Return the place of the first leaf that does not say which event it is."""
    says = (_NUMBERED.match(leaf, leaf.rfind(_NUMBER)) for leaf in leaves)
    return next(place for place, said in enumerate(says) if not said)


def missing(line: str, expected: int) -> str:
    """Say which step of a line of events is not there."""
    return f"step {expected} of {line} is missing before it"
