"""Everything that can be set from outside, read once, from ``ONWARD_…`` variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from onward.clock import Clock, OffsetClock, SystemClock
from onward.errors import OnwardError

MOST_IN_BATCH = 1000
MOST_HANDS = 10
"""As many as there are connections to the database beside those that the web needs."""
SECRET_LENGTH = 32
"""Fewest characters a secret may have (256 bits when it is hexadecimal)."""


class SettingsError(OnwardError):
    """A setting is missing or cannot be; the text names the variable and what to put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one service in one process was told at its start."""

    service: str
    database_url: str
    """Of the role that may only read and write rows."""
    owner_database_url: str
    """Of the role that owns and migrates the tables; the same as above where nothing else is set."""
    amqp_uri: str
    public_url: str
    """The one origin that browsers and partners see, without a trailing slash."""
    secret_key: str
    """Shared by the services: sessions, access tokens and forms are signed with keys derived from it."""
    signing_key: str | None
    """Secret behind the audit service's checkpoint signatures; only the audit service needs it."""
    smtp_url: str | None
    """``smtp://user:password@host:port`` or ``smtps://…``; without it no e-mail is sent and that is said."""
    log_level: str
    listen: str
    """``host:port`` for HTTP."""
    clock_offset_file: Path | None
    """Rehearsals only: a file that shifts the clock, see `onward.clock.OffsetClock`."""
    webhook_allow: tuple[str, ...]
    """Origins a webhook may reach although they are private: rehearsals and closed networks only."""
    rate_per_second: float
    rate_burst: int
    amqp_management_url: str | None = None
    """RabbitMQ's HTTP API with an administrator's user and password; for `onward partner` only."""
    amqp_partner_url: str | None = None
    """Where partners find the broker, ``amqps://host:port``; for `onward partner` only."""
    amqp_partner_authority: str | None = None
    """The certificate (PEM) that the broker's is signed with, where no public authority has; as above."""
    batch: int = 100
    """Events handled in one transaction at most; with 1, each has a commit of its own."""
    sms_url: str | None = None
    """``govuk-notify://<template id>?key=…``; without it no text message is sent and that is said."""
    vault_keys: tuple[str, ...] = ()
    """Secrets behind the keys of people's records, the newest first; the referral service's alone."""
    hands: int = 1
    """Batches handled at once, each in its own transaction; what has to keep order takes turns."""

    @property
    def clock(self) -> Clock:
        """Return the clock these settings ask for."""
        return OffsetClock(self.clock_offset_file) if self.clock_offset_file else SystemClock()

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over HTTPS, so that cookies can insist on it."""
        return self.public_url.startswith("https://")


def read_settings(service: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings of *service*.

    Raises `SettingsError` with the variable's name when one is missing or unusable.
    """
    read = _Reader(environ)
    database_url = _psycopg2(read.required(f"ONWARD_{service.upper()}_DATABASE_URL"))
    owner_url = read.optional(f"ONWARD_{service.upper()}_OWNER_DATABASE_URL")
    offset = read.optional("ONWARD_CLOCK_OFFSET_FILE")
    needs_signing = service == "audit"
    return Settings(
        service=service,
        database_url=database_url,
        owner_database_url=_psycopg2(owner_url) if owner_url else database_url,
        amqp_uri=read.required("ONWARD_AMQP_URI"),
        public_url=(read.optional("ONWARD_PUBLIC_URL") or "http://127.0.0.1:8080").rstrip("/"),
        secret_key=read.secret("ONWARD_SECRET_KEY"),
        signing_key=read.secret("ONWARD_SIGNING_KEY") if needs_signing else None,
        smtp_url=read.optional("ONWARD_SMTP_URL"),
        log_level=(read.optional("ONWARD_LOG_LEVEL") or "info").lower(),
        listen=read.optional("ONWARD_LISTEN") or "127.0.0.1:8000",
        clock_offset_file=Path(offset) if offset else None,
        webhook_allow=read.origins("ONWARD_WEBHOOK_ALLOW"),
        rate_per_second=read.number("ONWARD_RATE_PER_SECOND", 10),
        rate_burst=int(read.number("ONWARD_RATE_BURST", 50)),
        amqp_management_url=read.optional("ONWARD_AMQP_MANAGEMENT_URL"),
        amqp_partner_url=read.optional("ONWARD_AMQP_PARTNER_URL"),
        amqp_partner_authority=read.optional("ONWARD_AMQP_PARTNER_AUTHORITY"),
        sms_url=read.optional("ONWARD_SMS_URL"),
        batch=read.whole("ONWARD_BATCH", 100, most=MOST_IN_BATCH),
        vault_keys=read.secrets("ONWARD_VAULT_KEYS") if service == "referral" else (),
        hands=read.whole("ONWARD_HANDS", 1, most=MOST_HANDS),
    )


class _Reader:
    """Looks a variable up, or the file its ``…_FILE`` twin names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def optional(self, name: str) -> str | None:
        if value := self._environ.get(name):
            return value
        path = self._environ.get(f"{name}_FILE")
        if not path:
            return None
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            reason = error.strerror
            raise SettingsError(
                f"{name}_FILE names a file that cannot be read: {reason}"
            ) from None

    def required(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            raise SettingsError(f"Set {name} (or {name}_FILE); there is no default.")
        return value

    def secret(self, name: str) -> str:
        value = self.required(name)
        if len(value) < SECRET_LENGTH:
            raise SettingsError(f"{name} is too short: give at least {SECRET_LENGTH} characters.")
        return value

    def secrets(self, name: str) -> tuple[str, ...]:
        """Return the secrets that stand in one variable with spaces or lines between them."""
        values = tuple((self.optional(name) or "").split())
        if any(len(value) < SECRET_LENGTH for value in values):
            raise SettingsError(
                f"A key in {name} is too short: give each at least {SECRET_LENGTH} characters."
            )
        return values

    def origins(self, name: str) -> tuple[str, ...]:
        """Return the origins that stand in one variable with spaces or lines between them."""
        values = tuple((self.optional(name) or "").split())
        for value in values:
            if not _is_origin(value):
                raise SettingsError(
                    f"{name} holds origins such as http://10.0.0.5:8025, with spaces between them."
                )
        return values

    def number(self, name: str, default: float) -> float:
        text = self.optional(name)
        try:
            return float(text) if text else default
        except ValueError:
            raise SettingsError(f"{name} must be a number.") from None

    def whole(self, name: str, default: int, *, most: int) -> int:
        number = self.number(name, default)
        if number != int(number) or not 1 <= number <= most:
            raise SettingsError(f"{name} must be a whole number from 1 to {most}.")
        return int(number)


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = parts.hostname and parts.port != 0
    except ValueError:
        return False
    alone = text.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
    return bool(named) and alone and parts.scheme in {"http", "https"} and not {*"@,"} & {*text}


def _psycopg2(url: str) -> str:
    """Name the driver: SQLAlchemy 2.1 would pick psycopg 3, which stalls the eventlet hub."""
    scheme, separator, rest = url.partition("://")
    if not separator or not scheme.startswith("postgres"):
        raise SettingsError("Database URLs start with postgresql://")
    return f"postgresql+psycopg2://{rest}"
