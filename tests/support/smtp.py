"""A mail server for tests: speaks enough SMTP, keeps what it is given, refuses or hangs up when told to."""

import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail as it was handed in."""

    sender: str
    to: str
    message: EmailMessage
    raw: bytes

    @property
    def text(self) -> str:
        plain = self.message.get_body(("plain",))
        return str(plain.get_content()) if plain else ""

    @property
    def html(self) -> str:
        page = self.message.get_body(("html",))
        return str(page.get_content()) if page else ""


@dataclass(slots=True)
class Manners:
    """How the server behaves; change it between two e-mails."""

    answers: dict[str, str] = field(default_factory=dict)
    """Instead of the usual answer to a verb, such as ``{"RCPT": "550 no such mailbox"}``."""
    hang_up_at: str | None = None
    """A verb at which the connection breaks."""


class MailServer:
    """Listens on a free loopback port while entered."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.manners = Manners()
        self.sessions = 0
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.owner = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def sent_to(self, mailbox: str) -> list[Mail]:
        """Return the mails for *mailbox*, in the order in which they came."""
        return [mail for mail in self.mails if mail.to == mailbox]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    owner: MailServer


class _Session(StreamRequestHandler):
    timeout = 30

    def handle(self) -> None:
        owner = cast("_Server", self.server).owner
        owner.sessions += 1
        self._sender = self._to = ""
        self._say("220 mail.test")
        for line in self.rfile:
            words = line.decode("ascii", "replace").strip()
            verb = words[:4].upper()
            if verb == owner.manners.hang_up_at:
                return
            self._note(verb, words)
            answer = owner.manners.answers.get(verb)
            if answer or verb != "DATA":
                self._say(answer or "250 fine")
            else:
                self._take(owner)
            if verb == "QUIT":
                return

    def _note(self, verb: str, words: str) -> None:
        address = words.partition("<")[2].partition(">")[0]
        if verb == "MAIL":
            self._sender = address
        if verb == "RCPT":
            self._to = address

    def _take(self, owner: MailServer) -> None:
        self._say("354 go on")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        raw = b"".join(lines)
        message = message_from_bytes(raw, policy=default)
        owner.mails.append(Mail(sender=self._sender, to=self._to, message=message, raw=raw))
        self._say("250 kept")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
