"""One connection that hears of new notices, outside the pool: it lives as long as somebody listens."""

import select
from typing import Any, cast

import sqlalchemy as sa
from psycopg2 import extensions

from services.notification.storage.notices import CHANNEL


class Ear:
    """Hears every commit that wrote notices."""

    def __init__(self, engine: sa.Engine) -> None:
        """Connect and listen. Raises SQLAlchemy's or psycopg2's error while the database is away."""
        pooled = engine.raw_connection()
        self._raw = cast("Any", pooled.driver_connection)
        pooled.detach()
        with self._raw.cursor(cursor_factory=extensions.cursor) as cursor:  # begins no transaction
            cursor.execute(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float) -> None:
        """Return when there is news, or after *seconds*. Raises `psycopg2.Error` when the line is dead."""
        select.select([self._raw], [], [], seconds)
        self._raw.poll()
        self._raw.notifies.clear()

    def close(self) -> None:
        """Hang up."""
        self._raw.close()
