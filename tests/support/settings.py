"""Settings of a service that a test runs within its own process."""

from typing import Any

from onward.settings import Settings

SECRET = "not-a-secret-" * 3
NOWHERE = "postgresql+psycopg2://nobody@127.0.0.1:1/none"


def rehearsal(
    service: str, app_url: str = NOWHERE, owner_url: str = "", **changes: Any
) -> Settings:
    """Return settings of *service* on that database, with no broker, no mail and no limit on requests."""
    usual: dict[str, Any] = {
        "service": service,
        "database_url": app_url,
        "owner_database_url": owner_url or app_url,
        "amqp_uri": "memory://",
        "public_url": "http://127.0.0.1:8080",
        "secret_key": SECRET,
        "signing_key": None,
        "smtp_url": None,
        "log_level": "info",
        "listen": "127.0.0.1:8000",
        "clock_offset_file": None,
        "webhook_allow": (),
        "rate_per_second": 100_000,
        "rate_burst": 100_000,
    }
    return Settings(**(usual | changes))
