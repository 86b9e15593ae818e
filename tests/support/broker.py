"""A virtual host of one's own per test, through RabbitMQ's management API."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx


class BrokerAdmin:
    """Looks into the broker and sets it up, as its administrator."""

    def __init__(self, management_uri: str, amqp_uri: str) -> None:
        self._amqp = urlsplit(amqp_uri)
        address = urlsplit(management_uri)
        self._http = httpx.Client(
            base_url=f"{address.scheme}://{address.hostname}:{address.port}/api",
            auth=(address.username or "", address.password or ""),
            timeout=10,
            trust_env=False,
        )

    @property
    def version(self) -> str:
        """Of the broker, such as ``3.13.7``."""
        return str(self.ask("GET", "/overview")["rabbitmq_version"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the API answers to a request; fail unless it is a success."""
        answer = self._http.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    @contextmanager
    def virtual_host(self) -> Iterator[str]:
        """Return the AMQP URI of an empty virtual host, removed with all in it at the end."""
        name = f"test-{token_hex(6)}"
        user = quote(self._amqp.username or "", safe="")
        self.ask("PUT", f"/vhosts/{name}")
        self.ask(
            "PUT",
            f"/permissions/{name}/{user}",
            {"configure": ".*", "write": ".*", "read": ".*"},
        )
        try:
            yield urlunsplit(self._amqp._replace(path=f"/{name}"))
        finally:
            self.ask("DELETE", f"/vhosts/{name}")

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()
