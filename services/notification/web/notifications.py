"""The inbox as an API: list, mark as read, follow live."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import orjson
from flask import Response, request
from flask.views import MethodView

from onward.identity import Role
from onward.service import RunningService
from onward.web import (
    Blueprint,
    Page,
    allow,
    current_actor,
    current_caller,
    current_running,
    current_uow,
    transactional,
)
from services.notification.domain.messages import Reader
from services.notification.handlers import inbox
from services.notification.web import schemas
from services.notification.web.live import Feed, follow, live_of, position_of
from services.notification.web.views import NoticeView, view

READERS: Final = (
    Role.CASEWORKER,
    Role.TEAM_LEAD,
    Role.EDITOR,
    Role.AUDITOR,
    Role.OPERATOR,
    Role.PARTNER_SYSTEM,
)
HEARTBEAT: Final = 15.0
"""Seconds of quiet after which a comment keeps proxies from hanging up."""
LIFETIME: Final = 300.0
"""Seconds after which a stream ends and the reader comes back: who asks is checked anew."""
RETRY: Final = 2000
"""Milliseconds a reader waits before it comes back."""

blp = Blueprint(
    "notifications",
    __name__,
    url_prefix="/api/v1/notifications",
    description="What your organisation was told",
)
_schema = schemas.Notification()


@blp.route("")
class Notifications(MethodView):
    """The organisation's notices."""

    @allow(*READERS)
    @transactional
    @blp.arguments(schemas.NotificationQuery, location="query")
    @blp.response(200, schemas.Notification(many=True))
    def get(self, query: dict[str, Any]) -> Any:
        """List what your organisation was told, newest first."""
        page = Page.of(query)
        found = inbox.read_notices(
            current_uow(),
            read=False if query["unread"] else None,
            before=UUID(page.after[0]) if page.after else None,
            limit=page.fetch,
        )
        return page.cut(
            [view(notice, current_actor()) for notice in found], lambda shown: [str(shown.id)]
        )


@blp.route("/<uuid:notification_id>/read")
class OneRead(MethodView):
    """One worker's mark on one notice."""

    @allow(*READERS)
    @transactional
    @blp.response(200, schemas.Notification)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, notification_id: UUID) -> Any:
        """Mark one notification as read, for yourself."""
        return view(inbox.mark_read(current_uow(), notification_id), current_actor())


@blp.route("/read")
class ManyRead(MethodView):
    """One worker's mark on many notices."""

    @allow(*READERS)
    @transactional
    @blp.arguments(schemas.ReadMany)
    @blp.response(200, schemas.Marked)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, chosen: dict[str, Any]) -> Any:
        """Mark many notifications as read, for yourself."""
        if "ids" in chosen:
            marked, missing = inbox.mark_many(current_uow(), chosen["ids"])
            return {"marked": marked, "missing": missing}
        return {"marked": inbox.mark_up_to(current_uow(), chosen["up_to"]), "missing": []}


@blp.route("/stream")
class Stream(MethodView):
    """The live inbox."""

    @allow(*READERS)
    @blp.doc(
        parameters=[
            {
                "in": "header",
                "name": "Last-Event-ID",
                "schema": {"type": "string", "format": "uuid"},
                "description": "The id of the last event seen; a browser sends it by itself.",
            }
        ],
        responses={
            "200": {
                "description": "Server-sent events: id is the notification's, data is the notification.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        },
    )
    @blp.alt_response(429, "TOO_MANY_REQUESTS")
    def get(self) -> Any:
        """Follow notifications live.

        Begins with what came after Last-Event-ID. Ends after five minutes at most: come back with the
        last id, as browsers do by themselves.
        """
        running = current_running()
        with running.database.transaction(actor=current_actor()) as uow:
            reader = inbox.reader_of(uow)
        since = position_of(running, reader, request.headers.get("Last-Event-ID"))
        feed = live_of(running).join(reader)
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
        stream = _Sending(running, feed, since=since, lifetime=_lifetime(running, reader))
        return Response(stream, content_type="text/event-stream; charset=utf-8", headers=headers)


def _lifetime(running: RunningService, reader: Reader) -> float:
    """Return how long a stream may last: not beyond the session that opened it, nor a placement."""
    caller = current_caller()
    session = caller.session if caller else None
    ends = [session.expires_at] if session else []
    ends += [reader.until] if reader.until else []
    now = running.clock.now()
    return min(LIFETIME, *((end - now).total_seconds() for end in ends), LIFETIME)


class _Sending:
    """The body of a stream; leaves the listener when it ends, or is closed before it began."""

    def __init__(
        self, running: RunningService, feed: Feed, *, since: int, lifetime: float
    ) -> None:
        self._running = running
        self._feed = feed
        self._notices = follow(running, feed, since=since, heartbeat=HEARTBEAT, lifetime=lifetime)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield f"retry: {RETRY}\n: connected\n\n".encode()
            for notice in self._notices:
                shown = view(notice, self._feed.reader) if notice else None
                yield _event(shown) if shown else b": still here\n\n"
        finally:
            self.close()

    def close(self) -> None:
        """Let go; safe to do twice."""
        live_of(self._running).leave(self._feed)


def _event(shown: NoticeView) -> bytes:
    data = orjson.dumps(_schema.dump(shown))
    return b"id: " + str(shown.id).encode() + b"\ndata: " + data + b"\n\n"
