"""Counters of one application's requests."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class RequestCounts:
    """Requests of one application, by route template: an address could name a person."""

    def __init__(self) -> None:
        """Start at nought."""
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.count = Counter(
            "onward_requests", "Requests answered", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "onward_request_seconds",
            "Time to answer",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
