"""Between a worker's preferences and how the API and the page say them."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from onward.delivery.hours import Hours
from services.notification.domain.people import Preferences
from services.notification.domain.rules import Urgency
from services.notification.web.people_schemas import DAYS


def preferences_of(said: Mapping[str, Any], before: Preferences) -> Preferences:
    """Return what a loaded `people_schemas.Preferences` says, for the worker of *before*."""
    away = said["away"] or {}
    return Preferences(
        principal=before.principal,
        organisation=before.organisation,
        called=said["called"],
        email=said["email"],
        phone=said["phone"],
        mail_for=_urgencies(said["mail_for"]),
        text_for=_urgencies(said["text_for"]),
        follow=said["follow"],
        hours=_hours(said["hours"]),
        digest_at=_clock(said["digest_at"]),
        language=said["language"],
        away_from=away.get("begins"),
        away_until=away.get("ends"),
        cover=away.get("cover"),
    )


def shown(kept: Preferences) -> dict[str, Any]:
    """Return *kept* as the schema dumps it."""
    hours, away = kept.hours, None
    if kept.cover:
        away = {"begins": kept.away_from, "ends": kept.away_until, "cover": kept.cover}
    return {
        "called": kept.called,
        "email": kept.email,
        "phone": kept.phone,
        "mail_for": list(kept.mail_for),
        "text_for": list(kept.text_for),
        "follow": kept.follow,
        "hours": hours
        and {
            "days": [DAYS[day] for day in hours.days],
            "begins": f"{hours.begins:%H:%M}",
            "ends": f"{hours.ends:%H:%M}",
        },
        "digest_at": f"{kept.digest_at:%H:%M}" if kept.digest_at else None,
        "language": kept.language,
        "away": away,
    }


def _hours(said: Mapping[str, Any] | None) -> Hours | None:
    if said is None:
        return None
    return Hours(
        days=tuple(day for day, name in enumerate(DAYS) if name in said["days"]),
        begins=time.fromisoformat(said["begins"]),
        ends=time.fromisoformat(said["ends"]),
    )


def _clock(said: str | None) -> time | None:
    return time.fromisoformat(said) if said else None


def _urgencies(said: list[str]) -> tuple[Urgency, ...]:
    return tuple(urgency for urgency in Urgency if urgency.value in said)
