"""What workers read about how a person is told that there is news."""

from collections.abc import Mapping
from typing import Final

from onward.languages import marked
from onward.web import current_running
from services.referral.domain.news import Times, Way

WAYS: Final[Mapping[Way, str]] = {Way.EMAIL: marked("E-mail"), Way.TEXT: marked("Text message")}
TIMES: Final[Mapping[Times, str]] = {
    Times.DAY: marked("Between 9am and 8pm"),
    Times.MORNING: marked("Between 9am and noon"),
    Times.AFTERNOON: marked("Between noon and 5pm"),
    Times.EVENING: marked("Between 5pm and 8pm"),
}
RESULTS: Final[Mapping[str, str]] = {
    "contact-rule": marked("the rules for getting in touch forbid it"),
    "contact-unknown": marked("no number or address is recorded"),
    "not-set-up": marked("this platform does not send messages this way"),
    "consent-withdrawn": marked("they had said stop"),
    "page-closed": marked("their page was closed"),
    "sandbox": marked("nobody is told from a sandbox"),
}
"""Why a way is closed, or a message was not sent; every other reason is the provider's."""


def ways_set_up() -> list[Way]:
    """Return the ways by which this platform sends anything."""
    settings = current_running().settings
    urls = {Way.EMAIL: settings.smtp_url, Way.TEXT: settings.sms_url}
    return [way for way, url in urls.items() if url]
