"""Hand in a file to be imported, watch how far it is, read what became of each entry."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

import flask
from flask import Response, request
from flask.views import MethodView
from marshmallow import ValidationError
from werkzeug.utils import redirect

from onward.identity import Role
from onward.ids import new_id
from onward.web import Blueprint, Page, accepts, allow, current_actor, transactional
from onward.web.blueprints import invalid
from services.directory.domain.accounts import organisation_of
from services.directory.domain.imports import RESULTS, Format, Import, Line, Progress
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.web.import_schemas import (
    LARGEST,
    ImportBody,
    ImportSchema,
    LineSchema,
    LinesQuery,
)
from services.directory.web.reach import this_uow
from services.directory.web.wording import KINDS, ORGANISATIONS

LATEST: Final = 50
"""Imports of a list."""
SHOWN: Final = 200
"""Lines of each kind on a page."""
imports = Blueprint(
    "imports", __name__, url_prefix="/api/v1/imports", description="Files on their way in."
)
importing = flask.Blueprint("directory_imports", __name__, template_folder="templates")


@imports.route("")
class Imports(MethodView):
    """Imports of your organisation."""

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @imports.response(200, ImportSchema(many=True))
    def get(self) -> Sequence[Progress]:
        """List the latest imports; an operator sees everybody's."""
        return this_uow().store.imports.latest(organisation=_whose(), limit=LATEST)

    @allow(Role.EDITOR, Role.OPERATOR)
    @accepts("application/json", limit=LARGEST)
    @transactional
    @imports.arguments(ImportBody)
    @imports.response(202, ImportSchema)
    def post(self, body: Mapping[str, Any]) -> tuple[Progress, dict[str, str]]:
        """Hand in a file. It is read and put into the directory afterwards: ask how far it is."""
        made = _hand_in(body)
        return made, {"Location": f"/api/v1/imports/{made.job.id}"}


@imports.route("/<uuid:import_id>")
class OneImport(MethodView):
    """One import."""

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @imports.response(200, ImportSchema)
    @imports.alt_response(404, description="There is none, or it is another organisation's.")
    def get(self, import_id: UUID) -> Progress:
        """Read how far an import is."""
        return _found(import_id)


@imports.route("/<uuid:import_id>/lines")
class Lines(MethodView):
    """The report of an import."""

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @imports.arguments(LinesQuery, location="query")
    @imports.response(200, LineSchema(many=True))
    @imports.alt_response(404, description="There is none, or it is another organisation's.")
    def get(self, query: Mapping[str, Any], import_id: UUID) -> Sequence[Line]:
        """Read what became of each entry, in the order of the file."""
        page = Page.of(query)
        rows = this_uow().store.imports.lines(
            _found(import_id).job.id,
            result=query.get("result"),
            after=int(page.after[0]) if page.after else -1,
            limit=page.fetch,
        )
        return page.cut(rows, lambda row: [row.number])


@importing.get("/directory/import")
@allow(Role.EDITOR, Role.OPERATOR)
@transactional
def choose() -> str:
    """Show the form, and what was handed in before."""
    return _form()


@importing.post("/directory/import")
@allow(Role.EDITOR, Role.OPERATOR)
@accepts("multipart/form-data", limit=LARGEST)
@transactional
def hand_in() -> Response | tuple[str, int]:
    """Take the file and show how far it is; show the form again with what is wrong."""
    try:
        made = _hand_in(ImportBody().load(_sent()))
    except ValidationError as error:
        return _form(invalid(error).errors[0].detail), 422
    return redirect(f"/directory/imports/{made.job.id}", 303)  # type: ignore[return-value]


@importing.get("/directory/imports/<uuid:import_id>")
@allow(Role.EDITOR, Role.OPERATOR)
@transactional
def watch(import_id: UUID) -> str:
    """Show how far an import is, and its report as far as there is one."""
    found = _found(import_id)
    store = this_uow().store.imports
    reports = {
        result: store.lines(import_id, result=result, limit=SHOWN)
        for result in ("refused", "added", "changed")
        if found.counts[result]
    }
    return flask.render_template(
        "directory/import.html", found=found, reports=reports, shown=SHOWN
    )


def _hand_in(body: Mapping[str, Any]) -> Progress:
    uow = this_uow()
    actor = current_actor()
    said = {name: value for name, value in body.items() if name != "content"}
    job = Import(
        id=new_id(),
        principal=actor.principal,
        organisation=organisation_of(actor),
        role=actor.role,
        created_at=uow.now,
        **said,
    )
    uow.store.imports.add(job, body["content"].encode())
    return Progress(job=job, counts=dict.fromkeys(RESULTS, 0))


def _sent() -> dict[str, Any]:
    """Return what the form says, as the API would have been sent it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise ValidationError("Choose a file.")
    name = PurePath(file.filename).name[-200:]
    try:
        content = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError("Save the file as UTF-8, then choose it again.") from None
    kinds = {
        name: request.form[name]
        for name in ("organisation_kind", "service_kind")
        if request.form.get(name)
    }
    table = Format.CSV if name.lower().endswith(".csv") else Format.JSON
    return {"name": name, "format": table.value, "content": content, **kinds}


def _form(told: str | None = None) -> str:
    latest = this_uow().store.imports.latest(organisation=_whose(), limit=LATEST)
    return flask.render_template(
        "directory/import_form.html",
        told=told,
        latest=latest,
        organisation_kinds={kind.value: ORGANISATIONS[kind] for kind in OrganisationKind},
        service_kinds={kind.value: KINDS[kind] for kind in CapacityKind},
    )


def _found(import_id: UUID) -> Progress:
    return this_uow().store.imports.get(import_id, organisation=_whose())


def _whose() -> UUID | None:
    """Return whose imports the caller sees: their organisation's, or everybody's."""
    actor = current_actor()
    return None if actor.role is Role.OPERATOR else organisation_of(actor)
