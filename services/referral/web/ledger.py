"""The ledger on the page of a referral: who was told what, what closed since, and what was corrected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from onward.languages import marked
from onward.web.languages import translated
from onward.web.pages import words
from services.referral.domain.consent import Stop
from services.referral.storage.packs import Disclosure
from services.referral.web.wording import UNKNOWN, field_title, section_title

STOPPED = {
    Stop.WITHDRAWN: marked("closed: consent withdrawn"),
    Stop.EXPIRED: marked("closed: consent has run out"),
    Stop.LIMITED: marked("closed: the person does not want it told"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What one recipient was told at one time."""

    recipient: str
    at: datetime
    basis: str
    agreement_id: UUID | None
    fields: Sequence["LedgerField"]

    @property
    def closed(self) -> int:
        """How many of them may not be read any more."""
        return sum(field.stopped is not None for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerField:
    """One field that was told, in words."""

    title: str
    sensitivity: str
    stopped: str | None
    """Why it may not be read any more, if so."""
    corrected_at: datetime | None


def ledger(disclosures: Sequence[Disclosure]) -> Iterator[Ledger]:
    """Yield what was told, one entry per handoff and time."""
    for _, group in groupby(disclosures, key=lambda one: (one.handoff_id, one.disclosed_at)):
        told = list(group)
        first = told[0]
        yield Ledger(
            recipient=first.recipient_name or translated(UNKNOWN),
            at=first.disclosed_at,
            basis=words(first.lawful_basis),
            agreement_id=first.agreement_id,
            fields=[_ledger_field(one) for one in told],
        )


def corrections(disclosures: Sequence[Disclosure], handoff_id: UUID) -> list[tuple[datetime, str]]:
    """Return when the pack of a handoff was corrected, and in which fields; the latest first."""
    told = [one for one in disclosures if one.handoff_id == handoff_id]
    sent = min((one.disclosed_at for one in told), default=None)
    found: dict[datetime, list[str]] = {}
    for one in told:
        at = one.corrected_at or one.disclosed_at
        if (one.corrected_at or at != sent) and one.stopped_at is None:
            found.setdefault(at, []).append(field_title(one.field.partition(".")[2]))
    return [(at, ", ".join(names)) for at, names in sorted(found.items(), reverse=True)]


def _ledger_field(one: Disclosure) -> LedgerField:
    return LedgerField(
        title=f"{section_title(one.field.partition('.')[0])}: {field_title(one.field.partition('.')[2])}",
        sensitivity=one.sensitivity.text,
        stopped=STOPPED[one.stopped_because] if one.stopped_because else None,
        corrected_at=one.corrected_at,
    )
