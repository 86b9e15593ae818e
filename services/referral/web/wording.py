"""Words for codes on pages: statuses, moves, sections, needs, and who has somebody now."""

from collections.abc import Mapping
from datetime import date, datetime
from math import ceil
from typing import Final
from uuid import UUID

from onward.languages import marked
from onward.web.languages import translated, translated_number
from onward.web.pages import day, moment, words
from services.referral.domain.handoff import Handoff, Urgency
from services.referral.domain.moves import Action, Status
from services.referral.domain.pack import Consent
from services.referral.domain.reasons import OUTCOMES, find_reason
from services.referral.storage.copies import Claim

SAID: Final[Mapping[Status, tuple[str, str]]] = {
    Status.DRAFT: (marked("Draft"), "grey"),
    Status.REQUESTED: (marked("New"), "blue"),
    Status.ACKNOWLEDGED: (marked("Seen"), "blue"),
    Status.INFO_REQUESTED: (marked("Question asked"), "purple"),
    Status.ACCEPTED: (marked("Accepted"), "green"),
    Status.WAITLISTED: (marked("On waiting list"), "yellow"),
    Status.OFFERED: (marked("Place offered"), "aqua-green"),
    Status.IN_PROGRESS: (marked("In progress"), "aqua-green"),
    Status.ON_HOLD: (marked("On hold"), "orange"),
    Status.REJECTED: (marked("Declined"), "red"),
    Status.CANCELLED: (marked("Cancelled"), "grey"),
    Status.EXPIRED: (marked("Expired"), "red"),
    Status.COMPLETED: (marked("Completed"), "green"),
    Status.FAILED: (marked("Ended early"), "red"),
    Status.ENTERED_IN_ERROR: (marked("Entered in error"), "grey"),
}
"""What a status is called, and the colour of its tag."""

URGENCIES: Final[Mapping[Urgency, tuple[str, str]]] = {
    Urgency.EMERGENCY: (marked("Emergency"), "red"),
    Urgency.URGENT: (marked("Urgent"), "orange"),
    Urgency.ROUTINE: (marked("Routine"), "grey"),
}

VERBS: Final[Mapping[Action, str]] = {
    Action.SEND: marked("Send"),
    Action.ACKNOWLEDGE: marked("Acknowledge"),
    Action.ASK: marked("Ask a question"),
    Action.ANSWER: marked("Answer"),
    Action.ACCEPT: marked("Accept"),
    Action.REJECT: marked("Decline"),
    Action.WAITLIST: marked("Put on waiting list"),
    Action.OFFER: marked("Offer a place"),
    Action.START: marked("Start"),
    Action.HOLD: marked("Put on hold"),
    Action.RESUME: marked("Take up again"),
    Action.COMPLETE: marked("Complete"),
    Action.FAIL: marked("End early"),
    Action.CANCEL: marked("Cancel"),
    Action.MARK_IN_ERROR: marked("Mark as entered in error"),
}
"""What a button says."""

KEYS: Final = {
    Action.ACKNOWLEDGE: "s",
    Action.ASK: "q",
    Action.ACCEPT: "a",
    Action.REJECT: "d",
}

DONE: Final[Mapping[Action, str]] = {
    Action.SEND: marked("Sent"),
    Action.ACKNOWLEDGE: marked("Seen"),
    Action.ASK: marked("Asked a question"),
    Action.ANSWER: marked("Answered"),
    Action.ACCEPT: marked("Accepted"),
    Action.REJECT: marked("Declined"),
    Action.WAITLIST: marked("Put on the waiting list"),
    Action.OFFER: marked("Place offered"),
    Action.START: marked("Started"),
    Action.HOLD: marked("Put on hold"),
    Action.RESUME: marked("Taken up again"),
    Action.COMPLETE: marked("Completed"),
    Action.FAIL: marked("Ended early"),
    Action.CANCEL: marked("Cancelled"),
    Action.MARK_IN_ERROR: marked("Marked as entered in error"),
    Action.EXPIRE: marked("Expired without an answer"),
    Action.LAPSE: marked("Offer lapsed"),
}
"""What a step is called once it is made."""

SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "housing": (
        marked("Housing"),
        marked("Where the person lives or could live, and what went before."),
    ),
    "risk": (marked("Risk"), marked("What could harm the person or others, and what helps.")),
    "discharge": (marked("Discharge"), marked("From where, when, and what has to be ready.")),
    "health": (marked("Health"), marked("What a worker has to know; no more than that.")),
    "support": (
        marked("Support"),
        marked("What helps, who else is involved, what the person wants."),
    ),
    "benefits": (marked("Money and benefits"), marked("Income, claims under way, debts.")),
    "work": (
        marked("Work and learning"),
        marked("What the person does, did, and would like to do."),
    ),
}
"""Heading and hint of sections people fill in; others are shown by their code."""

TERSE: Final[Mapping[str, str]] = {
    "given_name": marked("First name"),
    "family_name": marked("Last name"),
    "address": marked("Where they stay"),
    "rules": marked("Safe to contact"),
    "note": marked("What to beware of"),
    "email": marked("E-mail"),
    "nhs_number": marked("NHS number"),
    "birth_date": marked("Date of birth"),
    "no_fixed_abode": marked("No fixed abode"),
}
"""What fields are called where their own name would not do."""

NEEDS: Final[Mapping[str, str]] = {
    "housing": marked("A place to live"),
    "benefits": marked("Money and benefits"),
    "wellbeing": marked("Wellbeing and coping"),
    "crisis": marked("Support in a crisis"),
    "company": marked("Company and community"),
    "work": marked("Work or learning"),
    "substance-use": marked("Alcohol or drugs"),
    "physical-health": marked("Physical health"),
    "creativity": marked("Arts and creativity"),
}


def field_title(name: str) -> str:
    """Return what a field is called, without its section."""
    return translated(TERSE.get(name) or words(name))


def section_title(section: str) -> str:
    """Return a section's heading."""
    return translated(SECTIONS[section][0] if section in SECTIONS else words(section))


def code_text(action: Action, code: str | None) -> str | None:
    """Return what a step's code says."""
    if code is None:
        return None
    found = find_reason(action, code)
    return translated(found.text if found else OUTCOMES.get(code, words(code)))


def consent_text(consent: Consent, today: date) -> str:
    """Return in a sentence what the person agrees to on the day *today*."""
    if consent.withdrawn:
        return translated("The person has withdrawn their consent.")
    if not consent.given:
        return translated("No consent is recorded.")
    if consent.until is not None and consent.until < today:
        return translated("The person's consent ran out on %(day)s.", day=day(consent.until))
    if consent.until is None:
        return translated(
            "The person agrees, but not to everything."
            if consent.withheld
            else "The person agrees."
        )
    return translated(
        "The person agrees, but not to everything, until %(day)s."
        if consent.withheld
        else "The person agrees, until %(day)s.",
        day=day(consent.until),
    )


UNKNOWN: Final = marked("an organisation new to us")


class Names:
    """Names of organisations and services, with words for those we have not heard of yet."""

    def __init__(self, known: Mapping[UUID, str]) -> None:
        """Look up in *known*."""
        self._known = known

    def __call__(self, id_: UUID | None) -> str:
        """Return a name."""
        return self._known.get(id_) or translated(UNKNOWN) if id_ else "Onward"


_HAS_IT: Final[Mapping[Status, str]] = {
    Status.DRAFT: marked("This is a draft: nobody has been asked yet."),
    Status.REQUESTED: marked("%(recipient)s has been asked and has not answered yet."),
    Status.ACKNOWLEDGED: marked("%(recipient)s has seen this and has not answered yet."),
    Status.INFO_REQUESTED: marked("%(recipient)s has a question for %(sender)s."),
    Status.ACCEPTED: marked("%(recipient)s has accepted and is preparing."),
    Status.WAITLISTED: marked("%(person)s is on the waiting list of %(service)s."),
    Status.OFFERED: marked("A place at %(service)s is kept for %(person)s."),
    Status.IN_PROGRESS: marked("%(service)s has %(person)s now."),
    Status.ON_HOLD: marked("%(service)s has paused."),
    Status.REJECTED: marked("%(recipient)s has declined: it is with %(sender)s again."),
    Status.CANCELLED: marked("This was cancelled: it is with %(sender)s again."),
    Status.EXPIRED: marked("%(recipient)s did not answer in time: it is with %(sender)s again."),
    Status.COMPLETED: marked("%(service)s has done its part."),
    Status.FAILED: marked("%(service)s ended early: it is with %(sender)s again."),
    Status.ENTERED_IN_ERROR: marked("This was entered in error: nobody has to do anything."),
}
_TRANSFERRED: Final[Mapping[Status, str]] = {
    Status.IN_PROGRESS: marked("%(service)s has %(person)s now, transferred by %(sender)s."),
    Status.FAILED: marked(
        "%(service)s ended early: it stays with %(recipient)s, who took %(person)s over."
    ),
    Status.CANCELLED: marked(
        "This was cancelled: it stays with %(recipient)s, who took %(person)s over."
    ),
}
"""What differs where the person was handed over for good."""
_NUMBERED: Final = marked("%(person)s is on the waiting list of %(service)s, number %(position)s.")


def who_has_it(handoff: Handoff, claim: Claim | None, name: Names, person: str) -> str:
    """Return one sentence: who has the person, or has to act, now."""
    sentence = _HAS_IT[handoff.status]
    if handoff.is_handed_over:
        sentence = _TRANSFERRED.get(handoff.status, sentence)
    numbered = claim is not None and claim.state == "queued" and bool(claim.position)
    if handoff.status is Status.WAITLISTED and numbered:
        sentence = _NUMBERED
    return translated(
        sentence,
        recipient=name(handoff.recipient),
        sender=name(handoff.sender),
        service=name(handoff.service_id),
        person=person,
        position=claim.position if claim else None,
    )


def what_is_due(handoff: Handoff, now: datetime) -> str | None:
    """Return one sentence on what is due next, or how far a stay has come."""
    due, hours = handoff.due, handoff.waits_for_opening
    if handoff.status is Status.REQUESTED and due.acknowledge_by:
        return translated(
            "To be seen by %(moment)s, in its working hours."
            if hours
            else "To be seen by %(moment)s.",
            moment=moment(due.acknowledge_by),
        )
    if handoff.status is Status.ACKNOWLEDGED and due.answer_by:
        return translated(
            "To be answered by %(moment)s, in its working hours."
            if hours
            else "To be answered by %(moment)s.",
            moment=moment(due.answer_by),
        )
    if handoff.status is Status.INFO_REQUESTED and due.expires_at:
        return translated(
            "Expires on %(moment)s without an answer.", moment=moment(due.expires_at)
        )
    if handoff.status is Status.OFFERED and due.lapses_at:
        return translated("The offer lapses on %(moment)s.", moment=moment(due.lapses_at))
    if handoff.status in {Status.IN_PROGRESS, Status.ON_HOLD}:
        return stay(handoff, now)
    return None


def stay(handoff: Handoff, now: datetime) -> str | None:
    """Return how far a stay has come, such as "Day 3 of 14, 11 days left"."""
    if handoff.started_at is None:
        return None
    day = (now - handoff.started_at).days + 1
    ends = handoff.due.stay_ends
    if ends is None:
        return translated("Day %(day)s.", day=day)
    if handoff.policy.maximum_stay_days is None:  # a course, or so many sessions
        return translated(
            "Day %(day)s. It was to end by %(moment)s."
            if ends <= now
            else "Day %(day)s. It ends by %(moment)s.",
            day=day,
            moment=moment(ends),
        )
    whole = (ends - handoff.started_at).days
    left = ceil((ends - now).total_seconds() / 86400)
    if left < 0:
        return translated_number(
            "Day %(day)s of %(whole)s: %(number)s day over the longest stay.",
            "Day %(day)s of %(whole)s: %(number)s days over the longest stay.",
            -left,
            day=day,
            whole=whole,
        )
    return translated_number(
        "Day %(day)s of %(whole)s, %(number)s day left.",
        "Day %(day)s of %(whole)s, %(number)s days left.",
        left,
        day=day,
        whole=whole,
    )
