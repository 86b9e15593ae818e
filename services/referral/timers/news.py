"""Tell people that there is news: claimed in one transaction, sent outside any, settled each in its own."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import structlog
from markupsafe import Markup

from onward.delivery import sms
from onward.delivery.outcome import Outcome
from onward.delivery.smtp import MailServerAwayError, Post, default_sender, read_url
from onward.service import RunningService
from services.referral.domain.news import Way
from services.referral.domain.news_words import words_in
from services.referral.handlers.news import Errand, claim_news, settle_news
from services.referral.storage.vault import vault_of

BATCH: Final = 20
"""Silent providers keep us waiting with each: together for less than the pause between attempts."""
NO_MAIL: Final = Outcome(code="mail-not-set-up", final=True)
MALFORMED: Final = Outcome(code="mailbox-malformed", final=True)

# One column without a picture or a style sheet. Whoever asked for large print gets half as large again.
_PAGE: Final = Markup("""\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body{large}><p>{text}</p></body></html>
""")
_LARGE: Final = Markup(' style="font-size: 150%; line-height: 1.5"')

log = structlog.get_logger(__name__)


def tell_people(running: RunningService) -> None:
    """Send every person who wants it, and may be told now, word that there is news."""
    found = BATCH
    while found == BATCH:
        with running.database.transaction() as uow:
            claimed = claim_news(uow, vault_of(running.settings), most=BATCH)
        found = claimed.found
        _send_mails(running, [one for one in claimed.errands if one.news.way is Way.EMAIL])
        _send_texts(running, [one for one in claimed.errands if one.news.way is Way.TEXT])


def _send_texts(running: RunningService, errands: Sequence[Errand]) -> None:
    sender = sms.sender_of(running.extras, running.settings.sms_url) if errands else ""
    for one in errands:
        if isinstance(sender, str):
            outcome = Outcome(code=sender, final=True)
        else:
            text = words_in(one.language).text
            outcome = sender.send(phone=one.to, text=text, reference=str(one.news.message_id))
        _settle(running, one, outcome)


def _send_mails(running: RunningService, errands: Sequence[Errand]) -> None:
    """Send *errands*; those that a mail server away keeps waiting are tried again an hour later."""
    left = list(errands)
    url = running.settings.smtp_url
    if not left or url is None:
        for one in left:
            _settle(running, one, NO_MAIL)
        return
    server = read_url(url)
    sender = server.sender or default_sender(running.settings.public_url)
    try:
        with Post(server, domain=sender.rpartition("@")[2]) as post:
            while left:
                _settle(running, left[0], _hand_in(post, left[0], sender, running.clock.now()))
                del left[0]
    except MailServerAwayError as error:
        log.warning("mail-server-trouble", code=error.code, waiting=len(left))
        for one in left:
            _settle(running, one, Outcome(code=error.code))


def _hand_in(post: Post, errand: Errand, sender: str, at: datetime) -> Outcome:
    try:
        mail = write_mail(errand, sender, at=at)
    except ValueError:
        return MALFORMED
    return post.send(mail, sender=sender, mailbox=errand.to)


def write_mail(errand: Errand, sender: str, *, at: datetime) -> EmailMessage:
    """Return the message to a person as an e-mail. Raises `ValueError` where they gave no address."""
    words = words_in(errand.language)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender  # no name beside it: somebody may look over their shoulder
    mail["To"] = errand.to
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{errand.news.message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    mail["Subject"] = words.subject
    mail.set_content(words.text + "\n")
    page = _PAGE.format(
        language=words.language,
        subject=words.subject,
        text=words.text,
        large=_LARGE if errand.large_print else "",
    )
    mail.add_alternative(page, subtype="html")
    return mail


def _settle(running: RunningService, errand: Errand, outcome: Outcome) -> None:
    with running.database.transaction() as uow:
        settle_news(uow, errand, outcome)
