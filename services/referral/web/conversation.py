"""Messages and appointments of a handoff over the API."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import fields

from onward.ids import reference
from onward.web import Blueprint, allow, current_running, transactional
from onward.web.bodies import body_optional
from onward.web.schemas import Schema, Text, Truth, UtcDateTime, Whole
from services.referral.domain.appointments import LONGEST, SHORTEST, Appointment, Mode
from services.referral.domain.calendar import icalendar
from services.referral.domain.conversation import Message, Visibility
from services.referral.handlers.conversing import read_messages, say
from services.referral.handlers.meeting import (
    Meeting,
    arrange,
    call_off,
    read_appointment,
    read_appointments,
    record,
)
from services.referral.web.request import HANDS, this_uow, this_vault
from services.referral.web.schemas import SENTENCE

conversation = Blueprint(
    "conversation",
    __name__,
    url_prefix="/api/v1/handoffs",
    description="What the two sides of a handoff say, and when people meet.",
)
OVER: Final = {"description": "Your part in it has ended."}
NONE: Final = {"description": "There is none that you are party to."}


class MessageBody(Schema):
    """Something to say."""

    text = Text(SENTENCE, required=True, multiline=True)
    visibility = fields.Enum(
        Visibility,
        by_value=True,
        load_default=Visibility.BOTH,
        metadata={"description": "own: a note that only your organisation reads."},
    )


class MessageSchema(Schema):
    """Something that was said."""

    id = fields.UUID(required=True)
    handoff_id = fields.UUID(required=True)
    organisation = fields.UUID(required=True)
    visibility = fields.Enum(Visibility, by_value=True, required=True)
    text = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class AppointmentBody(Schema):
    """A meeting to arrange."""

    starts_at = UtcDateTime(required=True, metadata={"example": "2026-11-23T14:00:00Z"})
    minutes = Whole(SHORTEST, LONGEST, load_default=60)
    mode = fields.Enum(Mode, by_value=True, load_default=Mode.IN_PERSON)
    place = Text(500, multiline=True, load_default=None, allow_none=True)


class AppointmentSchema(Schema):
    """A meeting as it stands."""

    id = fields.UUID(required=True)
    handoff_id = fields.UUID(required=True)
    organisation = fields.UUID(required=True, metadata={"description": "Who made it."})
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    minutes = fields.Integer(required=True)
    mode = fields.Enum(Mode, by_value=True, required=True)
    place = fields.String(allow_none=True)
    state = fields.String(
        required=True, metadata={"description": "planned, cancelled, attended or missed."}
    )


@conversation.route("/<uuid:handoff_id>/messages")
class Messages(MethodView):
    """What was said."""

    @allow(*HANDS)
    @transactional
    @conversation.response(200, MessageSchema(many=True))
    @conversation.alt_response(403, **OVER)
    @conversation.alt_response(404, **NONE)
    def get(self, handoff_id: UUID) -> Sequence[Message]:
        """Read messages and your own organisation's notes, the earliest first. The read is recorded."""
        return read_messages(this_uow(), this_vault(), handoff_id)

    @allow(*HANDS)
    @transactional
    @conversation.arguments(MessageBody)
    @conversation.response(201, MessageSchema)
    @conversation.alt_response(403, **OVER)
    @conversation.alt_response(404, **NONE)
    @conversation.alt_response(409, description="Nobody is there who would read it.")
    def post(self, body: Mapping[str, Any], handoff_id: UUID) -> Message:
        """Write to the other side, or keep a note. The other side is told that, not what, you wrote."""
        return say(this_uow(), this_vault(), handoff_id, body["text"], body["visibility"])


@conversation.route("/<uuid:handoff_id>/appointments")
class Appointments(MethodView):
    """When people meet."""

    @allow(*HANDS)
    @transactional
    @conversation.response(200, AppointmentSchema(many=True))
    @conversation.alt_response(403, **OVER)
    @conversation.alt_response(404, **NONE)
    def get(self, handoff_id: UUID) -> Sequence[Appointment]:
        """List the appointments of a handoff, the earliest first. The read is recorded."""
        return read_appointments(this_uow(), this_vault(), handoff_id)

    @allow(*HANDS)
    @transactional
    @conversation.arguments(AppointmentBody)
    @conversation.response(201, AppointmentSchema)
    @conversation.alt_response(403, **OVER)
    @conversation.alt_response(404, **NONE)
    @conversation.alt_response(409, description="The handoff is not under way.")
    def post(self, body: Mapping[str, Any], handoff_id: UUID) -> Appointment:
        """Make an appointment, or enter one that has taken place since the handoff was sent."""
        return arrange(this_uow(), this_vault(), handoff_id, Meeting(**body))


@conversation.route("/<uuid:handoff_id>/appointments/<uuid:appointment_id>.ics")
class Calendar(MethodView):
    """One appointment for a calendar."""

    @allow(*HANDS)
    @transactional
    @conversation.response(200, content_type="text/calendar", example="BEGIN:VCALENDAR")
    @conversation.alt_response(404, **NONE)
    def get(self, handoff_id: UUID, appointment_id: UUID) -> Response:
        """Take an appointment into a calendar; neither the person nor the place is in the file."""
        uow = this_uow()
        appointment = read_appointment(uow, this_vault(), handoff_id, appointment_id)
        service = uow.store.handoffs.find(handoff_id)
        names = uow.store.copies.names([service.service_id] if service else [])
        text = icalendar(
            appointment,
            service=next(iter(names.values()), "Appointment"),
            address=f"{current_running().settings.public_url}/referrals/{appointment.referral_id}",
            now=uow.now,
        )
        name = f"appointment-{reference(appointment.id)}.ics"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return Response(text, mimetype="text/calendar", headers=headers)


@conversation.route("/<uuid:handoff_id>/appointments/<uuid:appointment_id>/cancel")
class Cancel(MethodView):
    """Call a meeting off."""

    @allow(*HANDS)
    @transactional
    @body_optional
    @conversation.arguments(Schema)
    @conversation.response(200, AppointmentSchema)
    @conversation.alt_response(404, **NONE)
    @conversation.alt_response(409, description="It was settled before.")
    def post(
        self, _body: Mapping[str, Any], handoff_id: UUID, appointment_id: UUID
    ) -> Appointment:
        """Cancel an appointment; the other side is told at once."""
        return call_off(this_uow(), this_vault(), handoff_id, appointment_id)


class AttendanceBody(Schema):
    """Who came."""

    attended = Truth(required=True)


@conversation.route("/<uuid:handoff_id>/appointments/<uuid:appointment_id>/attendance")
class Attendance(MethodView):
    """Whether the person came."""

    @allow(*HANDS)
    @transactional
    @conversation.arguments(AttendanceBody)
    @conversation.response(200, AppointmentSchema)
    @conversation.alt_response(404, **NONE)
    @conversation.alt_response(
        409, description="It lies ahead, was settled, or is not yours to say."
    )
    def post(self, body: Mapping[str, Any], handoff_id: UUID, appointment_id: UUID) -> Appointment:
        """Record whether the person came; sessions are counted by what was attended."""
        return record(
            this_uow(), this_vault(), handoff_id, appointment_id, attended=body["attended"]
        )
