"""Words for codes on pages: statuses, moves, sections, needs, and who has somebody now."""

from collections.abc import Mapping
from datetime import date, datetime
from math import ceil
from typing import Final
from uuid import UUID

from onward.web.pages import LONDON, clock_time, day, moment, words
from services.referral.domain.handoff import Handoff, Urgency
from services.referral.domain.moves import Action, Status
from services.referral.domain.pack import Consent
from services.referral.domain.reasons import OUTCOMES, find_reason
from services.referral.storage.copies import Claim

SAID: Final[Mapping[Status, tuple[str, str]]] = {
    Status.DRAFT: ("Draft", "grey"),
    Status.REQUESTED: ("New", "blue"),
    Status.ACKNOWLEDGED: ("Seen", "blue"),
    Status.INFO_REQUESTED: ("Question asked", "purple"),
    Status.ACCEPTED: ("Accepted", "green"),
    Status.WAITLISTED: ("On waiting list", "yellow"),
    Status.OFFERED: ("Place offered", "aqua-green"),
    Status.IN_PROGRESS: ("In progress", "aqua-green"),
    Status.ON_HOLD: ("On hold", "orange"),
    Status.REJECTED: ("Declined", "red"),
    Status.CANCELLED: ("Cancelled", "grey"),
    Status.EXPIRED: ("Expired", "red"),
    Status.COMPLETED: ("Completed", "green"),
    Status.FAILED: ("Ended early", "red"),
    Status.ENTERED_IN_ERROR: ("Entered in error", "grey"),
}
"""What a status is called, and the colour of its tag."""

URGENCIES: Final[Mapping[Urgency, tuple[str, str]]] = {
    Urgency.EMERGENCY: ("Emergency", "red"),
    Urgency.URGENT: ("Urgent", "orange"),
    Urgency.ROUTINE: ("Routine", "grey"),
}

VERBS: Final[Mapping[Action, str]] = {
    Action.SEND: "Send",
    Action.ACKNOWLEDGE: "Acknowledge",
    Action.ASK: "Ask a question",
    Action.ANSWER: "Answer",
    Action.ACCEPT: "Accept",
    Action.REJECT: "Decline",
    Action.WAITLIST: "Put on waiting list",
    Action.OFFER: "Offer a place",
    Action.START: "Start",
    Action.HOLD: "Put on hold",
    Action.RESUME: "Take up again",
    Action.COMPLETE: "Complete",
    Action.FAIL: "End early",
    Action.CANCEL: "Cancel",
    Action.MARK_IN_ERROR: "Mark as entered in error",
}
"""What a button says."""

KEYS: Final = {
    Action.ACKNOWLEDGE: "s",
    Action.ASK: "q",
    Action.ACCEPT: "a",
    Action.REJECT: "d",
}

DONE: Final[Mapping[Action, str]] = {
    Action.SEND: "Sent",
    Action.ACKNOWLEDGE: "Seen",
    Action.ASK: "Asked a question",
    Action.ANSWER: "Answered",
    Action.ACCEPT: "Accepted",
    Action.REJECT: "Declined",
    Action.WAITLIST: "Put on the waiting list",
    Action.OFFER: "Place offered",
    Action.START: "Started",
    Action.HOLD: "Put on hold",
    Action.RESUME: "Taken up again",
    Action.COMPLETE: "Completed",
    Action.FAIL: "Ended early",
    Action.CANCEL: "Cancelled",
    Action.MARK_IN_ERROR: "Marked as entered in error",
    Action.EXPIRE: "Expired without an answer",
    Action.LAPSE: "Offer lapsed",
}
"""What a step is called once it is made."""

SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "housing": ("Housing", "Where the person lives or could live, and what went before."),
    "risk": ("Risk", "What could harm the person or others, and what helps."),
    "discharge": ("Discharge", "From where, when, and what has to be ready."),
    "health": ("Health", "What a worker has to know; no more than that."),
    "support": ("Support", "What helps, who else is involved, what the person wants."),
    "benefits": ("Money and benefits", "Income, claims under way, debts."),
    "work": ("Work and learning", "What the person does, did, and would like to do."),
}
"""Heading and hint of sections people fill in; others are shown by their code."""

NEEDS: Final[Mapping[str, str]] = {
    "housing": "A place to live",
    "benefits": "Money and benefits",
    "wellbeing": "Wellbeing and coping",
    "crisis": "Support in a crisis",
    "company": "Company and community",
    "work": "Work or learning",
    "substance-use": "Alcohol or drugs",
    "physical-health": "Physical health",
    "creativity": "Arts and creativity",
}


def short(at: datetime, now: datetime) -> str:
    """Write a moment briefly: ``2 Nov, 4:00pm``; another year is named."""
    local = at.astimezone(LONDON)
    year = "" if local.year == now.astimezone(LONDON).year else f" {local.year}"
    return f"{local.day} {local:%b}{year}, {clock_time(at)}"


def section_title(section: str) -> str:
    """Return a section's heading."""
    return SECTIONS[section][0] if section in SECTIONS else words(section)


def code_text(action: Action, code: str | None) -> str | None:
    """Return what a step's code says."""
    if code is None:
        return None
    found = find_reason(action, code)
    return found.text if found else OUTCOMES.get(code, words(code))


def consent_text(consent: Consent, today: date) -> str:
    """Return in a sentence what the person agrees to on the day *today*."""
    if consent.withdrawn:
        return "The person has withdrawn their consent."
    if not consent.given:
        return "No consent is recorded."
    if consent.until is not None and consent.until < today:
        return f"The person's consent ran out on {day(consent.until)}."
    agreed = (
        "The person agrees, but not to everything" if consent.withheld else "The person agrees"
    )
    return f"{agreed}, until {day(consent.until)}." if consent.until else f"{agreed}."


class Names:
    """Names of organisations and services, with words for those we have not heard of yet."""

    def __init__(self, known: Mapping[UUID, str]) -> None:
        """Look up in *known*."""
        self._known = known

    def __call__(self, id_: UUID | None) -> str:
        """Return a name."""
        return self._known.get(id_, "an organisation new to us") if id_ else "Onward"


def who_has_it(handoff: Handoff, claim: Claim | None, name: Names, person: str) -> str:
    """Return one sentence: who has the person, or has to act, now."""
    recipient, sender = name(handoff.recipient), name(handoff.sender)
    service = name(handoff.service_id)
    waits = f"{person} is on the waiting list of {service}"
    if claim and claim.state == "queued" and claim.position:
        waits += f", number {claim.position}"
    sentences = {
        Status.DRAFT: "This is a draft: nobody has been asked yet.",
        Status.REQUESTED: f"{recipient} has been asked and has not answered yet.",
        Status.ACKNOWLEDGED: f"{recipient} has seen this and has not answered yet.",
        Status.INFO_REQUESTED: f"{recipient} has a question for {sender}.",
        Status.ACCEPTED: f"{recipient} has accepted and is preparing.",
        Status.WAITLISTED: f"{waits}.",
        Status.OFFERED: f"A place at {service} is kept for {person}.",
        Status.IN_PROGRESS: f"{service} has {person} now.",
        Status.ON_HOLD: f"{service} has paused.",
        Status.REJECTED: f"{recipient} has declined: it is with {sender} again.",
        Status.CANCELLED: f"This was cancelled: it is with {sender} again.",
        Status.EXPIRED: f"{recipient} did not answer in time: it is with {sender} again.",
        Status.COMPLETED: f"{service} has done its part.",
        Status.FAILED: f"{service} ended early: it is with {sender} again.",
        Status.ENTERED_IN_ERROR: "This was entered in error: nobody has to do anything.",
    }
    if handoff.is_handed_over:
        sentences |= {
            Status.IN_PROGRESS: f"{service} has {person} now, transferred by {sender}.",
            Status.FAILED: f"{service} ended early: it stays with {recipient}, who took {person} over.",
            Status.CANCELLED: f"This was cancelled: it stays with {recipient}, who took {person} over.",
        }
    return sentences[handoff.status]


def what_is_due(handoff: Handoff, now: datetime) -> str | None:
    """Return one sentence on what is due next, or how far a stay has come."""
    due = handoff.due
    counted = ", in its working hours" if handoff.policy.working_hours else ""
    if handoff.status is Status.REQUESTED and due.acknowledge_by:
        return f"To be seen by {moment(due.acknowledge_by)}{counted}."
    if handoff.status is Status.ACKNOWLEDGED and due.answer_by:
        return f"To be answered by {moment(due.answer_by)}{counted}."
    if handoff.status is Status.INFO_REQUESTED and due.expires_at:
        return f"Expires on {moment(due.expires_at)} without an answer."
    if handoff.status is Status.OFFERED and due.lapses_at:
        return f"The offer lapses on {moment(due.lapses_at)}."
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
        return f"Day {day}."
    if handoff.policy.maximum_stay_days is None:  # a course, or so many sessions
        return (
            f"Day {day}. It was to end by {moment(ends)}."
            if ends <= now
            else (f"Day {day}. It ends by {moment(ends)}.")
        )
    whole = (ends - handoff.started_at).days
    left = ceil((ends - now).total_seconds() / 86400)
    if left < 0:
        return f"Day {day} of {whole}: {_days(-left)} over the longest stay."
    return f"Day {day} of {whole}, {_days(left)} left."


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
