"""Send due text messages: claimed in one transaction, sent outside any, settled each in its own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from onward.delivery.outcome import Outcome
from onward.delivery.sms import TextSender, sender_of
from onward.service import RunningService
from services.notification.domain.messages import Letter
from services.notification.handlers.phrasing import phrase_text
from services.notification.handlers.settling import settle

BATCH: Final = 20
LEASE: Final = timedelta(minutes=6)
"""After this long another process takes a claimed message: longer than a batch of silence lasts."""
NO_NUMBER: Final = "no-number"


def send_texts(running: RunningService) -> None:
    """Send whatever text message is due. What cannot be sent as one goes by e-mail instead."""
    while letters := _claim(running):
        sender = sender_of(running.extras, running.settings.sms_url)
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


def _settle(running: RunningService, letter: Letter, outcome: Outcome) -> None:
    with running.database.transaction() as uow:
        settle(uow, (letter.message, outcome))
