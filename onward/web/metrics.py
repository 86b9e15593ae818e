"""Numbers for Prometheus: requests, the outbox's backlog, what is parked, what was handled."""

import time
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from onward.errors import OnwardError
from onward.service import RunningService
from onward.web.access import impersonal
from onward.web.context import current_web

_COUNTS = sa.text(
    """
    SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS backlog,
           (SELECT COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - min(created_at)), 0)
            FROM outbox WHERE sent_at IS NULL) AS age,
           (SELECT count(*) FROM parked WHERE status = 'parked') AS parked,
           (SELECT count(*) FROM parked WHERE status IN ('waiting', 'retrying')) AS waiting
    """
)


def count_requests(app: Flask) -> None:
    """Time and count every request of *app*."""

    def start() -> None:
        g.started = time.perf_counter()

    def finish(response: Response) -> Response:
        counts = current_web().counts
        route = request.url_rule.rule if request.url_rule else "unknown"
        counts.count.labels(request.method, route, response.status_code).inc()
        if "started" in g:
            counts.seconds.labels(request.method, route).observe(time.perf_counter() - g.started)
        return response

    app.before_request(start)
    app.after_request(finish)


def metrics(running: RunningService) -> Blueprint:
    """Return ``metrics`` of the service; the proxy in front keeps it inside."""
    blueprint = Blueprint("metrics", __name__, url_prefix=f"/{running.service.name}")
    database = _DatabaseCounts(running)

    @blueprint.get("/metrics")
    @impersonal
    def scrape() -> Response:
        registry = CollectorRegistry()
        registry.register(database)
        text = generate_latest(current_web().counts.registry) + generate_latest(registry)
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return blueprint


class _DatabaseCounts(Collector):
    """What the tables hold at the moment they are asked."""

    def __init__(self, running: RunningService) -> None:
        self._running = running

    def collect(self) -> Iterator[Metric]:
        handled = self._running.inbox.handled
        yield CounterMetricFamily(
            "onward_inbox_handled", "Events handled by this process", handled
        )
        try:
            with self._running.database.transaction() as uow:
                row = uow.connection.execute(_COUNTS).one()
        except (OnwardError, sa.exc.ProgrammingError):
            yield GaugeMetricFamily("onward_database_up", "Whether the database answers", 0)
            return
        yield GaugeMetricFamily("onward_database_up", "Whether the database answers", 1)
        yield GaugeMetricFamily("onward_outbox_backlog", "Events not sent yet", row.backlog)
        yield GaugeMetricFamily(
            "onward_outbox_age_seconds", "Age of the oldest unsent", float(row.age)
        )
        yield GaugeMetricFamily("onward_parked", "Events a human must decide about", row.parked)
        yield GaugeMetricFamily("onward_waiting", "Events to be tried again", row.waiting)

    def describe(self) -> Iterator[Metric]:
        """Describe nothing, so that registering does not ask the database."""
        return iter(())
