"""Refer a list of people to one service: each line is sent, or refused by itself with what to change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from onward.database import UnitOfWork
from onward.errors import FieldError, InvalidError, Refused
from services.referral.domain.lists import Result
from services.referral.domain.submission import Submission
from services.referral.handlers.submitting import preview, submit
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as it was read."""

    number: int
    """As an editor counts; the heading is 1."""
    read: Submission | Refused
    """A refusal where it could not be read."""


def without_twice(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield *lines*; one whose NHS number stands further up is refused."""
    seen: set[str] = set()
    for line in lines:
        person = None if isinstance(line.read, Refused) else line.read.person
        nhs_number = person.nhs_number if person else None
        yield replace(line, read=_TWICE) if nhs_number in seen else line
        if nhs_number:
            seen.add(nhs_number)


def refer_list(
    uow: UnitOfWork[Store], vault: Vault, lines: Iterable[Line], *, check_only: bool
) -> list[Result]:
    """Send every line that can be sent, unless it is to be checked only; return one result per line.

    A line that is refused leaves nothing behind and stops no other.
    """
    return [_result(uow, vault, line, check_only=check_only) for line in lines]


def _result(uow: UnitOfWork[Store], vault: Vault, line: Line, *, check_only: bool) -> Result:
    try:
        if isinstance(line.read, Refused):
            raise line.read
        preview(uow, vault, line.read)  # writes nothing, and refuses whatever sending would
    except Refused as refusal:
        return refused_line(line.number, refusal)
    if check_only:
        return Result(number=line.number)
    return Result(number=line.number, referral_id=submit(uow, vault, line.read).referral.id)


def refused_line(number: int, refusal: Refused) -> Result:
    """Return the result of a line that was not sent because of *refusal*."""
    return Result(number=number, code=refusal.code, detail=refusal.detail, errors=refusal.errors)


_TWICE: Final = InvalidError(
    "line-twice",
    "This NHS number stands further up in the list: take one of the two lines out.",
    errors=[FieldError(pointer="/nhs_number", detail="It is in the list twice.")],
)
