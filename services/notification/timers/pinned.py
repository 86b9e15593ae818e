"""POST to an address of somebody's choosing, which must not lead inside.

The name is looked up once, every address it gives is checked, and the connection goes to what was checked;
host name and certificate are still the name's. No redirect is followed, no proxy is asked, of an answer's
body no more is read than lets the connection be used again, and each exchange has one deadline, however
slowly the other side talks.
"""

import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

import httpcore

from onward.delivery.outcome import Outcome
from onward.errors import InvalidError
from services.notification.domain.addresses import first_refused
from services.notification.domain.endpoints import target

TIMEOUT: Final = 15.0
"""Seconds one attempt may take (Standard Webhooks: 15 to 30)."""
_GONE: Final = 410
_NO_CONTENT: Final = 204
_SHORT: Final = 4096
"""Bytes of an answer's body that are read at most; behind a longer one the connection is closed."""
_TRIED: Final = 3
"""Addresses of one name tried in turn."""

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What may be reached, and how it is found and trusted."""

    allowed: Collection[str] = ()
    """Origins that may be anywhere."""
    resolve: "Resolve | None" = None
    trust: ssl.SSLContext | None = None
    timeout: float = TIMEOUT


class Calls:
    """Calls to one address, looked up and checked at the first; over one connection as long as it lasts."""

    def __init__(self, url: str, reach: Reach) -> None:
        """Call *url*, as far as *reach* goes; nothing is opened yet."""
        self._url = url
        self._reach = reach
        self._line: _Line | None = None
        self._pool: httpcore.ConnectionPool | None = None
        self._kept = False
        """Whether the connection has answered before: it may have been closed since."""

    def __enter__(self) -> Self:
        """Lend it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.hang_up()

    def post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send *body* and return how that ended; 2xx is the only good answer, any other hangs up."""
        begun = time.monotonic()
        code, status = self._attempt(body, headers, begun + self._reach.timeout)
        if code:
            self.hang_up()
        spent = round((time.monotonic() - begun) * 1000)
        return Outcome(code=code, final=status == _GONE, status_code=status, milliseconds=spent)

    @property
    def goes_on(self) -> bool:
        """Whether the connection can be used again, as far as its other end has said."""
        return self._kept

    def hang_up(self) -> None:
        """Close the connection; another call opens a new one to what was checked."""
        if self._pool:
            self._pool.close()
        self._pool, self._kept = None, False

    def _attempt(
        self, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> tuple[str | None, int | None]:
        try:
            return _verdict(self._exchange(body, headers, deadline))
        except InvalidError as error:
            return error.code, None
        except httpcore.TimeoutException:
            return "timeout", None
        except httpcore.ConnectError as error:
            return _connect_code(error), None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return "connection-broken", None

    def _exchange(self, body: bytes, headers: Mapping[str, str], deadline: float) -> int:
        """Return the answer's status, from a new connection where the kept one turns out to be closed."""
        if self._line is None:
            self._line = _Line(_checked(self._url, self._reach))
        self._line.deadline = deadline
        try:
            return self._ask(self._line, body, headers)
        except (httpcore.NetworkError, httpcore.ProtocolError):
            if not self._kept:
                raise
        self.hang_up()
        return self._ask(self._line, body, headers)

    def _ask(self, line: "_Line", body: bytes, headers: Mapping[str, str]) -> int:
        if self._pool is None:
            trust = self._reach.trust or _trust()
            self._pool = httpcore.ConnectionPool(
                ssl_context=trust, max_connections=1, network_backend=line
            )
        said = list(headers.items())
        with self._pool.stream("POST", self._url, headers=said, content=body) as response:
            self._kept = _finish(response)
            return response.status


def post(url: str, body: bytes, headers: Mapping[str, str], reach: Reach) -> Outcome:
    """Send *body* to *url* once and return how that ended, as `Calls.post` does."""
    with Calls(url, reach) as calls:
        return calls.post(body, headers)


def _finish(response: httpcore.Response) -> bool:
    """Read the rest of a short answer, so that its connection can be used again; tell whether it can."""
    said = {name.lower(): value for name, value in response.headers}
    length = said.get(b"content-length", b"")
    if response.status != _NO_CONTENT and not (length.isdigit() and int(length) <= _SHORT):
        return False
    try:
        response.read()
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError):
        return False  # the status said it all
    return True


def _checked(url: str, reach: Reach) -> Sequence[str]:
    """Return the addresses behind *url*. Raises `InvalidError` when there are none, or one leads inside."""
    where = target(url, reach.allowed)
    try:
        addresses = (reach.resolve or look_up)(where.host, where.port)
    except (OSError, UnicodeError):
        raise InvalidError("name-not-found", "The host's name has no address.") from None
    if not where.exempt and (why := first_refused(addresses)):
        raise InvalidError("address-refused", f"The host's address is of the class {why}.")
    return addresses


def look_up(host: str, port: int) -> Sequence[str]:
    """Return the addresses of *host*, those of version 4 first. Raises `OSError` where there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in found}, key=lambda text: (":" in text, text))


def _verdict(status: int) -> tuple[str | None, int]:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own classes
        return None, status
    if 300 <= status < 400:  # noqa: PLR2004
        return "redirect", status
    return "gone" if status == _GONE else f"http-{status}", status


def _connect_code(error: httpcore.ConnectError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "certificate"
        if isinstance(cause, ConnectionRefusedError):
            return "connection-refused"
        cause = cause.__cause__ or cause.__context__
    return "unreachable"


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Line(httpcore.NetworkBackend):
    """Connects to the checked addresses, whatever name is asked for, until the deadline."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses[:_TRIED]
        self.deadline = 0.0
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - looked up and checked before
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        for address in self._addresses[:-1]:
            try:
                return self._connect(address, port, local_address, socket_options)
            except httpcore.ConnectError:
                continue
        return self._connect(self._addresses[-1], port, local_address, socket_options)

    def left(self) -> float:
        """Return the seconds left. Raises `httpcore.ReadTimeout` when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def _connect(
        self, address: str, port: int, local: str | None, options: Iterable[Any] | None
    ) -> httpcore.NetworkStream:
        made = self._real.connect_tcp(
            address, port, timeout=self.left(), local_address=local, socket_options=options
        )
        return _Stream(made, self.left)


class _Stream(httpcore.NetworkStream):
    """A connection on which everything together ends by the deadline.

    Head and body of a request leave in one piece, once its answer is asked for.
    """

    def __init__(self, inner: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._inner = inner
        self._left = left
        self._unsent = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Read within the time left, after sending what was written."""
        unsent, self._unsent = self._unsent, b""
        if unsent:
            self._inner.write(unsent, self._left())
        return self._inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Have *buffer* sent before the next word is read."""
        self._unsent += buffer

    def close(self) -> None:
        """Hang up."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Go on encrypted; the certificate has to be for the name."""
        inner = self._inner.start_tls(ssl_context, server_hostname, self._left())
        return _Stream(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        """Tell what the connection knows about itself."""
        return self._inner.get_extra_info(info)
