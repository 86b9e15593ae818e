"""How long what is kept, and what a legal hold on it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from onward.languages import marked

HOLD_REASONS: Final = {
    "legal-claim": marked("A claim, or one that is to be expected"),
    "inquiry": marked("A public inquiry, an inquest or a review of a death"),
    "complaint": marked("A complaint that is being looked into"),
    "police": marked("An investigation by the police or a court's order"),
    "safeguarding": marked("A safeguarding enquiry"),
    "rights": marked("The person asked for access, correction or restriction"),
}
"""Why a record must not be disposed of, whatever its age."""

NOT_ACCEPTED: Final = "not-accepted"
NEVER_SENT: Final = "never-sent"
ADVICE: Final = "advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long one kind of record is kept."""

    kind: str
    what: str
    years: int
    """After it was last in use."""
    source: str
    """The law, code or decision that the period is from."""
    keepers: tuple[str, ...] = ()
    """Kinds of organisations, as the directory has them, whose records it is about; none: of any."""

    def ends(self, last_used: datetime) -> datetime:
        """Return when what was last used then is due."""
        return _years_on(last_used, self.years)

    def before(self, now: datetime) -> datetime:
        """Return the moment since which nothing may have been used for it to be due *now*."""
        return _years_on(now, -self.years)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something whose time is over, or will be soon."""

    rule: Rule
    person_id: UUID
    keeper: UUID
    """The organisation whose record it is."""
    last_used: datetime
    handoff_id: UUID | None = None
    """Where it is one handoff's and not all about the person."""
    referral_id: UUID | None = None

    @property
    def due_at(self) -> datetime:
        """When it is disposed of, unless it is held or used again."""
        return self.rule.ends(self.last_used)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueQuestion:
    """A question for advice whose time is over, or will be soon; nobody's record hangs on it."""

    rule: Rule
    advice_id: UUID
    sender: UUID
    recipient: UUID
    last_used: datetime

    @property
    def due_at(self) -> datetime:
        """When it is disposed of, unless somebody says something on it."""
        return self.rule.ends(self.last_used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """When a person's record was in use."""

    person_id: UUID
    keeper_kind: str | None
    """What kind of organisation keeps it, where that is known."""
    was_sent: bool
    last_used: datetime | None
    """None: it is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A decision that something is kept, whatever its age."""

    id: UUID
    person_id: UUID
    referral_id: UUID | None
    """The one referral it is about; None: all about the person."""
    reason: str
    until: date | None
    """Its last day; None: until it is lifted."""
    placed_at: datetime
    placed_by: str


def rule_of(rules: Mapping[str, Rule], keeper_kind: str | None) -> Rule:
    """Return what says how long an organisation of this kind keeps a person's record.

    Of a kind that no rule names, or that is not known, the longest counts.
    """
    records = record_rules(rules)
    named = (rule for rule in records if keeper_kind in rule.keepers)
    return next(named, max(records, key=lambda rule: rule.years))


def due_after(rules: Mapping[str, Rule], use: Use | None) -> datetime | None:
    """Return when a record that was so used is due; None while it is in use."""
    if use is None or use.last_used is None:
        return None
    rule = rule_of(rules, use.keeper_kind) if use.was_sent else rules[NEVER_SENT]
    return rule.ends(use.last_used)


def record_rules(rules: Mapping[str, Rule]) -> Sequence[Rule]:
    """Return those about persons' records as a whole, that were in use once."""
    return [rule for rule in rules.values() if rule.keepers]


def _years_on(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:  # a 29 February
        return moment.replace(year=moment.year + years, day=28)
