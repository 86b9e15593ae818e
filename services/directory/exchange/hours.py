"""Read Open Referral's schedules as an opening document, and hold both forms of a fact together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from onward.errors import InvalidError
from services.directory.domain import eligibility, opening
from services.directory.domain.open_referral.schedules import schedules
from services.directory.domain.open_referral.writing import ages
from services.directory.domain.opening.sessions import WEEKDAYS
from services.directory.domain.opening.times import DAY, DAYS

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-4]):[0-5][0-9](:00)?Z?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODES: Final = dict(zip(WEEKDAYS, DAYS, strict=True))
_COMPARED: Final = frozenset(
    {"freq", "interval", "byday", "bymonthday", "opens_at", "closes_at", "dtstart", "valid_to"}
)
LONGEST: Final = 300
"""Characters of a sentence in an opening document."""


@dataclass(slots=True, kw_only=True)
class Found:
    """What schedules come to."""

    document: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Where the schedules say what the document says."""
    left_out: list[str] = field(default_factory=list)


def read(said: Sequence[tuple[str, Mapping[str, Any]]]) -> Found:
    """Return the opening document of schedules, each with where it stands.

    Weekly hours and repeated sessions are read; of others the description is kept as what is not stated.
    """
    found = Found()
    for place, one in said:
        hours = _weekly(one) or _session(one)
        if hours:
            name = "sessions" if "rule" in hours else "weekly"
            listed = found.document.setdefault(name, [])
            found.places[f"/opening/{name}/{len(listed)}"] = place
            listed.append(hours)
        elif _is_sentence(one.get("description")):
            unstated = found.document.setdefault("unstated", [])
            found.places[f"/opening/unstated/{len(unstated)}"] = f"{place}/description"
            unstated.append(one["description"].strip())
        else:
            found.left_out.append(place[1:])
    return found


def agree(said: Sequence[Mapping[str, Any]], document: Any) -> bool:
    """Tell whether schedules are those of an opening *document*; one that cannot be read says so itself."""
    try:
        made = list(schedules(opening.read(document)))
    except InvalidError:
        return True
    return [_compared(one) for one in said] == [_compared(one) for one in made]


def ages_of(document: Any) -> tuple[int | None, int | None]:
    """Return the least and the greatest age of an eligibility *document*. Raises `InvalidError`."""
    return ages(eligibility.read(document))


def _compared(schedule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schedule.items() if name in _COMPARED}


def _weekly(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return hours of every week; None for anything else."""
    days = str(said.get("byday") or "").split(",")
    span = _span(said)
    plain = said.get("freq") == "WEEKLY" and said.get("interval") in (None, 1)
    limited = any(said.get(name) for name in ("dtstart", "valid_from", "valid_to", "bymonthday"))
    if not plain or limited or not span or not set(days) <= _CODES.keys():
        return None
    return {"days": [_CODES[day] for day in days], **span}


def _session(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a session that is repeated from a first day on; None for anything else."""
    span, first = _span(said), str(said.get("dtstart") or "")
    if not span or not _DAY.fullmatch(first) or said.get("freq") not in ("WEEKLY", "MONTHLY"):
        return None
    minutes = _minutes(span["to"]) - _minutes(span["from"])
    parts = {
        "FREQ": said["freq"],
        "INTERVAL": said.get("interval"),
        "BYDAY": said.get("byday"),
        "BYMONTHDAY": said.get("bymonthday"),
        "UNTIL": str(said.get("valid_to") or "").replace("-", ""),
    }
    rule = ";".join(
        f"{name}={value}" for name, value in parts.items() if value not in {None, "", 1}
    )
    session = {"rule": rule, "starts": f"{first}T{span['from']}", "minutes": minutes % DAY or DAY}
    name = said.get("notes")
    return {"name": str(name).strip(), **session} if _is_sentence(name) else session


def _span(said: Mapping[str, Any]) -> dict[str, str] | None:
    begins, ends = str(said.get("opens_at")), str(said.get("closes_at"))
    if not _CLOCK.fullmatch(begins) or not _CLOCK.fullmatch(ends):
        return None
    return {"from": begins[:5], "to": ends[:5]}


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _is_sentence(said: Any) -> bool:
    return isinstance(said, str) and 0 < len(said.strip()) <= LONGEST
