"""Live notices: one listener per process fans out to every open stream; no stream holds a connection."""

import queue
import threading
import time
from collections.abc import Iterator
from typing import Final, cast
from uuid import UUID

import psycopg2
import sqlalchemy as sa
import structlog

from onward.database import DatabaseAwayError
from onward.errors import TooManyRequestsError
from onward.service import RunningService
from services.notification.domain.messages import Notice, Reader
from services.notification.storage.listening import Ear

LOOK_EVERY: Final = 2.0
"""Seconds: a lost wake-up delays news this long."""
BATCH: Final = 500
MOST_WAITING: Final = 100
"""Notices kept for a slow reader; then its stream ends, and it comes back for the rest."""
MOST_STREAMS: Final = 10
"""Open streams one worker or system may have in a process."""
READY: Final = 10.0
"""Seconds a new stream waits for the listener."""
PAUSE: Final = 1.0
"""Seconds before the listener begins again."""
_NAME: Final = "live"

log = structlog.get_logger(__name__)


class Feed:
    """What one open stream still has to send."""

    def __init__(self, reader: Reader) -> None:
        """Take what *reader* may see."""
        self.reader = reader
        self.ready = threading.Event()
        """Set once nothing new can be missed."""
        self.overflowed = False
        self._waiting: queue.Queue[Notice] = queue.Queue(MOST_WAITING)

    def offer(self, notice: Notice) -> None:
        """Take *notice* if it is for the reader."""
        if not self.reader.may_see(notice.organisation, notice.roles):
            return
        try:
            self._waiting.put_nowait(notice)
        except queue.Full:
            self.overflowed = True

    def take(self, seconds: float) -> Notice | None:
        """Return the next notice, or None after *seconds*."""
        try:
            return self._waiting.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None


class Live:
    """The listener of this process: it runs while there are feeds."""

    def __init__(self, running: RunningService) -> None:
        """Hear what commits in *running*'s database."""
        self._running = running
        self._lock = threading.Lock()
        self._feeds: list[Feed] = []
        self._listening = False
        self._thread: threading.Thread | None = None

    @property
    def streams(self) -> int:
        """Open streams."""
        return len(self._feeds)

    @property
    def listens(self) -> bool:
        """Whether the listener runs."""
        return self._thread is not None

    def join(self, reader: Reader) -> Feed:
        """Return a feed of everything that commits from now on, once it is ready.

        Raises `TooManyRequestsError` with ``too-many-streams``.
        """
        feed = Feed(reader)
        with self._lock:
            mine = [other for other in self._feeds if other.reader.principal == reader.principal]
            if len(mine) >= MOST_STREAMS:
                raise TooManyRequestsError(
                    "too-many-streams",
                    f"Close one first: {MOST_STREAMS} are allowed.",
                    retry_after=5,
                )
            self._feeds.append(feed)
            if self._listening:
                feed.ready.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        return feed

    def leave(self, feed: Feed) -> None:
        """Forget *feed*."""
        with self._lock:
            if feed in self._feeds:
                self._feeds.remove(feed)

    def close(self) -> None:
        """Send every reader away, and stop listening."""
        with self._lock:
            for feed in self._feeds:
                feed.overflowed = True
            self._feeds.clear()

    def _run(self) -> None:
        while self._wanted():
            try:
                self._listen()
            except (psycopg2.Error, sa.exc.SQLAlchemyError, DatabaseAwayError, OSError) as error:
                log.warning("live-waits-for-database", error=type(error).__name__)
                threading.Event().wait(PAUSE)
            except Exception:
                log.exception("live-failed")  # streams hang on this thread: it begins again
                threading.Event().wait(PAUSE)

    def _wanted(self) -> bool:
        """Tell whether anybody listens; if not, this thread is over."""
        with self._lock:
            if not self._feeds:
                self._thread = None
            return bool(self._feeds)

    def _listen(self) -> None:
        ear = Ear(self._running.engine)
        try:
            reached = self._begin()
            while self._feeds:
                ear.wait(LOOK_EVERY)
                reached = self._fan_out(reached)
        finally:
            with self._lock:
                self._listening = False
            ear.close()

    def _begin(self) -> int:
        """Tell the feeds that from here on nothing is missed; return the position reached."""
        with self._running.database.transaction() as uow:
            reached: int = uow.store.notices.last_position()
        with self._lock:
            self._listening = True
            for feed in self._feeds:
                if feed.ready.is_set():
                    feed.overflowed = True  # the line was dead for a while: it has to catch up
                feed.ready.set()
        return reached

    def _fan_out(self, reached: int) -> int:
        while True:
            with self._running.database.transaction() as uow:
                news: list[Notice] = uow.store.notices.all_newer(than=reached, limit=BATCH)
            with self._lock:
                feeds = list(self._feeds)
            for notice in news:
                for feed in feeds:
                    feed.offer(notice)
                reached = notice.position
            if len(news) < BATCH:
                return reached


def live_of(running: RunningService) -> Live:
    """Return the listener of this process."""
    return cast("Live", running.extras.setdefault(_NAME, Live(running)))


def follow(
    running: RunningService, feed: Feed, *, since: int, heartbeat: float, lifetime: float
) -> Iterator[Notice | None]:
    """Yield what *feed*'s reader may see after position *since*, old and new; None when it was quiet.

    Ends after *lifetime* seconds, or when the reader was too slow: it comes back and catches up.
    """
    over = time.monotonic() + lifetime
    if not feed.ready.wait(READY):
        return
    for notice in _missed(running, feed.reader, since):
        since = notice.position
        yield notice
    while time.monotonic() < over and not feed.overflowed:
        news = feed.take(min(heartbeat, over - time.monotonic()))
        if news is None:
            yield None
        elif news.position > since:
            since = news.position
            yield news


def _missed(running: RunningService, reader: Reader, since: int) -> Iterator[Notice]:
    """Yield what was committed after *since*, a page in one short transaction each."""
    page = 100
    while True:
        with running.database.transaction() as uow:
            notices: list[Notice] = uow.store.notices.newer(reader, than=since, limit=page)
        yield from notices
        if len(notices) < page:
            return
        since = notices[-1].position


def position_of(running: RunningService, reader: Reader, last_event_id: str | None) -> int:
    """Return where a stream begins: behind the notice it saw last, else now."""
    with running.database.transaction() as uow:
        if last_event_id and (id_ := _uuid(last_event_id)):
            seen: Notice | None = uow.store.notices.one(reader, id_)
            if seen is not None:
                return seen.position
        now: int = uow.store.notices.last_position()
        return now


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
