"""Nameko entrypoints of the referral service. No logic lives here."""

from onward.runtime import EventService


class ReferralService(EventService):
    """The referral service as Nameko runs it: see `services.referral` for what it owns, hears and tells."""

    name = "referral"
