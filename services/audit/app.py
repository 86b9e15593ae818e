"""The audit service put together."""

from pathlib import Path

from onward.service import Service
from services.audit.handlers import HANDLERS
from services.audit.storage import tables
from services.audit.storage.store import Store
from services.audit.timers import TICKS
from services.audit.web import create_app


def _entrypoints() -> type:
    """Return the Nameko class; imported late, so that only a running service imports Nameko."""
    from services.audit.service import AuditService  # noqa: PLC0415

    return AuditService


SERVICE = Service(
    name="audit",
    store=Store,
    metadata=tables.metadata,
    migrations=Path(__file__).parent / "storage" / "migrations",
    handlers=HANDLERS,
    create_app=create_app,
    paths=("/audit", "/api/v1/audit"),
    entrypoints=_entrypoints,
    ticks=TICKS,
)
