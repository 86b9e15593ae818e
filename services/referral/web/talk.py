"""What is said and arranged about a handoff, on its referral's page."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from marshmallow import Schema, ValidationError

from onward.errors import ConflictError, InvalidError
from onward.languages import marked
from onward.web import allow, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated
from onward.web.pages import LONDON
from services.referral.domain.appointments import Appointment, Mode, State, sessions
from services.referral.domain.attachments import TYPES
from services.referral.domain.conversation import Message, Visibility
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Action, Party, Status
from services.referral.domain.pack import CLOSED
from services.referral.handlers.conversing import Talk, say
from services.referral.handlers.meeting import Meeting, arrange, call_off, record
from services.referral.handlers.reading import Story
from services.referral.storage.steps import Step
from services.referral.web.conversation import AppointmentBody, MessageBody
from services.referral.web.refusing import refused
from services.referral.web.request import this_uow, this_vault
from services.referral.web.wording import Names
from services.referral.web.workers import WORKERS

talk_pages = Blueprint("referral_talk", __name__, template_folder="templates")

MODES: Final = {
    Mode.IN_PERSON: marked("In person"),
    Mode.PHONE: marked("By phone"),
    Mode.VIDEO: marked("By video"),
}
STATES: Final = {
    State.PLANNED: (marked("Planned"), "blue"),
    State.CANCELLED: (marked("Cancelled"), "grey"),
    State.ATTENDED: (marked("Came"), "green"),
    State.MISSED: (marked("Did not come"), "orange"),
}
_KINDS: Final = {Action.ASK: marked("Question"), Action.ANSWER: marked("Answer")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that was said, as the page shows it."""

    text: str
    by: str
    at: datetime
    kind: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One appointment, as the page shows it."""

    appointment: Appointment
    mode: str
    state: tuple[str, str]
    ics: str
    href: str
    """Where its forms lead."""
    can_cancel: bool
    can_record: bool


def talk_facts(story: Story, talk: Talk, *, organisation: UUID, now: datetime) -> dict[str, Any]:
    """Return what the template draws of conversation and appointments."""
    handoff, name = story.seen.newest, Names(story.names)
    parties = handoff.parties(organisation)
    known = Party.SENDER in parties or handoff.status not in CLOSED
    return {
        "said": sorted(
            [*_asked(story.steps, name), *_said(talk.messages, name)], key=lambda one: one.at
        ),
        "met": [_met(one, handoff, organisation, now) for one in talk.appointments],
        "files": [(one, name(one.organisation)) for one in talk.attachments],
        "TYPES": ",".join(TYPES),
        "sessions": sessions(talk.appointments),
        "can_write": known,
        "can_say": known and handoff.status not in CLOSED and handoff.status is not Status.DRAFT,
        "can_arrange": known and handoff.is_open,
        "talk_href": f"/referrals/{handoff.referral_id}/handoffs/{handoff.id}",
        "MODES": MODES,
    }


def _asked(steps: Iterable[Step], name: Names) -> Iterator[Said]:
    """Yield questions and answers: they are moves, and part of the conversation."""
    for step in steps:
        if step.action in _KINDS and step.sentence:
            yield Said(
                text=step.sentence,
                by=step.organisation_name or name(step.organisation),
                at=step.at,
                kind=_KINDS[step.action],
                tone="good" if step.action is Action.ANSWER else "",
            )


def _said(messages: Iterable[Message], name: Names) -> Iterator[Said]:
    for message in messages:
        own = message.visibility is Visibility.OWN
        yield Said(
            text=message.text,
            by=name(message.organisation),
            at=message.at,
            kind=marked("Note, only for your organisation") if own else marked("Message"),
            tone="warn" if own else "",
        )


def _met(appointment: Appointment, newest: Handoff, organisation: UUID, now: datetime) -> Met:
    path = f"handoffs/{appointment.handoff_id}/appointments/{appointment.id}"
    planned = appointment.state is State.PLANNED
    may_record = organisation == newest.recipient and appointment.starts_at <= now
    return Met(
        appointment=appointment,
        mode=MODES[appointment.mode],
        state=STATES[appointment.state],
        ics=f"/api/v1/{path}.ics",
        href=f"/referrals/{appointment.referral_id}/{path}",
        can_cancel=planned,
        can_record=planned and may_record,
    )


@talk_pages.post("/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/messages")
@allow(*WORKERS)
@transactional
def write(referral_id: UUID, handoff_id: UUID) -> Any:
    """Write to the other side, or keep a note."""

    def done() -> str:
        said = _loaded(MessageBody(), text=_typed("text"), visibility=_typed("visibility"))
        say(this_uow(), this_vault(), handoff_id, said["text"], said["visibility"])
        return marked("Kept.") if said["visibility"] is Visibility.OWN else marked("Sent.")

    return _do(referral_id, done)


@talk_pages.post("/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/appointments")
@allow(*WORKERS)
@transactional
def meet(referral_id: UUID, handoff_id: UUID) -> Any:
    """Make an appointment."""

    def done() -> str:
        loaded = _loaded(
            AppointmentBody(),
            starts_at=_moment(_typed("day"), _typed("time")),
            minutes=_whole(_typed("minutes")),
            mode=_typed("mode"),
            place=_typed("place"),
        )
        arrange(this_uow(), this_vault(), handoff_id, Meeting(**loaded))
        return marked("The appointment was made.")

    return _do(referral_id, done)


@talk_pages.post(
    "/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/appointments"
    "/<uuid:appointment_id>/<any('cancel', 'attended', 'missed'):what>"
)
@allow(*WORKERS)
@transactional
def settle(referral_id: UUID, handoff_id: UUID, appointment_id: UUID, what: str) -> Any:
    """Cancel an appointment, or say whether the person came."""

    def done() -> str:
        if what == "cancel":
            call_off(this_uow(), this_vault(), handoff_id, appointment_id)
            return marked("The appointment was cancelled.")
        attended = what == "attended"
        record(this_uow(), this_vault(), handoff_id, appointment_id, attended=attended)
        return marked("Recorded.")

    return _do(referral_id, done)


def _do(referral_id: UUID, done: Callable[[], str]) -> Any:
    back = f"/referrals/{referral_id}"
    try:
        text = done()
    except (ConflictError, InvalidError) as refusal:
        return refused(refusal, back)
    flash(translated(text), "success")
    return redirect(back, 303)


def _loaded(schema: Schema, **typed: Any) -> dict[str, Any]:
    try:
        given = {name: value for name, value in typed.items() if value is not None}
        return dict(schema.load(given))
    except ValidationError as error:
        raise invalid(error) from None


def _typed(name: str) -> str | None:
    return request.form.get(name, "").strip() or None


def _moment(day: str | None, time: str | None) -> str:
    """Return what a clock in Britain would show, with its offset from UTC."""
    try:
        return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=LONDON).isoformat()
    except ValueError:
        raise InvalidError(
            "appointment-implausible", "Say the day and the time of the appointment."
        ) from None


def _whole(text: str | None) -> int | str | None:
    return int(text) if text and text.isascii() and text.isdigit() else text
