"""Say a notice, an e-mail or a text message: a wording with the names and times it takes up."""

from datetime import datetime
from typing import Final
from uuid import UUID

from babel.dates import format_date, format_time

from onward.identity import Role
from onward.ids import reference
from onward.web.pages import LONDON
from onward.web.pages import moment as written
from services.notification.domain.messages import Letter, Message, Notice
from services.notification.domain.rules import Urgency
from services.notification.domain.saying import frame, say
from services.notification.domain.wording import Facts, Said

_LONGEST_NAME: Final = 100


def phrase_notice(notice: Notice, language: str, role: Role) -> Said:
    """Return what a notice says in *language* to somebody in *role*."""
    facts = _facts(
        notice.service,
        notice.counterpart,
        _referred(notice),
        notice.moment,
        language=language,
    )
    return say(notice.template, facts, about=notice.about, language=language, role=role)


def phrase_letter(letter: Letter) -> Said:
    """Return what an e-mail says."""
    message = letter.message
    facts = _facts(
        letter.service,
        letter.counterpart,
        _referred(message),
        message.moment,
        language=letter.language,
    )
    return say(
        message.template,
        facts,
        about=message.about,
        language=letter.language,
        role=letter.role,
    )


def phrase_text(letter: Letter, public_url: str) -> str:
    """Return what a text message says: one line and where to read more."""
    said = phrase_letter(letter)
    why = f" {frame(letter.language).covering_text}" if letter.covering else ""
    return f"{title_of(letter, said)}.{why} {public_url}{said.path}"


def title_of(letter: Letter, said: Said) -> str:
    """Return what an e-mail or text message that says *said* begins with.

    How soon to look, at what, and the reference.
    """
    words = frame(letter.language)
    hurry = {Urgency.URGENT: words.urgent, Urgency.EMERGENCY: words.emergency}
    first = hurry.get(letter.message.urgency, "{subject}").format(subject=said.subject)
    return f"{first} ({reference_in(letter)})"


def reference_in(letter: Letter) -> str:
    """Return the reference that people quote to each other."""
    return reference(_referred(letter.message))


def reference_of(notice: Notice) -> str:
    """Return the reference that people quote to each other."""
    return reference(_referred(notice))


def _referred(told: Notice | Message) -> UUID:
    return told.handoff_id or told.about


def _facts(
    service: str | None,
    counterpart: str | None,
    referred: UUID,
    moment: datetime | None,
    *,
    language: str,
) -> Facts:
    words = frame(language)
    return Facts(
        service=_name(service) or words.service,
        organisation=_name(counterpart) or words.organisation,
        reference=reference(referred),
        until=until(moment, language),
    )


def until(moment: datetime | None, language: str) -> str:
    """Return a moment as what is said in *language* writes it, empty for None."""
    if moment is None or language == "en":
        return written(moment)
    local = moment.astimezone(LONDON)
    on = format_date(local.date(), "d MMMM y", locale=language)
    return f"{on}, {format_time(local.time(), 'HH:mm', locale=language)}"


def _name(name: str | None) -> str:
    """Keep a name to one short line, whatever the directory was told."""
    return " ".join((name or "").split())[:_LONGEST_NAME]
