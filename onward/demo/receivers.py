"""What stands in for a partner's mail server and a partner's webhook endpoint, on loopback."""

import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One webhook call as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Received:
    """Everything that has arrived so far."""

    mails: list[str] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)


class Receivers:
    """A mail server that keeps what it is given, and an endpoint that answers 204."""

    def __init__(self, host: str = "127.0.0.1", mail_port: int = 0, hook_port: int = 0) -> None:
        """Listen on *host*, on free ports unless said; `start` begins to answer."""
        self.received = Received()
        self._host = host
        self._mail = _MailServer((host, mail_port), _MailSession)
        self._mail.received = self.received
        self._hook = _HookServer((host, hook_port), _HookRequest)
        self._hook.received = self.received

    @property
    def smtp_url(self) -> str:
        """Where mail can be delivered."""
        return f"smtp://{self._host}:{self._mail.server_address[1]}"

    @property
    def hook_origin(self) -> str:
        """Where webhooks can be delivered."""
        return f"http://{self._host}:{self._hook.server_address[1]}"

    def start(self) -> None:
        """Answer, each in a thread."""
        for server in (self._mail, self._hook):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        for server in (self._mail, self._hook):
            server.shutdown()
            server.server_close()


class _MailServer(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    received: Received


class _HookServer(ThreadingHTTPServer):
    daemon_threads = True
    received: Received


class _MailSession(StreamRequestHandler):
    """As much of RFC 5321 as a delivering client needs."""

    server: _MailServer
    answers: ClassVar[dict[bytes, bytes]] = {
        b"DATA": b"354 Go on",
        b"QUIT": b"221 Bye",
    }

    def handle(self) -> None:
        """Talk until the client leaves."""
        self._say(b"220 onward demo")
        for line in self.rfile:
            verb = line.strip()[:4].upper()
            self._say(self.answers.get(verb, b"250 Fine"))
            if verb == b"DATA":
                self.server.received.mails.append(self._letter())
                self._say(b"250 Kept")
            if verb == b"QUIT":
                return

    def _letter(self) -> str:
        lines = []
        for line in self.rfile:
            if line.rstrip(b"\r\n") == b".":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines).decode(errors="replace")

    def _say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")


class _HookRequest(BaseHTTPRequestHandler):
    server: _HookServer

    def do_POST(self) -> None:
        """Keep the call."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hook = Hook(path=self.path, headers=dict(self.headers), body=body)
        self.server.received.hooks.append(hook)
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name for it
        """Print nothing."""
