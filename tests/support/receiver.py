"""A partner's webhook receiver for tests: keeps every call, answers as told, as slowly as told."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    port: int
    """The caller's, which tells its connections apart."""

    @property
    def said(self) -> Any:
        return orjson.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Answer = Callable[[Call], int]


class Receiver:
    """Listens on a free loopback port while entered; `answer` gives the status, in a thread per call."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.calls: list[Call] = []
        self.answer: Answer = lambda _: 204
        self.location: str | None = None
        self.hangs_up = False
        """Whether it closes each connection after its answer, without saying so."""
        self._server = _Server(("127.0.0.1", 0), _Request)
        self._server.owner = self
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/hooks"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: Receiver

    def handle_error(self, *_: object) -> None:
        """Say nothing: callers hang up and refuse certificates on purpose here."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        owner = cast("_Server", self.server).owner
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        call = Call(path=self.path, headers=headers, body=body, port=self.client_address[1])
        owner.calls.append(call)
        self.close_connection = owner.hangs_up
        self.send_response(owner.answer(call))
        if owner.location:
            self.send_header("Location", owner.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""
