"""The page on which a person sees where their referral stands: its address is all it takes to read it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from onward.errors import FieldError, InvalidError

LASTS: Final = (30, 90, 180)
"""Days that such a page can be open."""
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""No two of them look alike on paper (Crockford's base 32)."""
_GROUPS, _GROUP = 5, 5
_READ_AS: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPage:
    """One address, for one referral, until it ends or is closed."""

    id: UUID
    referral_id: UUID
    organisation: UUID
    """Who made it."""
    made_at: datetime
    ends_at: datetime
    closed_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Tell whether its address leads anywhere at *at*."""
        return self.closed_at is None and at < self.ends_at


def new_token(choose: Callable[[Sequence[str]], str]) -> str:
    """Return 125 bits that *choose*, a source nobody can foresee, picks, in groups to be typed from paper."""
    groups = ("".join(choose(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def digest(token: str) -> bytes:
    """Return what *token* is found by, however it was typed.

    A plain hash is enough: nobody can try out 125 bits.
    """
    plain = token.casefold().translate(_READ_AS)
    return hashlib.sha256(plain.encode()).digest()


def lasting(days: int) -> timedelta:
    """Return how long a page of *days* is open; raise `InvalidError` for any other than the usual times."""
    if days not in LASTS:
        said = ", ".join(str(one) for one in LASTS)
        raise InvalidError(
            "own-page-days",
            f"Choose for how many days the page is open: {said}.",
            errors=[FieldError(pointer="/days", detail=f"Choose one of {said}.")],
        )
    return timedelta(days=days)
