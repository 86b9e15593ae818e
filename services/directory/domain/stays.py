"""What ends a stay: a longest stay, the last day of a course, or the last session there is."""

from datetime import datetime, timedelta

from services.directory.domain.claims import Claim
from services.directory.domain.days import is_over
from services.directory.domain.places import Place
from services.directory.domain.services import Limits


def stay_ends(claim: Claim, place: Place, limits: Limits) -> datetime | None:
    """Return when somebody who has moved in gives the place back at the latest; None without a limit."""
    if claim.taken_at is None:
        return None
    if place.ends_on is not None:
        return is_over(place.ends_on)
    if limits.maximum_stay_days is None:
        return None
    return claim.taken_at + timedelta(days=limits.maximum_stay_days)


def overstays(claim: Claim, place: Place, limits: Limits, *, at: datetime) -> bool:
    """Tell whether somebody still has the place after that."""
    ends = stay_ends(claim, place, limits)
    return ends is not None and at >= ends
