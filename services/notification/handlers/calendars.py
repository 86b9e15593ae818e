"""What stands in a worker's calendar: kept as events tell of it, read under an address that can be ended."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from onward.contracts.notification import TellingChanged
from onward.contracts.referral import HandoffEvent
from onward.envelope import Envelope
from onward.errors import NotFoundError
from onward.icalendar import CalendarEntry
from services.notification.domain.dates import entry_of, left_by
from services.notification.domain.leading import REFERRALS, leads_to
from services.notification.handlers.preferences import chosen
from services.notification.handlers.tokens import calendar_of, calendar_token
from services.notification.storage.store import Work

KEPT: Final = timedelta(days=30)
"""How far back a calendar reaches."""
MOST: Final = 1000
"""Entries in one calendar."""


def note_dates(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep the dates that the envelopes' events set, in their order, and forget those that they end."""
    events = [one.event for one in envelopes if isinstance(one.event, HandoffEvent)]
    uow.store.calendars.follow(*left_by(events))


def address(uow: Work, secret_key: str) -> str | None:
    """Return the token that leads to the actor's calendar, None where they have none."""
    kept = uow.store.calendars.of(chosen(uow).principal)
    if kept is None or not kept.open:
        return None
    return calendar_token(secret_key, kept.principal, kept.number)


def renew(uow: Work, *, is_open: bool) -> None:
    """Give the actor's calendar a new address, or none: the one before leads nowhere from now on."""
    mine = chosen(uow)
    uow.store.calendars.renew(mine.principal, is_open=is_open, now=uow.now)
    uow.emit(
        TellingChanged(
            organisation_id=mine.organisation,
            what="calendar",
            change="changed" if is_open else "deleted",
        )
    )


def entries(uow: Work, token: str, secret_key: str, *, public_url: str) -> list[CalendarEntry]:
    """Return what stands in the calendar that *token* leads to.

    Raises `NotFoundError` where it leads nowhere, or nowhere any more; also for whoever may not sign in.
    """
    principal, number = calendar_of(secret_key, token)
    kept, actor = uow.store.calendars.of(principal), uow.store.calendars.worker(principal)
    if kept is None or actor is None or not kept.open or kept.number != number:
        raise NotFoundError("calendar")
    mine, role = uow.store.people.preferences(principal), actor.role

    def page_of(referral_id: UUID) -> str:
        return public_url + leads_to(f"{REFERRALS}{referral_id}", role)

    reader = uow.store.people.reader(actor, uow.now)
    dates = uow.store.calendars.dates(reader, since=uow.now - KEPT, most=MOST)
    names = uow.store.copies.service_names({date.service_id for date in dates})
    return [
        entry_of(
            date,
            service=names.get(date.service_id),
            language=mine.language if mine else "en",
            address=page_of,
        )
        for date in dates
    ]
