"""Write a service's opening as the document that reads as the same."""

from typing import Any

from services.directory.domain.opening.reading import LONDON
from services.directory.domain.opening.sessions import write_rule
from services.directory.domain.opening.times import (
    DAY,
    DAYS,
    BankHolidays,
    Exceptional,
    Opening,
    Session,
    Span,
    Weekly,
)


def write(opening: Opening) -> dict[str, Any]:
    """Return the shortest document that reads as *opening*."""
    said = {
        "time_zone": opening.zone.key if opening.zone.key != LONDON else None,
        "always": opening.always,
        "weekly": [_weekly(one) for one in opening.weekly],
        "sessions": [_session(one) for one in opening.sessions],
        "bank_holidays": opening.bank_holidays and _bank_holidays(opening.bank_holidays),
        "exceptions": [_exception(one) for one in opening.exceptions],
        "unstated": list(opening.unstated),
    }
    return {name: value for name, value in said.items() if value}


def _weekly(hours: Weekly) -> dict[str, Any]:
    days = [code for code, number in DAYS.items() if number in hours.days]
    return {"days": days, **_span(hours.span)}


def _session(session: Session) -> dict[str, Any]:
    said = {
        "rule": write_rule(session.repeat),
        "starts": f"{session.starts:%Y-%m-%dT%H:%M}",
        "minutes": session.minutes,
    }
    return {"name": session.name, **said} if session.name else said


def _bank_holidays(rule: BankHolidays) -> Any:
    if rule.as_usual:
        return "as_usual"
    return [_span(span) for span in rule.spans] or "closed"


def _exception(exception: Exceptional) -> dict[str, Any]:
    said: dict[str, Any] = {"day": exception.first.isoformat()}
    if exception.last != exception.first:
        said["to"] = exception.last.isoformat()
    if exception.spans:
        said["hours"] = [_span(span) for span in exception.spans]
    else:
        said["closed"] = True
    return said | ({"says": exception.says} if exception.says else {})


def _span(span: Span) -> dict[str, str]:
    ends = span.ends if span.ends <= DAY else span.ends - DAY
    return {"from": _clock(span.begins), "to": _clock(ends)}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
