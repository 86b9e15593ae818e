"""Every event that crosses a service boundary, one module per producer.

Importing this package declares them all, so that a decoder knows every key.
"""

from onward.contracts import access, audit, directory, notification, referral
from onward.contracts.base import Event, declared, event

__all__ = [
    "Event",
    "access",
    "audit",
    "declared",
    "directory",
    "event",
    "notification",
    "referral",
]
