"""A typed client for Onward's HTTP API, thin over httpx."""

from onward_client.client import Onward
from onward_client.errors import AwayError, ProblemError, Wrong
from onward_client.records import Handoff, Notification, Submitted

__all__ = [
    "AwayError",
    "Handoff",
    "Notification",
    "Onward",
    "ProblemError",
    "Submitted",
    "Wrong",
]
