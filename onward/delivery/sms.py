"""The port that text messages leave by, and GOV.UK Notify behind it."""

import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import structlog

from onward.delivery.outcome import Outcome

SCHEME: Final = "govuk-notify"
NOTIFY: Final = "https://api.notifications.service.gov.uk"
TIMEOUT: Final = 15
"""Seconds the provider may stay silent."""
NOT_INSTALLED: Final = "sms-not-installed"
"""The extra ``sms`` is missing."""
AWAY: Final = "sms-provider-away"
NOT_SET_UP: Final = "sms-not-set-up"
SENDER: Final = "text-sender"
"""Under this name in ``running.extras``; whatever is put there before is used."""
_REFUSED: Final = 400
"""What is wrong with the message itself, such as the number: trying again cannot help."""


log = structlog.get_logger(__name__)


class TextSender(Protocol):
    """Whoever takes text messages."""

    def send(self, *, phone: str, text: str, reference: str) -> Outcome:
        """Hand in one message; *reference* stays the same however often it is tried. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider, as ``ONWARD_SMS_URL`` says it."""

    template: str
    """Id of a template whose text is ``((text))``."""
    key: str
    origin: str


def read_url(url: str) -> Provider:
    """Return what ``govuk-notify://<template id>?key=<API key>`` says; ``&at=`` names another origin.

    Raises `ValueError` when it says something else.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    try:
        template = str(UUID(parts.hostname or ""))
        (key,) = query["key"]
    except (KeyError, ValueError):
        raise ValueError(
            f"ONWARD_SMS_URL must read {SCHEME}://<template id>?key=<API key>"
        ) from None
    if parts.scheme != SCHEME:
        raise ValueError(f"ONWARD_SMS_URL must start with {SCHEME}://")
    return Provider(template=template, key=key, origin=query.get("at", [NOTIFY])[0])


class GovUkNotify:
    """Hands text messages to GOV.UK Notify."""

    def __init__(self, provider: Provider) -> None:
        """Send by *provider*. Raises `ImportError` where the extra ``sms`` is not installed."""
        from notifications_python_client.errors import HTTPError, InvalidResponse  # noqa: PLC0415
        from notifications_python_client.notifications import NotificationsAPIClient  # noqa: PLC0415 - an extra

        self._template = provider.template
        self._errors: tuple[type[Exception], ...] = (HTTPError, InvalidResponse)
        self._client: Any = NotificationsAPIClient(  # type: ignore[no-untyped-call]
            provider.key, base_url=provider.origin, timeout=TIMEOUT
        )

    def send(self, *, phone: str, text: str, reference: str) -> Outcome:
        """Hand in one message."""
        begun = time.monotonic()
        status, code = self._hand_in(phone, text, reference)
        spent = round((time.monotonic() - begun) * 1000)
        return Outcome(code=code, final=status == _REFUSED, status_code=status, milliseconds=spent)

    def _hand_in(self, phone: str, text: str, reference: str) -> tuple[int | None, str | None]:
        """Return the status, and why it was not taken."""
        try:
            self._client.send_sms_notification(
                phone, self._template, personalisation={"text": text}, reference=reference
            )
        except self._errors as error:
            response = getattr(error, "response", None)
            status = getattr(response, "status_code", None)
            return status, f"sms-{status}" if status else AWAY
        return None, None


def sender_of(extras: MutableMapping[str, Any], url: str | None) -> TextSender | str:
    """Return who takes text messages for a running service, or the code of why nobody does.

    Made from *url* (``ONWARD_SMS_URL``) when first asked for, and kept in the service's *extras*.
    """
    if SENDER not in extras:
        extras[SENDER] = _new_sender(url)
    return cast("TextSender | str", extras[SENDER])


def _new_sender(url: str | None) -> TextSender | str:
    if url is None:
        return NOT_SET_UP
    try:
        return GovUkNotify(read_url(url))
    except ImportError:
        log.warning("texts-not-sent", code=NOT_INSTALLED)
        return NOT_INSTALLED
