"""Hand e-mails to the mail server, one connection for many."""

import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from onward.delivery.outcome import Outcome

TIMEOUT: Final = 15.0
"""Seconds the server may stay silent."""
AWAY: Final = "mail-server-away"
_PERMANENT: Final = 500
T = TypeVar("T")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS: Final = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in, as ``ONWARD_SMTP_URL`` says it."""

    host: str
    port: int
    implicit_tls: bool
    user: str | None
    password: str | None
    sender: str | None
    """From the query ``?from=``."""


def read_url(url: str) -> MailServer:
    """Return what ``smtp://user:password@host:port?from=address`` or ``smtps://…`` says.

    Raises `ValueError` when it says something else.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("ONWARD_SMTP_URL must start with smtp:// or smtps:// and name a host")
    senders = parse_qs(parts.query).get("from", [])
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        implicit_tls=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        sender=senders[0] if senders else None,
    )


def default_sender(public_url: str) -> str:
    """Return the address that mail comes from where the settings name none."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return f"onward@{host}"
    return "onward@localhost"


class MailServerAwayError(Exception):
    """The connection could not be made or has broken; no message is to blame. Carries a code."""

    def __init__(self, code: str) -> None:
        """Say why with *code*."""
        super().__init__(code)
        self.code = code


class Post:
    """An open connection to the mail server."""

    def __init__(self, server: MailServer, *, domain: str) -> None:
        """Greet *server* as *domain* once entered."""
        self._server = server
        self._domain = domain
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        """Connect. Raises `MailServerAwayError`."""
        _explained(self._connect)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say goodbye, as far as somebody still listens."""
        if self._smtp is None:
            return
        try:
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()

    def send(self, mail: EmailMessage, *, sender: str, mailbox: str) -> Outcome:
        """Hand in one e-mail. Raises `MailServerAwayError` when the connection breaks meanwhile."""
        begun = time.monotonic()
        code, status, final = _explained(lambda: self._hand_in(mail, sender, mailbox))
        spent = round((time.monotonic() - begun) * 1000)
        return Outcome(code=code, final=final, status_code=status, milliseconds=spent)

    def _connect(self) -> None:
        server = self._server
        context = ssl.create_default_context()
        if server.implicit_tls:
            self._smtp = smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=self._domain,
                timeout=TIMEOUT,
                context=context,
            )
        else:
            self._smtp = smtplib.SMTP(
                server.host, server.port, local_hostname=self._domain, timeout=TIMEOUT
            )
        self._smtp.ehlo()
        if not server.implicit_tls and self._smtp.has_extn("starttls"):
            self._smtp.starttls(context=context)
            self._smtp.ehlo()
        elif not server.implicit_tls and server.user and server.host not in _LOOPBACK:
            raise MailServerAwayError("mail-server-without-tls")
        if server.user:
            self._smtp.login(server.user, server.password or "")

    def _hand_in(
        self, mail: EmailMessage, sender: str, mailbox: str
    ) -> tuple[str | None, int | None, bool]:
        """Return why it was not taken (None if it was), the reply code, and whether that is for good."""
        if self._smtp is None:
            raise MailServerAwayError(AWAY)
        try:
            self._smtp.sendmail(sender, [mailbox], mail.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            reply = next(iter(error.recipients.values()))[0]
            return "mailbox-refused", reply, reply >= _PERMANENT
        except smtplib.SMTPDataError as error:
            return "mail-refused", error.smtp_code, error.smtp_code >= _PERMANENT
        except smtplib.SMTPSenderRefused as error:
            return "sender-refused", error.smtp_code, False
        return None, 250, False


def _explained(work: Callable[[], T]) -> T:
    """Return what *work* does; whatever is the connection's fault becomes `MailServerAwayError`."""
    try:
        return work()
    except smtplib.SMTPAuthenticationError:
        raise MailServerAwayError("mail-login-refused") from None
    except ssl.SSLError:
        raise MailServerAwayError("mail-server-tls") from None
    except TimeoutError:
        raise MailServerAwayError("mail-server-silent") from None
    except (smtplib.SMTPException, OSError):
        raise MailServerAwayError(AWAY) from None
