"""The referral service put together."""

from pathlib import Path

from onward.service import Service
from services.referral.handlers import HANDLERS
from services.referral.storage import tables
from services.referral.storage.store import Store
from services.referral.timers import TICKS
from services.referral.web import create_app, list_sending


def _entrypoints() -> type:
    """Return the Nameko class; imported late, so that only a running service imports Nameko."""
    from services.referral.service import ReferralService  # noqa: PLC0415

    return ReferralService


SERVICE = Service(
    name="referral",
    store=Store,
    metadata=tables.metadata,
    migrations=Path(__file__).parent / "storage" / "migrations",
    handlers=HANDLERS,
    create_app=create_app,
    paths=(
        "/",
        "/inbox",
        "/refer",
        "/referrals",
        "/my",
        "/teams",
        "/retention",
        "/advice",
        "/api/v1/referrals",
        "/api/v1/handoffs",
        "/api/v1/deadlines",
        "/api/v1/people",
        "/api/v1/retention",
        "/api/v1/advice",
    ),
    entrypoints=_entrypoints,
    ticks=(*TICKS, *list_sending.TICKS),
)
