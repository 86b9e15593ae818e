"""Write an e-mail: plain text, no personal detail, an id that stays the same however often it is sent."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from services.notification.domain.messages import Letter
from services.notification.domain.rules import Urgency
from services.notification.domain.wording import reference
from services.notification.handlers.phrasing import phrase_letter

_BODY: Final = """\
{happened}

What to do: {todo}

Reference: {reference}
Open it: {link}

You have to sign in to see it: we send no personal details by e-mail, and you should not either.
To choose what is sent to this mailbox: {choices}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who an e-mail says it is from, and where its links lead."""

    public_url: str
    sender: str
    """Address in From."""

    @property
    def domain(self) -> str:
        """What follows the ``@`` in the sender's address."""
        return self.sender.rpartition("@")[2]


def default_sender(public_url: str) -> str:
    """Return the address that mail comes from where the settings name none."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return f"onward@{host}"
    return "onward@localhost"


def write(letter: Letter, mailbox: str, origin: Origin, *, at: datetime) -> EmailMessage:
    """Return *letter* ready to send to *mailbox*. Raises `ValueError` where that is no address."""
    message, said = letter.message, phrase_letter(letter)
    urgent = message.urgency is not Urgency.ROUTINE
    referred = reference(message.handoff_id or message.about)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Onward <{origin.sender}>"
    mail["To"] = mailbox
    mail["Subject"] = f"{'Urgent: ' if urgent else ''}{said.subject} ({referred})"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message.id}@{origin.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    if urgent:
        mail["Importance"] = "high"
    mail.set_content(
        _BODY.format(
            happened=said.happened,
            todo=said.todo,
            reference=referred,
            link=origin.public_url + said.path,
            choices=f"{origin.public_url}/integrations",
        )
    )
    return mail
