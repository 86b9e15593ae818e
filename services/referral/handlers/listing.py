"""Refer a list of people to one service: each line is sent, or refused by itself with what to change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import FieldError, InvalidError, Refused
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one line; holds nothing of what the line said."""

    number: int
    referral_id: UUID | None = None
    """None where it was not sent."""
    code: str | None = None
    """Why not; None where it was sent, or can be."""
    detail: str | None = None
    errors: Sequence[FieldError] = ()

    @property
    def is_good(self) -> bool:
        """Whether it was sent, or can be."""
        return self.code is None


def refer_list(
    uow: UnitOfWork[Store], vault: Vault, lines: Iterable[Line], *, check_only: bool
) -> list[Result]:
    """Send every line that can be sent, unless it is to be checked only; return one result per line.

    A line that is refused leaves nothing behind and stops no other.
    """
    seen: set[str] = set()
    return [_result(uow, vault, line, seen, check_only=check_only) for line in lines]


def _result(
    uow: UnitOfWork[Store], vault: Vault, line: Line, seen: set[str], *, check_only: bool
) -> Result:
    try:
        submission = _readable(line, seen)
        preview(uow, vault, submission)  # writes nothing, and refuses whatever sending would
    except Refused as refusal:
        return Result(
            number=line.number,
            code=refusal.code,
            detail=refusal.detail,
            errors=refusal.errors,
        )
    if check_only:
        return Result(number=line.number)
    return Result(number=line.number, referral_id=submit(uow, vault, submission).referral.id)


def _readable(line: Line, seen: set[str]) -> Submission:
    if isinstance(line.read, Refused):
        raise line.read
    nhs_number = line.read.person.nhs_number if line.read.person else None
    if nhs_number in seen:
        raise InvalidError(
            "line-twice",
            "This NHS number stands further up in the list: take one of the two lines out.",
            errors=[FieldError(pointer="/nhs_number", detail="It is in the list twice.")],
        )
    if nhs_number:
        seen.add(nhs_number)
    return line.read
