"""Send due text messages: claimed in one transaction, sent outside any, settled each in its own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast

import structlog

from onward.service import RunningService
from services.notification.domain.messages import Letter
from services.notification.domain.retries import Outcome
from services.notification.handlers.phrasing import phrase_text
from services.notification.handlers.settling import settle
from services.notification.timers.sms import NOT_INSTALLED, GovUkNotify, TextSender, read_url

BATCH: Final = 20
LEASE: Final = timedelta(minutes=6)
"""After this long another process takes a claimed message: longer than a batch of silence lasts."""
NOT_SET_UP: Final = "sms-not-set-up"
NO_NUMBER: Final = "no-number"
SENDER: Final = "text-sender"
"""Under this name in ``running.extras``; whatever is put there before is used."""

log = structlog.get_logger(__name__)


def send_texts(running: RunningService) -> None:
    """Send whatever text message is due. What cannot be sent as one goes by e-mail instead."""
    while letters := _claim(running):
        sender = _sender_of(running)
        for letter in letters:
            _settle(running, letter, _send(running, sender, letter))


def _claim(running: RunningService) -> Sequence[Letter]:
    with running.database.transaction() as uow:
        letters: list[Letter] = uow.store.messages.claim_texts(
            now=uow.now, until=uow.now + LEASE, limit=BATCH
        )
        return letters


def _send(running: RunningService, sender: TextSender | str, letter: Letter) -> Outcome:
    if isinstance(sender, str):
        return Outcome(code=sender, final=True)
    if not letter.mailbox:
        return Outcome(code=NO_NUMBER, final=True)
    text = phrase_text(letter, running.settings.public_url)
    return sender.send(phone=letter.mailbox, text=text, reference=str(letter.message.id))


def _sender_of(running: RunningService) -> TextSender | str:
    """Return who takes text messages, or the code of why nobody does."""
    if SENDER not in running.extras:
        running.extras[SENDER] = _new_sender(running.settings.sms_url)
    return cast("TextSender | str", running.extras[SENDER])


def _new_sender(url: str | None) -> TextSender | str:
    if url is None:
        return NOT_SET_UP
    try:
        return GovUkNotify(read_url(url))
    except ImportError:
        log.warning("texts-not-sent", code=NOT_INSTALLED)
        return NOT_INSTALLED


def _settle(running: RunningService, letter: Letter, outcome: Outcome) -> None:
    with running.database.transaction() as uow:
        settle(uow, (letter.message, outcome))
