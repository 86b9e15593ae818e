"""Case files over the API."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from onward.web import allow, current_running, current_uow, transactional
from onward.web.schemas import Schema, Text, UtcDateTime
from services.audit.domain.casefile import MEDIA_TYPE
from services.audit.handlers import case_files
from services.audit.handlers.case_files import MOST_REFERRALS, Keeper, Opened
from services.audit.storage.cases import Case, Note
from services.audit.storage.entries import Filters
from services.audit.web import schemas
from services.audit.web.blueprint import SEARCHERS, blp, notary
from services.audit.web.views import entry_view

TITLE: Final = 120
NOTE: Final = 4000


class Search(Schema):
    """What is looked for besides."""

    referral = fields.UUID()
    organisation = fields.UUID(metadata={"description": "Whom the actor acted for."})
    principal = fields.String(validate=schemas.PRINCIPAL)
    action = fields.String(validate=schemas.ACTION)
    since = UtcDateTime(data_key="from")
    until = UtcDateTime(data_key="to")


class NewCase(Schema):
    """What a case file begins with."""

    title = Text(TITLE, required=True, metadata={"example": "Handoffs that stalled in May"})
    search = fields.Nested(Search, load_default=None, allow_none=True)
    referrals = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=MOST_REFERRALS)
    )


class CaseFile(Schema):
    """A case file, kept for the auditors of one organisation."""

    id = fields.UUID()
    title = fields.String()
    made_by = fields.String(metadata={"example": "worker:5e6f0c2a-3a55-4a8e-9d43-1f1a7f2d0c11"})
    made_at = UtcDateTime()
    size = fields.Integer(
        metadata={"example": 5021, "description": "Of the log when somebody last took note."}
    )
    looked_at = UtcDateTime(metadata={"description": "When that was."})


class WatchedReferral(Schema):
    """A referral in a case file."""

    referral_id = fields.UUID(attribute="referral")
    leaves = fields.Integer(metadata={"example": 27})
    new = fields.Integer(metadata={"example": 2, "description": "Since somebody took note."})


class CaseNote(Schema):
    """What somebody wrote."""

    id = fields.UUID()
    by = fields.String(metadata={"example": "worker:5e6f0c2a-3a55-4a8e-9d43-1f1a7f2d0c11"})
    at = UtcDateTime()
    text = fields.String()


class OpenedCase(Schema):
    """A case file held against the log as it is now."""

    case = fields.Nested(CaseFile)
    only_grew = fields.Boolean(
        metadata={"description": "Whether the log still begins with what it was seen under."}
    )
    referrals = fields.List(fields.Nested(WatchedReferral), attribute="watched")
    changes = fields.Function(
        lambda opened: [schemas.Entry().dump(entry_view(each)) for each in opened.changes],
        metadata={"type": "array", "description": "New leaves, the newest 50."},
    )
    more = fields.Boolean(metadata={"description": "Whether there are older new ones."})
    notes = fields.List(fields.Nested(CaseNote))


class NewReferral(Schema):
    """Which referral belongs to it."""

    referral_id = fields.UUID(required=True)


class NewNote(Schema):
    """What is to be kept with it."""

    text = Text(NOTE, multiline=True, required=True)


def keeper() -> Keeper:
    """Return who keeps case files here."""
    return Keeper(notary=notary(), secret_key=current_running().settings.secret_key)


@blp.route("/cases")
class Cases(MethodView):
    """Case files."""

    @allow(*SEARCHERS)
    @transactional
    @blp.response(200, CaseFile(many=True))
    def get(self) -> list[Case]:
        """List the case files of your organisation's auditors, newest first."""
        return case_files.list_cases(current_uow(), keeper())

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(NewCase)
    @blp.response(201, CaseFile)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, new: dict[str, Any]) -> tuple[Case, dict[str, str]]:
        """Begin a case file, held against the log as it is now."""
        made = begun(new)
        return made, {"Location": f"/api/v1/audit/cases/{made.id}"}


@blp.route("/cases/<uuid:case_id>")
class OneCase(MethodView):
    """One case file."""

    @allow(*SEARCHERS)
    @transactional
    @blp.response(200, OpenedCase)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, case_id: UUID) -> Opened:
        """Open a case file: what is in it, and what changed since somebody took note."""
        return case_files.open_case(current_uow(), keeper(), case_id)

    @allow(*SEARCHERS)
    @transactional
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, case_id: UUID) -> None:
        """Throw a case file away, with all that was written into it."""
        case_files.drop(current_uow(), keeper(), case_id)


@blp.route("/cases/<uuid:case_id>/referrals")
class CaseReferrals(MethodView):
    """What belongs to it."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(NewReferral)
    @blp.response(201, CaseFile)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def post(self, new: dict[str, UUID], case_id: UUID) -> Case:
        """Put a referral into a case file."""
        return case_files.put_in(current_uow(), keeper(), case_id, new["referral_id"])


@blp.route("/cases/<uuid:case_id>/notes")
class CaseNotes(MethodView):
    """What was written into it."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(NewNote)
    @blp.response(201, CaseNote)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def post(self, new: dict[str, str], case_id: UUID) -> Note:
        """Write a note into a case file; it is kept sealed."""
        return case_files.write(current_uow(), keeper(), case_id, new["text"])


@blp.route("/cases/<uuid:case_id>/checkpoint")
class CaseCheckpoint(MethodView):
    """The log that it is held against."""

    @allow(*SEARCHERS)
    @transactional
    @blp.response(200, CaseFile)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, case_id: UUID) -> Case:
        """Take note of how the log stands: what is new so far is new no more."""
        return case_files.take_note(current_uow(), keeper(), case_id)


@blp.route("/cases/<uuid:case_id>/file")
class CaseInOneFile(MethodView):
    """All of it."""

    @allow(*SEARCHERS)
    @transactional
    @blp.response(200, content_type=MEDIA_TYPE, example="PK…")
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def get(self, case_id: UUID) -> Response:
        """Get all of it as one ZIP: bundles, notes, what was found. `onward-verify` checks it."""
        return case_file(case_id)


def begun(new: Mapping[str, Any]) -> Case:
    """Begin a case file as a loaded `NewCase` says."""
    search = new["search"]
    return case_files.begin(
        current_uow(),
        keeper(),
        title=new["title"],
        search=Filters(**search) if search else None,
        referrals=new["referrals"],
    )


def case_file(case_id: UUID) -> Response:
    """Return a case file as a file to keep."""
    content = case_files.take_away(current_uow(), keeper(), case_id)
    response = Response(content, content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="onward-case-{case_id}.zip"'
    return response
