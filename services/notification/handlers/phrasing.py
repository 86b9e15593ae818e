"""Say a notice or an e-mail: a wording from the catalogue with the names and times it takes up."""

from datetime import datetime
from typing import Final
from uuid import UUID

from onward.web.pages import moment as written
from services.notification.domain.messages import Letter, Message, Notice
from services.notification.domain.wording import Facts, Said, reference, say

_LONGEST_NAME: Final = 100


def phrase_notice(notice: Notice) -> Said:
    """Return what a notice says."""
    facts = _facts(notice.service, notice.counterpart, _referred(notice), notice.moment)
    return say(notice.template, facts, about=notice.about)


def phrase_letter(letter: Letter) -> Said:
    """Return what an e-mail says."""
    message = letter.message
    facts = _facts(letter.service, letter.counterpart, _referred(message), message.moment)
    return say(message.template, facts, about=message.about)


def reference_of(notice: Notice) -> str:
    """Return the reference that people quote to each other."""
    return reference(_referred(notice))


def _referred(told: Notice | Message) -> UUID:
    return told.handoff_id or told.about


def _facts(
    service: str | None, counterpart: str | None, referred: UUID, moment: datetime | None
) -> Facts:
    return Facts(
        service=_name(service) or "the service",
        organisation=_name(counterpart) or "the other organisation",
        reference=reference(referred),
        until=written(moment),
    )


def _name(name: str | None) -> str:
    """Keep a name to one short line, whatever the directory was told."""
    return " ".join((name or "").split())[:_LONGEST_NAME]
