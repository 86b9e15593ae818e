"""Webhook endpoints: where a partner's system is told, and what an address must look like."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from onward.errors import ConflictError, InvalidError
from services.notification.domain.addresses import why_refused
from services.notification.domain.rules import heard

ALL: Final = "*"
"""Subscribes to every event, those of later versions included."""
TEST: Final = "webhook.test.v1"
"""Sent when somebody presses the button."""
PULLED: Final = re.compile(r"pull:[a-z0-9][a-z0-9-]{0,39}")
"""In place of an address: nothing is sent, its owner asks for what waits, as a developer's laptop does."""
MOST: Final = 20
"""Endpoints an organisation may have."""
LONGEST_URL: Final = 1000
OLD_SECRET: Final = timedelta(hours=24)
"""How long the secret before a rotation still signs, so that a receiver can change over."""
_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
_PLAIN: Final = re.compile(r"[!-~]+")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class EndpointStatus(StrEnum):
    """Whether an endpoint is sent anything."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"
    """Kept for its delivery log alone; its secrets are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where one organisation's system hears of what happens to its handoffs."""

    id: UUID
    organisation: UUID
    url: str
    events: tuple[str, ...]
    """Event keys, or ``*``."""
    status: EndpointStatus
    disabled_code: str | None
    """``gone`` when the address said so, ``by-hand`` when somebody did."""
    failures: int
    """How many attempts at one message failed since the last attempt that did not."""
    created_at: datetime
    rotated_at: datetime | None

    @property
    def old_signs_until(self) -> datetime | None:
        """When the secret before the last rotation ends, or ended; None where there was none."""
        return self.rotated_at + OLD_SECRET if self.rotated_at else None

    @property
    def pulled(self) -> bool:
        """Whether its owner asks for what waits instead of being sent it."""
        return PULLED.fullmatch(self.url) is not None

    def hears(self, keys: Collection[str]) -> bool:
        """Tell whether it is on and subscribed to one of *keys*."""
        subscribed = ALL in self.events or not set(keys).isdisjoint(self.events)
        return self.status is EndpointStatus.ENABLED and subscribed

    def require_enabled(self) -> None:
        """Raise `ConflictError` unless messages are sent to it."""
        if self.status is not EndpointStatus.ENABLED:
            way = "Start `onward events listen`" if self.pulled else "Switch the endpoint on"
            raise ConflictError("endpoint-disabled", f"{way} first.")

    def require_one_secret(self, now: datetime) -> None:
        """Raise `ConflictError` while two sign: a third would end one that receivers check by."""
        until = self.old_signs_until
        if until and now < until:
            raise ConflictError(
                "secret-just-rotated",
                f"The secret before this one signs too until {until:%Y-%m-%dT%H:%M:%SZ}: make another then."
                " If one of them leaked, add a webhook anew instead, and delete this one.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A checked address."""

    scheme: str
    host: str
    port: int
    exempt: bool
    """Whether the operator lets webhooks reach this origin wherever it is."""


def require_reachable(url: str, allowed: Collection[str]) -> None:
    """Raise `InvalidError` as `target` unless *url* may be told at, or says that its owner asks."""
    if not PULLED.fullmatch(url):
        target(url, allowed)


def target(url: str, allowed: Collection[str]) -> Target:
    """Return where *url* leads; origins in *allowed* (``http://host:port``) may be anywhere.

    Raises `InvalidError` with ``webhook-url``, ``webhook-not-https``, ``webhook-port`` or
    ``webhook-address``.
    """
    parts, port = _split(url)
    host = (parts.hostname or "").lower()
    port = port or _DEFAULT_PORTS.get(parts.scheme, 0)
    exempt = (parts.scheme, host, port) in {_origin(origin) for origin in allowed}
    if not exempt:
        _require_public(parts.scheme, host, port)
    return Target(scheme=parts.scheme, host=host, port=port, exempt=exempt)


def event_names() -> tuple[str, ...]:
    """Return the keys an endpoint can subscribe to, in order."""
    return tuple(sorted(event.key for event in heard()))


def _split(url: str) -> tuple[SplitResult, int | None]:
    problem = InvalidError(
        "webhook-url",
        "Give a whole address such as https://example.org/hooks: ASCII, no user name, no fragment.",
    )
    if len(url) > LONGEST_URL or not _PLAIN.fullmatch(url) or "\\" in url:
        raise problem
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise problem from None
    named = parts.hostname and (_is_literal(parts.hostname) or _HOST.fullmatch(parts.hostname))
    if not named or "@" in parts.netloc or "#" in url or parts.scheme not in _DEFAULT_PORTS:
        raise problem
    return parts, port


def _require_public(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise InvalidError("webhook-not-https", "Webhooks go over https only.")
    if port != _DEFAULT_PORTS["https"]:
        raise InvalidError("webhook-port", "Webhooks go to port 443 only.")
    if why_refused(ip_address(host)) if _is_literal(host) else _is_local_name(host):
        raise InvalidError("webhook-address", "Give an address that is public on the internet.")


def _is_local_name(host: str) -> bool:
    """Tell whether *host* has no dot, as names of one network have."""
    return "." not in host.rstrip(".")


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _origin(text: str) -> tuple[str, str, int]:
    parts = urlsplit(text)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), port
