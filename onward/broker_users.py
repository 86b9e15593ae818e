"""Make partners' users on the broker, through RabbitMQ's management API: each may do the least it needs.

A partner's user may write on ``onward.intake`` under its organisation's keys, read its organisation's own
queue, and nothing else.
"""

from typing import Any, Final, Self
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx

from onward.errors import Retryable
from onward.topology import INTAKE, PARTNER_QUEUE, PARTNERS, partner_queue

PATIENCE: Final = 10.0
"""Seconds the management API may take to answer."""


class BrokerAdminError(Retryable):
    """The broker's management API did not do what was asked; the text says what to look at."""


class BrokerUsers:
    """The users of one virtual host."""

    def __init__(self, management_url: str, amqp_uri: str) -> None:
        """Ask the API at *management_url* (with user and password) about the host *amqp_uri* names."""
        address = urlsplit(management_url)
        self._host = quote(virtual_host(amqp_uri), safe="")
        self._http = httpx.Client(
            base_url=f"{address.scheme}://{address.hostname}:{address.port or 15672}/api",
            auth=(address.username or "", address.password or ""),
            timeout=PATIENCE,
            trust_env=False,
        )

    def let_in(self, name: str, password: str, organisation: UUID) -> None:
        """Make user *name*, or give it a new *password*, and see that its organisation has a queue.

        Safe to repeat. Raises `BrokerAdminError`.
        """
        queue, user = partner_queue(organisation), quote(name, safe="")
        self._ask("PUT", f"/users/{user}", {"password": password, "tags": ""})
        self._ask(
            "PUT",
            f"/permissions/{self._host}/{user}",
            {
                "configure": "^$",
                "write": f"^{_literally(INTAKE.name)}$",
                "read": f"^{_literally(queue.name)}$",
            },
        )
        self._ask(
            "PUT",
            f"/topic-permissions/{self._host}/{user}",
            {"exchange": INTAKE.name, "write": f"^{organisation}\\.", "read": "^$"},
        )
        self._ask(
            "PUT", f"/exchanges/{self._host}/{PARTNERS.name}", {"type": "direct", "durable": True}
        )
        declared = {"durable": True, "arguments": dict(PARTNER_QUEUE)}
        self._ask("PUT", f"/queues/{self._host}/{queue.name}", declared)
        self._ask(
            "POST",
            f"/bindings/{self._host}/e/{PARTNERS.name}/q/{queue.name}",
            {"routing_key": queue.routing_key},
        )

    def shut_out(self, name: str) -> None:
        """Take user *name* away and end its connections; nothing happens where there is none."""
        user = quote(name, safe="")
        self._ask("DELETE", f"/users/{user}", missing=True)
        self._ask("DELETE", f"/connections/username/{user}", missing=True)

    def names(self) -> frozenset[str]:
        """Return the names of all the broker's users. Raises `BrokerAdminError`."""
        return frozenset(user["name"] for user in self._ask("GET", "/users").json())

    def take_queue_away(self, organisation: UUID) -> None:
        """Remove the organisation's queue with what waits in it."""
        queue = partner_queue(organisation)
        self._ask("DELETE", f"/queues/{self._host}/{queue.name}", missing=True)

    def __enter__(self) -> Self:
        """Use it as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._http.close()

    def _ask(
        self, method: str, path: str, body: Any = None, *, missing: bool = False
    ) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise BrokerAdminError(
                f"The broker's management API cannot be reached ({type(error).__name__}):"
                " look at ONWARD_AMQP_MANAGEMENT_URL."
            ) from None
        if missing and answer.status_code == httpx.codes.NOT_FOUND:
            return answer
        if answer.is_error:
            raise BrokerAdminError(
                f"The broker's management API answered {answer.status_code} to {method} {path}:"
                " the user in ONWARD_AMQP_MANAGEMENT_URL has to be an administrator."
            )
        return answer


def virtual_host(amqp_uri: str) -> str:
    """Return the virtual host's name: ``/`` where the address names none."""
    path = urlsplit(amqp_uri.split(";", maxsplit=1)[0]).path
    return path[1:].replace("%2F", "/").replace("%2f", "/") or "/"


def _literally(name: str) -> str:
    return name.replace(".", "\\.")
