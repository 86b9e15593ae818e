"""A small service that uses every part of the web kit: notes, each with a version."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import flask
import sqlalchemy as sa
from flask.views import MethodView
from marshmallow import fields

from onward.clock import Clock
from onward.contracts.access import RecordRead
from onward.errors import ConflictError, ForbiddenError, NotFoundError, StaleVersionError
from onward.identity import Role
from onward.service import RunningService, Service
from onward.settings import Settings
from onward.tables import NAMING
from onward.web import (
    Blueprint,
    Page,
    PageQuery,
    allow,
    create_app,
    current_actor,
    current_uow,
    etag,
    public,
    require_version,
    transactional,
)
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


class NewNote(Schema):
    text = Text(200)
    kind = Code("plain", "warm", load_default="plain")
    at = UtcDateTime()
    weight = Whole(0, 10)
    tags = Many(Code(), most=3)


class Note(Schema):
    id = fields.UUID()
    text = fields.String()
    version = fields.Integer()


@dataclass(frozen=True, slots=True, kw_only=True)
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


@blp.route("")
class Notes(MethodView):
    @allow(Role.CASEWORKER, Role.PARTNER_SYSTEM)
    @transactional
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, Note(many=True))
    def get(self, query):
        """List notes."""
        page = Page.of(query)
        wanted = sa.select(notes).order_by(notes.c.position).limit(page.fetch)
        if page.after:
            wanted = wanted.where(notes.c.position > page.after[0])
        return page.cut(current_uow().connection.execute(wanted).all(), lambda row: [row.position])

    @allow(Role.CASEWORKER, Role.PARTNER_SYSTEM)
    @transactional
    @blp.arguments(NewNote)
    @blp.response(201, Note)
    def post(self, new):
        """Write a note."""
        uow = current_uow()
        note = uow.store.add(new.get("text", "-"))
        uow.emit(RecordRead(about=note, what="note", purpose="direct-care"))
        if new.get("text") == "refuse me":
            raise ConflictError("note-refused", "Say something else.")
        if new.get("text") == "break":
            raise ValueError("secret detail")
        etag(1)
        return uow.store.get(note), {"Location": f"/api/v1/notes/{note}"}


@blp.route("/<uuid:note_id>")
class OneNote(MethodView):
    @allow(Role.CASEWORKER, Role.PARTNER_SYSTEM)
    @transactional
    @blp.response(200, Note)
    def get(self, note_id):
        """Read a note."""
        found = current_uow().store.get(note_id)
        etag(found.version)
        return found

    @allow(Role.CASEWORKER)
    @transactional
    @blp.arguments(NewNote)
    @blp.response(200, Note)
    def put(self, new, note_id):
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


@blp.route("/editors")
class ForEditors(MethodView):
    @allow(Role.EDITOR)
    def get(self):
        """Be an editor."""
        return {"actor": current_actor().principal}


@blp.route("/forbidden")
class Forbidden(MethodView):
    @allow()
    def get(self):
        """Be refused by a rule."""
        raise ForbiddenError("only-recipient", "Only the recipient may do this.")


@pages.get("/inbox")
@allow(Role.CASEWORKER)
def inbox():
    return flask.render_template_string(
        '{% extends "onward/base.html" %}{% block content %}<h1>Inbox</h1>'
        '<form method="post"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}">'
        "{{ once() }}</form>{% endblock %}"
    )


@pages.post("/inbox")
@allow(Role.CASEWORKER)
@transactional
def note_by_form():
    current_uow().store.add(flask.request.form["text"])
    flask.flash("Written.", "success")
    return flask.redirect("/inbox", 303)


@pages.get("/showcase")
@allow(Role.CASEWORKER)
def showcase():
    flask.flash("The referral was sent to Stepdown House.", "success")
    return flask.render_template("showcase.html")


@pages.get("/broken")
@public
def broken():
    raise ValueError("secret detail")


def make_app(running: RunningService) -> flask.Flask:
    return create_app(running, api=[blp], pages=[pages])


def sample(settings: Settings, clock: Clock) -> RunningService:
    service = Service(
        name="notes",
        store=lambda connection: Store(connection=connection),
        metadata=metadata,
        migrations=Path(),
        handlers={},
        create_app=make_app,
        paths=("/api/v1/notes",),
        entrypoints=lambda: object,
    )
    return RunningService(service=service, settings=settings, clock=clock)
