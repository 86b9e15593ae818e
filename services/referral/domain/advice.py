"""Advice without a referral: an organisation asks another, about nobody by name, and may refer then."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from nhs_number.validate import is_valid

from onward.errors import ConflictError, FieldError, InvalidError
from services.referral.domain.moves import Party

_EMAIL: Final = re.compile(r"\S@\S+\.\w")
_PHONE: Final = re.compile(r"(?:\+44|\b0)(?:[\s()-]*\d){9,10}\b")
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)
_TEN: Final = re.compile(r"\b\d{3}[\s-]?\d{3}[\s-]?\d{4}\b")
_DAY: Final = re.compile(
    r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-]((?:19|20)\d\d)|((?:19|20)\d\d)-\d\d-\d\d)\b"
)
_LONG_AGO: Final = 10
"""Years after which a day that is written out is taken for somebody's date of birth."""


class Stage(StrEnum):
    """Where a question stands."""

    ASKED = "asked"
    """It waits for whoever was asked."""
    ANSWERED = "answered"
    CLOSED = "closed"
    REFERRED = "referred"
    """A referral has followed from it."""


OPEN: Final = frozenset({Stage.ASKED, Stage.ANSWERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One question to one service, with all that was said on it."""

    id: UUID
    service_id: UUID
    sender: UUID
    """Who asks."""
    recipient: UUID
    """Who is asked."""
    stage: Stage = Stage.ASKED
    asked_at: datetime
    changed_at: datetime
    referral_id: UUID | None = None
    """The referral that followed from it."""

    @property
    def is_open(self) -> bool:
        """Whether somebody may still say something."""
        return self.stage in OPEN

    def side(self, organisation: UUID) -> Party | None:
        """Return on which side *organisation* stands, if on one."""
        sides = {self.sender: Party.SENDER, self.recipient: Party.RECIPIENT}
        return sides.get(organisation)

    def told(self) -> dict[str, UUID]:
        """Return what every event about it carries."""
        return {
            "advice_id": self.id,
            "service_id": self.service_id,
            "sender": self.sender,
            "recipient": self.recipient,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Something said on a question."""

    id: UUID
    advice_id: UUID
    organisation: UUID
    principal: str
    text: str
    at: datetime


def after_word(advice: Advice, by: Party, *, at: datetime) -> Advice:
    """Return *advice* once *by* has said something. Raises `ConflictError` ``advice-settled``."""
    _require_open(advice)
    stage = Stage.ANSWERED if by is Party.RECIPIENT else Stage.ASKED
    return replace(advice, stage=stage, changed_at=at)


def closed(advice: Advice, *, at: datetime) -> Advice:
    """Return *advice* once nothing follows from it. Raises `ConflictError` ``advice-settled``."""
    _require_open(advice)
    return replace(advice, stage=Stage.CLOSED, changed_at=at)


def referred(advice: Advice, referral_id: UUID, *, at: datetime) -> Advice:
    """Return *advice* once a referral has followed from it. Raises `ConflictError` ``advice-settled``."""
    _require_open(advice)
    return replace(advice, stage=Stage.REFERRED, referral_id=referral_id, changed_at=at)


def require_nameless(text: str, by: Party, *, today: date) -> None:
    """Raise `InvalidError` ``advice-names-somebody`` where *text* says who somebody is.

    No lawful basis and no agreement stand behind a question. An answer may say how to reach a service.
    """
    found = list(_telling(text, by, today))
    if found:
        raise InvalidError(
            "advice-names-somebody",
            "Advice is asked and given without saying who it is about: refer them to say more.",
            errors=[FieldError(pointer="/text", detail=f"Leave out {one}.") for one in found],
        )


def _telling(text: str, by: Party, today: date) -> Iterator[str]:
    """Yield what in *text* would tell who somebody is."""
    if any(is_valid(re.sub(r"\D", "", number)) for number in _TEN.findall(text)):
        yield "the NHS number"
    years = (int(slashed or written) for slashed, written in _DAY.findall(text))
    if any(year <= today.year - _LONG_AGO for year in years):
        yield "the date of birth: say the age"
    if by is Party.SENDER:
        if _EMAIL.search(text):
            yield "the e-mail address"
        if _PHONE.search(text):
            yield "the telephone number"
        if _POSTCODE.search(text):
            yield "the second half of the postcode"


def _require_open(advice: Advice) -> None:
    if not advice.is_open:
        raise ConflictError(
            "advice-settled", "This question was closed, or turned into a referral: ask anew."
        )
