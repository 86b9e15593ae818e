"""A small service that uses every part of the web kit: notes, each with a version."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import flask
import sqlalchemy as sa
from flask.views import MethodView
from marshmallow import fields

from onward.contracts.access import RecordRead
from onward.errors import ConflictError, ForbiddenError, NotFoundError, StaleVersionError
from onward.identity import Role
from onward.service import RunningService, Service
from onward.tables import NAMING
from onward.web import (
    Blueprint,
    Page,
    PageQuery,
    accepts,
    allow,
    create_app,
    current_uow,
    etag,
    public,
    require_version,
    transactional,
)
from onward.web.reference import reference
from onward.web.schemas import Code, Many, Schema, Text, UtcDateTime, Whole

metadata = sa.MetaData(naming_convention=NAMING)
notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("position", sa.BigInteger, sa.Identity(always=True)),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)


CANARY = "Sam Rivers was born in May"


class NewNote(Schema):
    text = Text(200, required=True)
    kind = Code("plain", "warm", load_default="plain")
    at = UtcDateTime()
    weight = Whole(0, 10)
    tags = Many(Code(), most=3)


class Note(Schema):
    id = fields.UUID()
    text = fields.String()
    version = fields.Integer()


@dataclass(frozen=True, slots=True)
class Store:
    connection: sa.Connection

    def add(self, text: str) -> UUID:
        note = uuid4()
        self.connection.execute(sa.insert(notes).values(id=note, text=text, version=1))
        return note

    def get(self, note: UUID) -> Any:
        found = self.connection.execute(sa.select(notes).filter_by(id=note)).first()
        if found is None:
            raise NotFoundError("note")
        return found


blp = Blueprint("notes", __name__, url_prefix="/api/v1/notes", description="Notes")
pages = flask.Blueprint("pages", __name__, template_folder="templates")
READERS = (Role.CASEWORKER, Role.PARTNER_SYSTEM)


@blp.route("")
class Notes(MethodView):
    @allow(*READERS)
    @transactional
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, Note(many=True))
    def get(self, query: dict[str, Any]) -> Any:
        """List notes."""
        page = Page.of(query)
        wanted = sa.select(notes).order_by(notes.c.position).limit(page.fetch)
        if page.after:
            wanted = wanted.where(notes.c.position > page.after[0])
        return page.cut(current_uow().connection.execute(wanted).all(), lambda row: [row.position])

    @allow(*READERS)
    @transactional
    @blp.arguments(NewNote)
    @blp.response(201, Note)
    def post(self, new: dict[str, Any]) -> Any:
        """Write a note."""
        uow = current_uow()
        note = uow.store.add(new["text"])
        uow.emit(RecordRead(about=note, what="note", purpose="direct-care"))
        if new["text"] == "refuse me":
            raise ConflictError("note-refused", "Say something else.")
        if new["text"] == "break":
            raise ValueError(CANARY)
        etag(1)
        return uow.store.get(note), {"Location": f"/api/v1/notes/{note}"}


@blp.route("/<uuid:note_id>")
class OneNote(MethodView):
    @allow(*READERS)
    @transactional
    @blp.response(200, Note)
    def get(self, note_id: UUID) -> Any:
        """Read a note."""
        found = current_uow().store.get(note_id)
        etag(found.version)
        return found

    @allow(Role.CASEWORKER)
    @transactional
    @blp.arguments(NewNote)
    @blp.response(200, Note)
    def put(self, new: dict[str, Any], note_id: UUID) -> Any:
        """Write a note anew."""
        version = require_version()
        store = current_uow().store
        found = store.get(note_id)
        if found.version != version:
            raise StaleVersionError(found.version)
        store.connection.execute(
            sa.update(notes).filter_by(id=note_id).values(text=new["text"], version=version + 1)
        )
        etag(version + 1)
        return store.get(note_id)


@blp.route("/forbidden")
class Forbidden(MethodView):
    @allow(*READERS)
    def get(self) -> Any:
        """Be refused by a rule."""
        raise ForbiddenError("only-recipient", "Only the recipient may do this.")


@blp.route("/form")
class Form(MethodView):
    @public
    @accepts("application/x-www-form-urlencoded")
    def post(self) -> Any:
        """Take a form, as a token route does."""
        return dict(flask.request.form)


@pages.get("/inbox")
@allow(Role.CASEWORKER)
def inbox() -> str:
    return flask.render_template("notes.html")


@pages.post("/inbox")
@allow(Role.CASEWORKER)
@transactional
def note_by_form() -> Any:
    text = flask.request.form["text"]
    current_uow().store.add(text)
    if text == "half":
        return flask.render_template("notes.html"), 422
    flask.flash("Written.", "success")
    return flask.redirect("/inbox", 303)


@pages.get("/showcase")
@allow(Role.CASEWORKER)
def showcase() -> str:
    flask.flash("The referral was sent to Stepdown House.", "success")
    return flask.render_template("showcase.html")


@pages.get("/stream")
@allow(Role.CASEWORKER)
def stream() -> flask.Response:
    news = 'data: {"text": "New referral", "href": "//evil.example", "count": {"new": 4}}\n\n'
    return flask.Response(iter([news]), content_type="text/event-stream")


@pages.get("/broken")
@public
def broken() -> str:
    raise ValueError(CANARY)


def make_app(running: RunningService) -> flask.Flask:
    return create_app(running, api=[blp], pages=[pages, reference])


SERVICE = Service(
    name="notes",
    store=Store,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    handlers={},
    create_app=make_app,
    paths=("/api/v1/notes",),
    entrypoints=lambda: object,
)
