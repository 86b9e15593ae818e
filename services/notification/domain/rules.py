"""Who is told what, and how soon: every rule as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.contracts import audit, directory, referral
from onward.contracts.base import Event
from onward.contracts.referral import AdviceEvent, HandoffEvent
from onward.identity import Role


class Urgency(StrEnum):
    """How soon somebody should look: the referral's own scale."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Audience(StrEnum):
    """Which organisations a rule tells."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    OTHER_SIDE = "other-side"
    """Whoever did not do it; both when the person did."""
    PROVIDER = "provider"
    """Whoever answers for the service, by the directory's entry."""
    OWN = "own"
    """The organisation that the event is about."""
    WATCHERS = "watchers"
    """Every organisation's auditors and operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One sentence to one audience."""

    audience: Audience
    template: str
    """Code of the wording, see `services.notification.domain.wording`."""
    urgency: Urgency | None = Urgency.ROUTINE
    """None where the event carries its own."""
    roles: tuple[Role, ...] = ()
    """Who in the organisation; everybody where empty."""
    moment: str | None = None
    """The event's field with the time that the wording names."""
    when: str | None = None
    """What has to be true of the event; without one the rule always holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one organisation is told about one event."""

    organisation: UUID
    counterpart: UUID | None
    """The other side, whom the wording names."""
    template: str
    urgency: Urgency
    roles: tuple[Role, ...] = ()
    moment: datetime | None = None


SENDER, RECIPIENT = Audience.SENDER, Audience.RECIPIENT
URGENT, EMERGENCY = Urgency.URGENT, Urgency.EMERGENCY

RULES: Final[Mapping[type[Event], tuple[Rule, ...]]] = {
    referral.HandoffRequested: (
        Rule(
            audience=RECIPIENT, template="handoff-requested", urgency=None, moment="acknowledge_by"
        ),
    ),
    referral.PackCorrected: (
        Rule(
            audience=RECIPIENT,
            template="contact-rules-corrected",
            urgency=URGENT,
            when="safe_to_contact",
        ),
        Rule(audience=RECIPIENT, template="pack-corrected", when="can_wait"),
    ),
    referral.DisclosureStopped: (
        Rule(audience=RECIPIENT, template="disclosure-stopped", urgency=URGENT),
    ),
    referral.DisclosureReopened: (Rule(audience=RECIPIENT, template="disclosure-reopened"),),
    referral.PersonSaidStop: (
        # Whoever may not read on is told by `DisclosureStopped` what that means for them.
        Rule(
            audience=RECIPIENT, template="person-said-stop-here", urgency=URGENT, when="reads_on"
        ),
        Rule(audience=SENDER, template="person-said-stop", urgency=URGENT, when="newest"),
    ),
    referral.GlassBroken: (
        Rule(audience=SENDER, template="glass-broken", urgency=EMERGENCY, moment="ends_at"),
    ),
    referral.HandoffAcknowledged: (Rule(audience=SENDER, template="handoff-acknowledged"),),
    referral.InformationRequested: (
        Rule(audience=SENDER, template="information-requested", urgency=URGENT),
    ),
    referral.InformationAnswered: (
        Rule(audience=RECIPIENT, template="information-answered", moment="answer_by"),
    ),
    referral.HandoffAccepted: (Rule(audience=SENDER, template="handoff-accepted"),),
    referral.HandoffRejected: (
        Rule(audience=SENDER, template="handoff-rejected", urgency=URGENT),
    ),
    referral.HandoffWaitlisted: (Rule(audience=SENDER, template="handoff-waitlisted"),),
    referral.HandoffOffered: (
        Rule(audience=RECIPIENT, template="place-held", urgency=URGENT, moment="lapses_at"),
        Rule(audience=SENDER, template="handoff-offered", urgency=URGENT, moment="lapses_at"),
    ),
    referral.OfferLapsed: (
        Rule(audience=RECIPIENT, template="place-lapsed", urgency=URGENT),
        Rule(audience=SENDER, template="offer-lapsed", urgency=URGENT),
    ),
    referral.HandoffStarted: (Rule(audience=SENDER, template="handoff-started"),),
    referral.HandoffPutOnHold: (Rule(audience=SENDER, template="handoff-put-on-hold"),),
    referral.HandoffResumed: (Rule(audience=SENDER, template="handoff-resumed"),),
    referral.HandoffCompleted: (Rule(audience=SENDER, template="handoff-completed"),),
    referral.HandoffFailed: (Rule(audience=SENDER, template="handoff-failed", urgency=URGENT),),
    referral.HandoffCancelled: (
        Rule(audience=Audience.OTHER_SIDE, template="handoff-cancelled", urgency=URGENT),
    ),
    referral.HandoffExpired: (
        Rule(audience=RECIPIENT, template="request-expired", urgency=URGENT),
        Rule(audience=SENDER, template="handoff-expired", urgency=URGENT),
    ),
    referral.HandoffEnteredInError: (
        Rule(audience=RECIPIENT, template="handoff-entered-in-error", urgency=URGENT),
    ),
    referral.AdviceAsked: (Rule(audience=RECIPIENT, template="advice-asked"),),
    referral.AdviceAnswered: (Rule(audience=SENDER, template="advice-answered"),),
    referral.AdviceClosed: (Rule(audience=Audience.OTHER_SIDE, template="advice-closed"),),
    referral.AdviceTurnedIntoReferral: (
        Rule(audience=RECIPIENT, template="advice-turned-into-referral"),
    ),
    referral.MessageSent: (Rule(audience=Audience.OTHER_SIDE, template="message-sent"),),
    referral.AttachmentAdded: (Rule(audience=Audience.OTHER_SIDE, template="attachment-added"),),
    referral.AppointmentMade: (
        Rule(audience=Audience.OTHER_SIDE, template="appointment-made", moment="starts_at"),
    ),
    referral.AppointmentCancelled: (
        Rule(
            audience=Audience.OTHER_SIDE,
            template="appointment-cancelled",
            urgency=URGENT,
            moment="starts_at",
        ),
    ),
    directory.PlaceRefused: (
        Rule(audience=Audience.PROVIDER, template="place-refused", urgency=URGENT),
    ),
    audit.TamperingFound: (
        Rule(
            audience=Audience.WATCHERS,
            template="tampering-found",
            urgency=EMERGENCY,
            roles=(Role.AUDITOR, Role.OPERATOR),
        ),
    ),
}
"""Who is told by notice and e-mail. `DeadlineReached` follows its ladder below instead."""

_LEADS: Final = (Role.TEAM_LEAD, Role.OPERATOR)
OF_WORKERS, OF_SYSTEMS = "worker", "system"
ACCOUNT_RULES: Final[Mapping[tuple[str, str], Rule]] = {
    (whose, change): Rule(audience=Audience.OWN, template=template, urgency=urgency, roles=_LEADS)
    for whose, change, template, urgency in (
        (OF_WORKERS, "opened", "account-opened", Urgency.ROUTINE),
        (OF_WORKERS, "changed", "role-changed", Urgency.ROUTINE),
        (OF_WORKERS, "closed", "account-closed", Urgency.ROUTINE),
        (OF_SYSTEMS, "opened", "system-let-in", URGENT),
        (OF_SYSTEMS, "renewed", "system-renewed", URGENT),
        (OF_SYSTEMS, "closed", "system-shut-out", URGENT),
    )
}
"""Who leads an organisation is told, in the application, who may act for it, by whose account it is and what
became of it."""
OWN_ROLE: Final = Rule(audience=Audience.OWN, template="your-role-changed", urgency=URGENT)
"""Whoever has another role is told so themself, where they said how."""

SYSTEMS_ONLY: Final[frozenset[type[Event]]] = frozenset(
    {
        referral.PackDisclosed,
        referral.AttendanceRecorded,
        referral.OutcomeRecorded,
        referral.GoalSet,
        referral.GoalReviewed,
    }
)
"""Of interest to the parties' systems alone: a person has the referral itself to look at."""

FIRST_RUNG, SECOND_RUNG = 1, 2
DEADLINE_KINDS: Final = frozenset({"acknowledge", "answer", "review", "stay"})
"""Kinds with a wording of their own; a newer kind is told in general words."""


def heard() -> frozenset[type[Event]]:
    """Return every event a webhook can be sent for."""
    return frozenset(RULES) | SYSTEMS_ONLY | {referral.DeadlineReached}


def tellings(event: HandoffEvent | AdviceEvent) -> list[Telling]:
    """Return what each side is told: one telling per organisation, the recipient's first."""
    told: dict[UUID, Telling] = {}
    for rule in rules_for(event):
        for organisation, counterpart in _sides(rule.audience, event):
            telling = telling_by(rule, event, organisation=organisation, counterpart=counterpart)
            told.setdefault(organisation, telling)
    return list(told.values())


def rules_for(event: Event) -> tuple[Rule, ...]:
    """Return the rules that *event* falls under, none where only systems are told."""
    if isinstance(event, referral.DeadlineReached):
        return _ladder(event.kind, event.rung)
    rules = RULES.get(type(event), ())
    return tuple(rule for rule in rules if rule.when is None or getattr(event, rule.when))


def telling_by(
    rule: Rule, event: Event, *, organisation: UUID, counterpart: UUID | None = None
) -> Telling:
    """Return what *rule* tells *organisation* about *event*."""
    urgency = rule.urgency or _urgency(getattr(event, "urgency", Urgency.ROUTINE))
    return Telling(
        organisation=organisation,
        counterpart=counterpart,
        template=rule.template,
        urgency=urgency,
        roles=rule.roles,
        moment=getattr(event, rule.moment) if rule.moment else None,
    )


def roles_of(template: str) -> tuple[Role, ...]:
    """Return the roles that the wording *template* is for, everybody where empty."""
    every = [*ACCOUNT_RULES.values(), *(rule for rules in RULES.values() for rule in rules)]
    found = [rule.roles for rule in every if rule.template == template]
    return found[0] if found else ()


def keys_of(template: str) -> frozenset[str]:
    """Return the keys of the events that are told with the wording *template*."""
    if template.removesuffix("-elsewhere").endswith("-due"):
        return frozenset({referral.DeadlineReached.key})
    return frozenset(
        event.key
        for event, rules in RULES.items()
        if any(rule.template == template for rule in rules)
    )


def parties(event: HandoffEvent | AdviceEvent) -> tuple[UUID, ...]:
    """Return the organisations whose systems hear of every step: both sides, each once."""
    return tuple(dict.fromkeys((event.sender, event.recipient)))


def _urgency(code: str) -> Urgency:
    """Read the event's own word; one we do not know yet is taken as urgent, to be on the safe side."""
    return Urgency(code) if code in set(Urgency) else URGENT


def _ladder(kind: str, rung: int) -> tuple[Rule, ...]:
    """Climb with every rung left unanswered: the team, then the other side too, then the team leads."""
    name = kind if kind in DEADLINE_KINDS else "deadline"
    roles: tuple[Role, ...] = (Role.TEAM_LEAD,) if rung > SECOND_RUNG else ()
    urgency = EMERGENCY if rung > SECOND_RUNG else URGENT
    here = Rule(
        audience=RECIPIENT, template=f"{name}-due", urgency=urgency, roles=roles, moment="due_at"
    )
    if rung <= FIRST_RUNG:
        return (here,)
    there = Rule(
        audience=SENDER,
        template=f"{name}-due-elsewhere",
        urgency=urgency,
        roles=roles,
        moment="due_at",
    )
    return here, there


def _sides(audience: Audience, event: HandoffEvent | AdviceEvent) -> Iterator[tuple[UUID, UUID]]:
    """Yield each organisation told, with its counterpart."""
    by = getattr(event, "cancelled_by", None) or getattr(event, "by", None)
    recipient = audience is RECIPIENT or (audience is Audience.OTHER_SIDE and by != RECIPIENT)
    sender = audience is SENDER or (audience is Audience.OTHER_SIDE and by != SENDER)
    if recipient:
        yield event.recipient, event.sender
    if sender:
        yield event.sender, event.recipient
