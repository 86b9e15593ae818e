"""Named places where a rehearsal may kill the process, to prove that nothing is lost there.

``ONWARD_CRASH_AT=after-commit`` (or ``after-commit:3`` for the third time it is reached) ends the process
at that point as ``kill -9`` would: no clean-up, no flush. Unset, a point costs one comparison.
"""

import os

POINTS = (
    "after-receive",
    "after-inbox",
    "before-commit",
    "after-commit",
    "before-publish",
    "after-publish",
    "after-mark-sent",
    "before-ack",
    "after-ack",
)

_point, _, _count = os.environ.get("ONWARD_CRASH_AT", "").partition(":")
_remaining = int(_count or 1)

WANTED = bool(_point)
"""Whether this process is part of a rehearsal."""

if WANTED and _point not in POINTS:
    raise ValueError(f"ONWARD_CRASH_AT must be one of {', '.join(POINTS)}")


def reached(point: str, *, when: bool = True) -> None:
    """End the process here when a rehearsal asked for it; *when* says whether it counts this time."""
    global _remaining  # noqa: PLW0603 - the rehearsal's own counter
    if point != _point or not when:
        return
    _remaining -= 1
    if _remaining == 0:
        os._exit(137)
