"""What every page shares: templates, navigation by role, and how facts are written."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, request
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader

from onward.identity import Role
from onward.ids import reference
from onward.languages import ENGLISH, marked
from onward.plurals import counted, noun
from onward.web.assets import asset_url
from onward.web.context import current_caller, current_running
from onward.web.forms import once
from onward.web.languages import current_language, language_names, other_languages

LONDON: Final = ZoneInfo("Europe/London")
_WORKERS: Final = frozenset({Role.CASEWORKER, Role.TEAM_LEAD})
_PEOPLE: Final = _WORKERS | {Role.EDITOR, Role.AUDITOR, Role.OPERATOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the navigation."""

    href: str
    text: str
    roles: frozenset[Role]


NAVIGATION: Final = (
    Place(href="/inbox", text=marked("Inbox"), roles=_WORKERS),
    Place(href="/refer", text=marked("Refer"), roles=_WORKERS),
    Place(href="/directory", text=marked("Directory"), roles=_PEOPLE),
    Place(href="/notifications", text=marked("Notifications"), roles=_PEOPLE),
    Place(
        href="/integrations",
        text=marked("Integrations"),
        roles=frozenset({Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR}),
    ),
    Place(
        href="/audit",
        text=marked("Audit"),
        roles=frozenset({Role.AUDITOR, Role.TEAM_LEAD, Role.OPERATOR}),
    ),
)
"""Who sees which entry; each route itself decides who may go there, and a test holds the two equal."""


ROLES: Final = (
    marked("Caseworker"),
    marked("Team lead"),
    marked("Editor"),
    marked("Auditor"),
    marked("Operator"),
)
"""What the header calls somebody whose name it does not know."""


def draw_pages(app: Flask) -> None:
    """Give *app* the shared templates, filters and facts."""
    app.jinja_options = {
        **app.jinja_options,
        "undefined": ChainableUndefined,
        "autoescape": True,  # Flask goes by the file's name, and the components' are no .html
    }
    app.jinja_loader = ChoiceLoader(
        [PackageLoader("onward.web"), PackageLoader("nhsuk_frontend_jinja")]
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        moment=moment,
        day=day,
        short=short,
        clock_time=clock_time,
        words=words,
        iso=iso,
        reference=reference,
        counted=counted,
        noun=noun,
    )
    app.jinja_env.globals.update(asset_url=asset_url, once=once, day=day)
    app.context_processor(_shared)


def _shared() -> dict[str, Any]:
    caller = current_caller()
    return {
        "caller": caller,
        "navigation": navigation(caller.actor.role if caller and caller.session else None),
        "page_language": current_language(),
        "other_languages": other_languages,
        "language_names": language_names,
        "service_name": current_running().service.name,
        "now": current_running().clock.now(),
    }


def navigation(role: Role | None) -> list[dict[str, object]]:
    """Return the entries *role* sees, the current one marked."""
    return [
        {"href": place.href, "text": place.text, "current": _is_under(place.href)}
        for place in NAVIGATION
        if role in place.roles
    ]


def _is_under(href: str) -> bool:
    return request.path == href or request.path.startswith(href + "/")


def moment(at: datetime | None) -> str:
    """Write a moment as people in Britain say it: ``21 November 2026, 9:30am``."""
    return f"{day(at)}, {clock_time(at)}" if at else ""


def day(on: date | None) -> str:
    """Write a day: ``21 November 2026``; of a moment, the day it is in London."""
    if on is None:
        return ""
    local = on.astimezone(LONDON) if isinstance(on, datetime) else on
    return _in_other_words(local, "d MMMM y") or f"{local.day} {local:%B %Y}"


def clock_time(at: datetime) -> str:
    """Write the time of day in London: ``9:30am``."""
    local = at.astimezone(LONDON)
    if current_language().code != ENGLISH:
        return f"{local:%H:%M}"
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon


def short(at: datetime, now: datetime) -> str:
    """Write a moment briefly: ``2 Nov, 4:00pm``; another year than that of *now* is named."""
    local = at.astimezone(LONDON)
    if local.year == now.astimezone(LONDON).year:
        on = _in_other_words(local, "d MMM") or f"{local.day} {local:%b}"
    else:
        on = _in_other_words(local, "d MMM y") or f"{local.day} {local:%b} {local.year}"
    return f"{on}, {clock_time(at)}"


def _in_other_words(on: date, pattern: str) -> str | None:
    """Return *on* as the page's language writes it; None in English, which needs no library for it."""
    language = current_language().code
    if language == ENGLISH:
        return None
    from babel.dates import format_date  # noqa: PLC0415 - costs time that only other languages pay

    return format_date(on, pattern, locale=language)


def iso(at: date | None) -> str:
    """Write a moment for machines, as in ``<time datetime=…>``."""
    return at.isoformat() if at else ""


def words(code: str | None) -> str:
    """Write a code as words: ``no-capacity`` as ``No capacity``."""
    text = (code or "").replace("_", " ").replace("-", " ").replace(".", " ")
    return text[:1].upper() + text[1:]


def safe_next(address: str | None, default: str = "/") -> str:
    """Return *address* when it is a path on this origin, else *default* (no open redirects)."""
    if not address or not address.startswith("/") or address[1:2] in {"/", "\\"}:
        return default
    return address if address.isprintable() and "\\" not in address else default
