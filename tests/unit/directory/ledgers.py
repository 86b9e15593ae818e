"""Ledgers to test with: a house with so many beds, and handoffs that ask for them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.directory.domain.claims import Urgency
from services.directory.domain.days import day_of
from services.directory.domain.ledger import Asked, Wish
from services.directory.domain.places import CapacityKind, Opening, Place
from services.directory.domain.seats import Ledger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = day_of(NOW)
HOUSE = UUID(int=1)
OFFER_HOURS = 48


def bed(number: int, opening: Opening = Opening.AVAILABLE) -> Place:
    return Place(id=UUID(int=100 + number), number=number, label=f"Bed {number}", opening=opening)


def house(beds: int = 1, *, closed: bool = False, kind: CapacityKind = CapacityKind.BED) -> Ledger:
    places = tuple(bed(number) for number in range(1, beds + 1))
    return Ledger(service_id=HOUSE, kind=kind, closed=closed, places=places)


def asked(handoff: int) -> Asked:
    return Asked(
        handoff_id=UUID(int=1000 + handoff),
        referral_id=UUID(int=2000 + handoff),
        service_id=HOUSE,
    )


def wish(handoff: int, urgency: Urgency = Urgency.ROUTINE, *, minutes_ago: int = 0) -> Wish:
    return Wish(
        asked=asked(handoff),
        urgency=urgency,
        requested_at=NOW - timedelta(minutes=minutes_ago),
        offer_hours=OFFER_HOURS,
    )
