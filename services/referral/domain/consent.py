"""What a recipient may go on reading once the person has limited, withdrawn or outlived their consent."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from services.referral.domain.pack import Consent, Sections, Value
from services.referral.domain.routing import BASES


class Stop(StrEnum):
    """Why a field that was told may not be read any more."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    LIMITED = "limited"


def ended(consent: Consent, *, basis: str | None, on: date) -> Stop | None:
    """Return why all reading is over on the day *on*, if it is.

    A basis that stands (a legal duty, safeguarding, vital interests) does not rest on the person's word.
    """
    if _stands(basis):
        return None
    if consent.withdrawn:
        return Stop.WITHDRAWN
    if consent.until is not None and consent.until < on:
        return Stop.EXPIRED
    return None


def stopped(
    fields: Iterable[str], consent: Consent, *, basis: str | None, on: date
) -> dict[str, Stop]:
    """Return which of *fields* (``section.field`` names once told) may not be read on *on*, and why."""
    if _stands(basis):
        return {}
    if whole := ended(consent, basis=basis, on=on):
        return dict.fromkeys(fields, whole)
    return {field: Stop.LIMITED for field in fields if consent.withholds(field)}


def readable(
    told: Sections, consent: Consent, *, basis: str | None, on: date
) -> dict[str, dict[str, Value]]:
    """Return what of *told*, a pack as it was frozen, may still be read on the day *on*."""
    names = [f"{section}.{name}" for section, fields in told.items() for name in fields]
    closed = stopped(names, consent, basis=basis, on=on)
    kept = {
        section: {
            name: value for name, value in fields.items() if f"{section}.{name}" not in closed
        }
        for section, fields in told.items()
    }
    return {section: fields for section, fields in kept.items() if fields}


def _stands(basis: str | None) -> bool:
    return basis is not None and basis in BASES and BASES[basis].stands
