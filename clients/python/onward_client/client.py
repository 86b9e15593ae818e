"""Talk to Onward: a token that renews itself, and requests that are tried again without a second effect."""

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID, uuid4

import httpx

from onward_client.errors import AwayError, ProblemError
from onward_client.records import Handoff, Notification, Submitted

PAUSES: Final = (0.2, 1.0, 3.0, 8.0)
"""Seconds before each further try; ``Retry-After`` may ask for more."""
LONGEST_PAUSE: Final = 60.0
EARLY: Final = 30.0
"""Seconds before its end a token is renewed."""
_BUSY: Final = frozenset({429, 503})
"""Answers after which nothing has changed and the same request may be sent again."""
_KEYED: Final = frozenset({"POST", "PATCH"})
_SAFE: Final = frozenset({"GET", "HEAD"})


class Onward:
    """One system's access. Use it as a context manager, in one thread at a time."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Know the credentials that ``onward partner add`` wrote; the first request fetches a token."""
        self._http = httpx.Client(base_url=base_url, transport=transport, timeout=30)
        self._login = (client_id, client_secret)
        self._sleep = sleep
        self._token = ""
        self._until = 0.0

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def submit(self, referral: Mapping[str, Any], *, key: str | None = None) -> Submitted:
        """Hand in a referral, once however often it is sent under the same *key*.

        Give a key of your own, such as your record's id, to be safe across restarts of your program.
        """
        answer = self.request("POST", "/api/v1/referrals", body=referral, key=key)
        return Submitted.of(answer.json())

    def handoff(self, id_: UUID) -> Handoff:
        """Return a handoff as it stands."""
        return Handoff.of(self.request("GET", f"/api/v1/handoffs/{id_}").json())

    def act(
        self,
        handoff: Handoff,
        action: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
    ) -> Handoff:
        """Accept, reject, start, … decided on *handoff* as it was read.

        Raises `ProblemError` ``stale-version`` when somebody changed it since: read it and decide again.
        """
        answer = self.request(
            "POST",
            f"/api/v1/handoffs/{handoff.id}/{action}",
            body=body or {},
            key=key,
            version=handoff.version,
        )
        return Handoff.of(answer.json())

    def notifications(self, *, unread: bool = False) -> Iterator[Notification]:
        """Yield what your organisation was told, newest first, page by page."""
        path: str | None = f"/api/v1/notifications?unread={str(unread).lower()}"
        while path:
            answer = self.request("GET", path)
            yield from map(Notification.of, answer.json())
            path = answer.links.get("next", {}).get("url")

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        version: int | None = None,
    ) -> httpx.Response:
        """Send any request; a ``POST`` or ``PATCH`` carries an Idempotency-Key, so that it takes effect once.

        Raises `ProblemError` when it is refused, `AwayError` when the last try failed. What cannot carry a
        key is not sent again after a line that broke: nobody knows whether it took effect.
        """
        headers = {}
        if method in _KEYED:
            headers["Idempotency-Key"] = key or str(uuid4())
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        again = method in _KEYED or method in _SAFE

        def send() -> httpx.Response:
            headers["Authorization"] = f"Bearer {self._fresh_token()}"
            return self._http.request(method, path, json=body, headers=headers)

        answer = self._tried(send, again=again)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._until = 0.0  # the secret was rotated, or the clock here is wrong
            answer = self._tried(send, again=again)
        if answer.is_error:
            raise _problem(answer)
        return answer

    def _fresh_token(self) -> str:
        if time.monotonic() >= self._until:
            form = {"grant_type": "client_credentials"}
            answer = self._http.post("/api/v1/oauth/token", data=form, auth=self._login)
            if answer.status_code in _BUSY:
                raise _BusyError(answer)
            if answer.is_error:
                raise _problem(answer)
            said = answer.json()
            self._token = said["access_token"]
            self._until = time.monotonic() + said["expires_in"] - EARLY
        return self._token

    def _tried(self, send: Callable[[], httpx.Response], *, again: bool) -> httpx.Response:
        """Return the first answer that is not a request for patience."""
        last: Exception | None = None
        for pause in (*PAUSES, None):
            try:
                answer = send()
            except _BusyError as busy:
                wanted, last = _wanted(busy.answer, pause), busy
            except httpx.TransportError as error:
                if not again:
                    raise AwayError(f"The line broke: {_short(error)}.") from error
                wanted, last = pause, error
            else:
                if answer.status_code not in _BUSY:
                    return answer
                wanted, last = _wanted(answer, pause), _BusyError(answer)
            if wanted is None:
                break
            self._sleep(wanted)
        raise AwayError(f"Onward was away or busy at every try: {_short(last)}.") from last


class _BusyError(Exception):
    """Carries an answer that asks for patience."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"answered {answer.status_code}")
        self.answer = answer


def _short(error: Exception | None) -> str:
    return (
        f"{type(error).__name__}: {error}"
        if isinstance(error, httpx.TransportError)
        else str(error)
    )


def _wanted(answer: httpx.Response, pause: float | None) -> float | None:
    if pause is None:
        return None
    asked = answer.headers.get("Retry-After", "")
    return min(max(pause, float(asked) if asked.isdigit() else 0.0), LONGEST_PAUSE)


def _problem(answer: httpx.Response) -> ProblemError:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    return ProblemError(answer.status_code, said if isinstance(said, dict) else {})
