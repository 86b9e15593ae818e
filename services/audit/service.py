"""Nameko entrypoints of the audit service. No logic lives here."""

from onward.runtime import EventService


class AuditService(EventService):
    """The audit service as Nameko runs it: see `services.audit` for what it owns, hears and tells."""

    name = "audit"
