"""Send due e-mails: claimed in one transaction, sent outside any, settled each in its own."""

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from typing import Final

import structlog

from onward.delivery.outcome import Outcome
from onward.delivery.smtp import MailServerAwayError, Post, default_sender, read_url
from onward.service import RunningService
from services.notification.domain.messages import Letter
from services.notification.handlers.settling import settle
from services.notification.handlers.tokens import unsubscribe_token
from services.notification.timers.letters import Origin, write, write_digest

BATCH: Final = 50
MOST_IN_DIGESTS: Final = 500
"""Lines of digests claimed at once."""
LEASE: Final = timedelta(minutes=5)
"""After this long another process takes a claimed e-mail: its sender has died."""
UNKNOWN: Final = "organisation-unknown"
"""The directory has not told of the organisation yet: its mailbox is looked up again later."""

log = structlog.get_logger(__name__)


def send_mail(running: RunningService) -> None:
    """Send whatever e-mail is due, a batch at a time."""
    while letters := _claim(running):
        if running.settings.smtp_url is None:
            _skip(running, letters, code="mail-not-set-up")
        elif not _send(
            running, running.settings.smtp_url, [[one] for one in _addressed(running, letters)]
        ):
            return


def send_digests(running: RunningService) -> None:
    """Send each worker what was gathered for them as one e-mail."""
    while letters := _claim(running, digest=True):
        if running.settings.smtp_url is None:
            _skip(running, letters, code="mail-not-set-up")
        elif not _send(
            running, running.settings.smtp_url, _gathered(_addressed(running, letters))
        ):
            return


def _claim(running: RunningService, *, digest: bool = False) -> list[Letter]:
    with running.database.transaction() as uow:
        letters: list[Letter] = uow.store.messages.claim_mail(
            now=uow.now,
            until=uow.now + LEASE,
            limit=MOST_IN_DIGESTS if digest else BATCH,
            digest=digest,
        )
        return letters


def _gathered(letters: Sequence[Letter]) -> list[Sequence[Letter]]:
    """Return the letters of each worker together."""
    found: dict[str | None, list[Letter]] = {}
    for letter in letters:
        found.setdefault(letter.message.principal, []).append(letter)
    return list(found.values())


def _addressed(running: RunningService, letters: Sequence[Letter]) -> list[Letter]:
    """Return those that go to a mailbox; the others are skipped, or wait for the directory."""
    nowhere = [letter for letter in letters if letter.known and not letter.mailbox]
    if nowhere:
        _skip(running, nowhere, code="no-mailbox")
    for letter in letters:
        if not letter.known and not letter.mailbox:
            _settle(running, [letter], Outcome(code=UNKNOWN))
    return [letter for letter in letters if letter.mailbox]


def _send(running: RunningService, smtp_url: str, mails: Sequence[Sequence[Letter]]) -> bool:
    """Send *mails* in order, each what one e-mail holds; tell whether the mail server took part to the end.

    Only the e-mail under way when it did not counts a failure: the others are given back.
    """
    if not mails:
        return True
    server = read_url(smtp_url)
    sender = server.sender or default_sender(running.settings.public_url)
    origin = Origin(public_url=running.settings.public_url, sender=sender)
    left = list(mails)
    try:
        with Post(server, domain=origin.domain) as post:
            while left:
                _settle(running, left[0], _hand_in(running, post, left[0], origin))
                del left[0]
    except MailServerAwayError as error:
        log.warning("mail-server-trouble", code=error.code, waiting=len(left))
        if left:
            _settle(running, left[0], Outcome(code=error.code))
            _release(running, [letter for letters in left[1:] for letter in letters])
        return False
    return True


def _hand_in(
    running: RunningService, post: Post, letters: Sequence[Letter], origin: Origin
) -> Outcome:
    mailbox = letters[0].mailbox or ""
    try:
        mail = _write(running, letters, mailbox, origin)
    except ValueError:
        return Outcome(code="mailbox-malformed", final=True)
    return post.send(mail, sender=origin.sender, mailbox=mailbox)


def _write(
    running: RunningService, letters: Sequence[Letter], mailbox: str, origin: Origin
) -> EmailMessage:
    now, first = running.clock.now(), letters[0].message
    if not first.digest or first.principal is None:
        return write(letters[0], mailbox, origin, at=now)
    token = unsubscribe_token(running.settings.secret_key, first.principal)
    return write_digest(letters, mailbox, origin, token=token, at=now)


def _settle(running: RunningService, letters: Sequence[Letter], outcome: Outcome) -> None:
    with running.database.transaction() as uow:
        settle(uow, *((letter.message, outcome) for letter in letters))


def _release(running: RunningService, letters: Sequence[Letter]) -> None:
    with running.database.transaction() as uow:
        uow.store.messages.release([letter.message.id for letter in letters], uow.now)


def _skip(running: RunningService, letters: Sequence[Letter], *, code: str) -> None:
    log.warning("mail-not-sent", code=code, messages=len(letters))
    with running.database.transaction() as uow:
        ids = [letter.message.id for letter in letters]
        uow.store.messages.skip(ids, code=code, now=uow.now)
