"""Files of a handoff, over the API and by a form."""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import flask
from flask import Response, flash, redirect, request
from flask.views import MethodView
from marshmallow import ValidationError, fields

from onward.errors import ConflictError, FieldError, InvalidError
from onward.web import Blueprint, accepts, allow, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated
from onward.web.schemas import Schema, Text
from services.referral.domain.attachments import LARGEST, TYPES, Attachment
from services.referral.handlers.attaching import attach, read_attachments, read_file
from services.referral.web.refusing import refused
from services.referral.web.request import HANDS, this_uow, this_vault
from services.referral.web.workers import WORKERS

attachments = Blueprint(
    "attachments", __name__, url_prefix="/api/v1/handoffs", description="Files of a handoff."
)
attachment_pages = flask.Blueprint("attachment_pages", __name__)

BODY: Final = LARGEST * 4 // 3 + 64 * 1024
"""Bytes of a body: base64 makes four of three, and something stands around it."""


class AttachmentBody(Schema):
    """A file to add."""

    name = Text(120, required=True, metadata={"example": "letter.pdf"})
    media_type = fields.String(required=True, metadata={"enum": list(TYPES)})
    content = fields.String(required=True, metadata={"format": "byte", "description": "Base64."})


class AttachmentSchema(Schema):
    """A file, without what is in it."""

    id = fields.UUID(required=True)
    handoff_id = fields.UUID(required=True)
    organisation = fields.UUID(required=True, metadata={"description": "Who added it."})
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "Bytes."})
    at = fields.AwareDateTime(required=True)


@attachments.route("/<uuid:handoff_id>/attachments")
class Attachments(MethodView):
    """The files."""

    @allow(*HANDS)
    @transactional
    @attachments.response(200, AttachmentSchema(many=True))
    @attachments.alt_response(404, description="There is none that you are party to.")
    def get(self, handoff_id: UUID) -> Sequence[Attachment]:
        """List the files of a handoff, the earliest first. The read is recorded."""
        return read_attachments(this_uow(), this_vault(), handoff_id)

    @allow(*HANDS)
    @accepts("application/json", limit=BODY)
    @transactional
    @attachments.arguments(AttachmentBody)
    @attachments.response(201, AttachmentSchema)
    @attachments.alt_response(404, description="There is none that you are party to.")
    @attachments.alt_response(409, description="There is no room, or nobody who would read it.")
    def post(self, body: Mapping[str, Any], handoff_id: UUID) -> Attachment:
        """Add a file for both sides: PDF, PNG, JPEG or plain text, 3 MiB at most, scanned first."""
        return attach(
            this_uow(),
            this_vault(),
            handoff_id,
            name=body["name"],
            media_type=body["media_type"],
            content=_decoded(body["content"]),
        )


@attachments.route("/<uuid:handoff_id>/attachments/<uuid:attachment_id>")
class File(MethodView):
    """What is in one."""

    @allow(*HANDS)
    @transactional
    @attachments.response(200, content_type="application/octet-stream", example="…")
    @attachments.alt_response(404, description="There is none that you may read.")
    def get(self, handoff_id: UUID, attachment_id: UUID) -> Response:
        """Take a file; browsers save it and never show it on this origin. The read is recorded."""
        attachment, content = read_file(this_uow(), this_vault(), handoff_id, attachment_id)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, content_type=attachment.media_type, headers=headers)


@attachment_pages.post("/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/attachments")
@allow(*WORKERS)
@accepts("multipart/form-data", "application/x-www-form-urlencoded", limit=BODY)
@transactional
def add(referral_id: UUID, handoff_id: UUID) -> Any:
    """Add a file by form."""
    back = f"/referrals/{referral_id}"
    try:
        name, media_type, content = _uploaded()
        attach(
            this_uow(),
            this_vault(),
            handoff_id,
            name=name,
            media_type=media_type,
            content=content,
        )
    except (ConflictError, InvalidError) as refusal:
        return refused(refusal, back)
    flash(translated("The file was added."), "success")
    return redirect(f"{back}#attachments", 303)


def _uploaded() -> tuple[str, str, bytes]:
    """Return name, media type and content of what was uploaded; the name goes by the API's rules."""
    uploaded = request.files.get("file")
    name = (uploaded.filename or "").rpartition("/")[2].rpartition("\\")[2] if uploaded else ""
    if uploaded is None or not name:
        raise InvalidError("attachment-missing", "Choose a file.")
    try:
        kept = str(AttachmentBody(only=("name",)).load({"name": name})["name"])
    except ValidationError as error:
        raise invalid(error) from None
    return kept, uploaded.mimetype, uploaded.read()


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidError(
            "invalid",
            "Change what errors lists, then send it again.",
            errors=[FieldError(pointer="/content", detail="Send the file as base64.")],
        ) from None
