"""Tell whether the process lives, and whether it can do its work."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from onward import broker, migrate
from onward.errors import OnwardError
from onward.service import RunningService
from onward.web.access import impersonal

KEPT: Final = 5.0
"""Seconds a look at the broker counts for: readiness is asked often, and a connection costs."""
OLDEST: Final = 60.0
"""Seconds an event may wait in the outbox before the service says that it lags."""
_AGE = sa.text(
    "SELECT COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - min(created_at)), 0)"
    " FROM outbox WHERE sent_at IS NULL"
)


def health(running: RunningService) -> Blueprint:
    """Return ``livez``, which touches nothing, and ``readyz``, which tries what is needed."""
    blueprint = Blueprint("health", __name__, url_prefix=f"/{running.service.name}")
    reachable = _Kept(lambda: broker.reachable(running.settings.amqp_uri))

    @blueprint.get("/livez")
    @impersonal
    def livez() -> Response:
        return jsonify(status="alive")

    @blueprint.get("/readyz")
    @impersonal
    def readyz() -> tuple[Response, int]:
        checks = {**_database(running), "broker": "ok" if reachable() else "away"}
        # Without the broker intake still answers and the outbox keeps what is to be told.
        ready = checks["database"] == "ok"
        said = jsonify(status="ready" if ready else "not-ready", checks=checks)
        return said, 200 if ready else 503

    return blueprint


def _database(running: RunningService) -> dict[str, str]:
    try:
        with running.database.transaction() as uow:
            if not migrate.is_current(running.service, uow.connection):
                return {"database": "not-migrated", "outbox": "unknown"}
            age = float(uow.connection.scalar(_AGE) or 0)
    except OnwardError:
        return {"database": "away", "outbox": "unknown"}
    return {"database": "ok", "outbox": "lagging" if age > OLDEST else "ok"}


class _Kept:
    """A slow answer, asked for at most once in `KEPT` seconds."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._answer = False
        self._until = 0.0

    def __call__(self) -> bool:
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + KEPT
            return self._answer
