"""Somebody who uses the platform over HTTP: a person with a browser, or a partner's system."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx

from onward.errors import OnwardError

T = TypeVar("T")
PATIENCE = 15.0
"""Seconds to wait for what other services have to hear first."""
LOOK_EVERY = 0.02
MOST_TOLD = 500
"""Characters shown of an answer that is no problem document."""
FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class UnexpectedError(OnwardError):
    """The platform answered or did something else than was asked of it."""

    def __init__(self, text: str, *, status: int | None = None) -> None:
        """Say what happened; *status* is HTTP's where it answered."""
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the platform answers."""

    base_url: str
    transport: httpx.BaseTransport | None = None
    """Another way there than the network's, such as one that stands in for the edge proxy."""

    def client(self) -> httpx.Client:
        """Return a client with an empty cookie jar."""
        return httpx.Client(
            base_url=self.base_url, transport=self.transport, timeout=20, trust_env=False
        )


class Client:
    """An HTTP client on one origin that fails loudly."""

    def __init__(self, origin: Origin) -> None:
        """Talk to the platform at *origin*; nobody is signed in yet."""
        self.http = origin.client()

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON that GET *path* answers. Raises `UnexpectedError` for anything but 200."""
        return self._checked(self.http.get(path, params=query)).json()

    def text(self, path: str, **query: Any) -> str:
        """Return the text that GET *path* answers."""
        return self._checked(self.http.get(path, params=query)).text

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Return the JSON that POST *path* answers, None for an empty answer."""
        answer = self._checked(self.http.post(path, json=body or {}, headers=headers))
        return answer.json() if answer.content else None

    def refused(self, path: str, body: Any) -> dict[str, Any]:
        """Return the problem document that POST *path* answers. Raises when it is accepted."""
        answer = self.http.post(path, json=body)
        if answer.is_success:
            raise UnexpectedError(f"POST {path} was accepted and should have been refused.")
        problem: dict[str, Any] = answer.json()
        return problem

    def act(self, handoff: str, action: str, **body: Any) -> Any:
        """Do *action* on *handoff*, deciding on its newest version."""
        seen = self._checked(self.http.get(f"/api/v1/handoffs/{handoff}"))
        path = f"/api/v1/handoffs/{handoff}/{action}"
        return self.post(path, body, **{"If-Match": seen.headers["ETag"]})

    def awaits(self, handoff: str, status: str) -> Any:
        """Return *handoff* once it has *status*."""

        def look() -> Any:
            found = self.get(f"/api/v1/handoffs/{handoff}")
            return found if found["status"] == status else None

        return eventually(look, f"the handoff becomes {status}")

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def __enter__(self) -> Self:
        """Use it as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.close()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if not answer.is_success:
            request, status = answer.request, answer.status_code
            raise UnexpectedError(
                f"{request.method} {request.url.path} answered {status}: {_told(answer)}",
                status=status,
            )
        return answer


class System(Client):
    """A partner's system, known by client credentials; asks for a new token before each runs out."""

    LIFETIME = 240.0

    def __init__(self, origin: Origin, client_id: str, client_secret: str) -> None:
        """Know the credentials; the first request fetches a token."""
        super().__init__(origin)
        self._door = origin.client()
        self._credentials = (client_id, client_secret)
        self._until = 0.0
        self.http.event_hooks["request"] = [self._authorise]

    def forget(self) -> None:
        """Fetch a new token for the next request, as after days have passed."""
        self._until = 0.0

    def _authorise(self, request: httpx.Request) -> None:
        if time.monotonic() > self._until:
            answer = self._door.post(
                "/api/v1/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=self._credentials,
            )
            self._token = self._checked(answer).json()["access_token"]
            self._until = time.monotonic() + self.LIFETIME
        request.headers["Authorization"] = f"Bearer {self._token}"


class Person(Client):
    """Somebody with a browser session."""

    def __init__(self, origin: Origin, username: str, password: str) -> None:
        """Sign in on the login page."""
        super().__init__(origin)
        self._login = {"username": username, "password": password}
        self.sign_in()

    def sign_in(self) -> None:
        """Fill in the login form, as a browser does. Raises `UnexpectedError` when it is refused."""
        self.http.cookies.clear()
        form = self._login | {"csrf_token": self._form_token("/login")}
        answer = self.http.post("/login", data=form)
        if answer.status_code not in {httpx.codes.FOUND, httpx.codes.SEE_OTHER}:
            raise UnexpectedError(f"The login was answered {answer.status_code}.")
        self.http.headers["X-CSRFToken"] = self._form_token("/notifications")

    def _form_token(self, path: str) -> str:
        page = self.text(path)
        found = FORM_TOKEN.search(page)
        if found is None:
            raise UnexpectedError(f"{path} has no form.")
        return found.group(1)


def _told(answer: httpx.Response) -> str:
    """Return in one line what a problem document (RFC 9457) or OAuth's answer says, else how it begins."""
    try:
        said = answer.json()
        code, detail = said.get("code") or said["error"], said.get("detail", "")
        wrong = [f"{each['pointer']}: {each['detail']}" for each in said.get("errors", ())]
    except (ValueError, LookupError, TypeError, AttributeError):
        return answer.text[:MOST_TOLD]
    return " ".join([f"{code}.", detail or said.get("error_description", ""), *wrong]).strip()


def eventually(look: Callable[[], T | None], what: str) -> T:
    """Return the first true answer of *look*. Raises `UnexpectedError` after `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise UnexpectedError(f"Waited {PATIENCE:.0f} s in vain: {what}.")
        time.sleep(LOOK_EVERY)
