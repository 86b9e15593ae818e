"""A sharing agreement: what one organisation may tell another, for what, how long."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from onward.contracts.directory import AgreementPublished
from onward.errors import ConflictError
from services.directory.domain.checks import invalid, require_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One agreement, one way: what is shared back needs another."""

    id: UUID
    from_organisation: UUID
    to_organisation: UUID
    purposes: tuple[str, ...]
    sections: tuple[str, ...]
    """Sections of the handoff pack it covers."""
    lawful_basis: str
    valid_from: date
    valid_until: date | None = None
    """Last day it holds; open-ended without one."""
    version: int = 1

    def checked(self) -> "Agreement":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        if self.from_organisation == self.to_organisation:
            raise invalid("/to_organisation", "An agreement is between two organisations.")
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise invalid("/valid_until", "The last day comes after the first, or is the same.")
        if not self.purposes:
            raise invalid("/purposes", "Name at least one purpose.")
        if not self.sections:
            raise invalid("/sections", "Name at least one section of the pack.")
        require_codes("/purposes", self.purposes)
        require_codes("/sections", self.sections)
        require_codes("/lawful_basis", [self.lawful_basis])
        return self

    def holds_on(self, day: date) -> bool:
        """Tell whether it covers what is shared on *day*."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def end(self, last_day: date | None, *, today: date) -> "Agreement":
        """Let it end with *last_day*, or at once; what was shared under it stays lawful.

        Raises `ConflictError` ``already-ended``, or `InvalidError` for a day out of its reach.
        """
        yesterday = today - timedelta(days=1)
        self.require_not_over(today)
        until = yesterday if last_day is None else last_day
        if until < yesterday:
            raise invalid("/last_day", "An agreement cannot end in the past: name today or later.")
        if self.valid_until is not None and until > self.valid_until:
            raise invalid("/last_day", "It ends before that: make a new agreement to go on.")
        return replace(self, valid_until=until, version=self.version + 1)

    def reopen(self, until: date | None, *, today: date) -> "Agreement":
        """Let it end with *until*, as an earlier version of it said; None: open-ended once more.

        Raises `ConflictError` ``already-ended`` when it is over, or would be.
        """
        self.require_not_over(today)
        reopened = replace(self, valid_until=until, version=self.version + 1)
        reopened.require_not_over(today)
        return reopened

    def require_not_over(self, today: date) -> None:
        """Raise `ConflictError` ``already-ended`` when its last day lies before *today*."""
        if self.valid_until is not None and self.valid_until < today:
            raise ConflictError("already-ended", "This agreement is over: make a new one.")

    def published(self) -> AgreementPublished:
        """Return what the other services are told."""
        return AgreementPublished(
            agreement_id=self.id,
            from_organisation=self.from_organisation,
            to_organisation=self.to_organisation,
            purposes=self.purposes,
            sections=self.sections,
            lawful_basis=self.lawful_basis,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )
