"""Pages of sharing agreements: the matrix of who may share what with whom, each agreement, new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

import flask
from flask import Response, request
from marshmallow import ValidationError

from onward.errors import FieldError, InvalidError, MalformedError, Refused
from onward.ids import new_id
from onward.web import allow, current_actor, transactional
from onward.web.problems import problem_for
from onward.web.validation import invalid
from services.directory.domain.agreements import Agreement
from services.directory.domain.history import Kind
from services.directory.domain.sharing import Between, Standing, matrix
from services.directory.handlers import entries
from services.directory.web.editing.drawing import beside, draw, texts_of
from services.directory.web.editing.entries import EDITORS, may_edit
from services.directory.web.editing.history_pages import title_of
from services.directory.web.editing.inputs import Input, Read, Shape, Texts
from services.directory.web.editing.reading import Known, read
from services.directory.web.history import seen
from services.directory.web.reach import SEES_ALL, this_uow
from services.directory.web.schemas import AgreementBody, AgreementEnd

sharing = flask.Blueprint("directory_sharing", __name__, template_folder="templates")
MOST_AGREEMENTS: Final = 2000
MOST_PARTIES: Final = 40
"""Organisations in one matrix."""
AT: Final = "/directory/agreements"
TONES: Final = {
    Standing.HOLDS: "green",
    Standing.ENDING: "orange",
    Standing.GAPS: "orange",
    Standing.PLANNED: "purple",
}
DAY: Final = "A day, such as 2026-12-31"
COMMAS: Final = "Codes with commas between, such as {}"
INPUTS: Final = (
    Input(
        pointer="/from_organisation",
        label="Who shares",
        shape=Shape.NAMED,
        hint="The organisation's name, as the directory lists it",
        required=True,
    ),
    Input(pointer="/to_organisation", label="With whom", shape=Shape.NAMED, required=True),
    Input(
        pointer="/sections",
        label="What",
        shape=Shape.WORDS,
        hint=COMMAS.format("identity, contact, housing"),
        required=True,
    ),
    Input(
        pointer="/purposes",
        label="Purposes",
        shape=Shape.WORDS,
        hint=COMMAS.format("direct-care"),
        required=True,
    ),
    Input(
        pointer="/lawful_basis",
        label="Lawful basis",
        hint="A code, such as direct-care",
        required=True,
    ),
    Input(pointer="/valid_from", label="First day", hint=DAY, required=True, width=10),
    Input(
        pointer="/valid_until",
        label="Last day",
        hint="Leave empty where it is to hold until somebody ends it",
        width=10,
    ),
)
_body: Final = AgreementBody()
_end: Final = AgreementEnd()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the matrix: what one organisation may share with each of the others."""

    giver: UUID
    cells: Sequence[Between | None]


@sharing.get(AT)
@allow()
@transactional
def overview() -> str:
    """Show who may share what with whom: everybody to auditors and operators, else one's own."""
    store, own = this_uow().store, None if _sees_all() else current_actor().organisation
    named, party, told = request.args.get("with", "").strip()[:200], own, None
    if named and own is None:
        called = store.names.called("organisation", named)
        party = called[0] if called else None
        told = None if called else "The directory lists no organisation of this name."
    today = entries.today(this_uow())
    found = store.agreements.standing(today, party=party, limit=MOST_AGREEMENTS)
    names = store.organisations.named(_parties(found) | ({party} if party else set()))
    shown = sorted(names, key=lambda id_: (id_ != party, names[id_].lower()))[:MOST_PARTIES]
    cells = matrix(shown, found, store.services.asked_by(shown), today=today)
    if party:
        cells = {pair: cell for pair, cell in cells.items() if party in pair}
    return flask.render_template(
        "directory/agreements.html",
        names=names,
        shown=shown,
        lines=[_line(giver, shown, cells) for giver in shown],
        listed=[cell for cell in cells.values() if cell.agreements],
        hidden=len(names) - len(shown),
        tones=TONES,
        sees_all=_sees_all(),
        may_make=current_actor().role in EDITORS,
        named=named,
        told=told,
    )


@sharing.get(f"{AT}/new")
@allow(*EDITORS)
@transactional
def blank() -> str:
    """Show the form of a new agreement; from a gap in the matrix, filled in with what it lacks."""
    giver = _id(request.args.get("from")) or current_actor().organisation
    taker = _id(request.args.get("to"))
    asked = this_uow().store.services.asked_by([taker])[taker] if taker else set()
    body = {
        "from_organisation": giver,
        "to_organisation": taker,
        "sections": sorted(asked),
        "purposes": ["direct-care"],
        "lawful_basis": "direct-care",
        "valid_from": entries.today(this_uow()),
        "valid_until": None,
    }
    names = this_uow().store.names.of({id_ for id_ in (giver, taker) if id_})
    return _new(texts_of(INPUTS, body, names))


@sharing.post(f"{AT}/new")
@allow(*EDITORS)
@transactional
def make() -> Response | tuple[str, int]:
    """Record a new agreement, or show the form again with what is wrong."""
    texts = {name: request.form.getlist(name) for name in request.form if name.startswith("/")}
    said = read(INPUTS, texts, Known(named=this_uow().store.names.called, ids=()))
    try:
        made = entries.publish_agreement(this_uow(), _agreement(said))
    except Refused as refusal:
        errors = beside(refusal.errors, said) or [FieldError(pointer="", detail=refusal.detail)]
        return _new(texts, errors), problem_for(refusal).status
    flask.flash("The agreement is recorded.", "success")
    return _to(made.id)


@sharing.get(f"{AT}/<uuid:agreement_id>")
@allow()
@transactional
def agreement(agreement_id: UUID) -> str:
    """Show one agreement, and to its parties' editors how to end it."""
    return _shown(_seen(agreement_id))


@sharing.post(f"{AT}/<uuid:agreement_id>/end")
@allow(*EDITORS)
@transactional
def end(agreement_id: UUID) -> Response | tuple[str, int]:
    """Let an agreement end on a day, or at once."""
    found = _seen(agreement_id)
    version, said = request.form.get("version", ""), request.form.get("last_day", "").strip()
    if not version.isdecimal():
        raise MalformedError("version-malformed", "Open the page again: it has lost its version.")
    try:
        ended = entries.end_agreement(
            this_uow(), found.id, int(version), _last_day(request.form.get("when"), said)
        )
    except Refused as refusal:
        errors = refusal.errors or [FieldError(pointer="", detail=refusal.detail)]
        return _shown(found, errors, said), problem_for(refusal).status
    flask.flash(f"It ends with {ended.valid_until:%-d %B %Y}.", "success")
    return _to(ended.id)


def _sees_all() -> bool:
    return current_actor().role in SEES_ALL


def _parties(agreements: Sequence[Agreement]) -> set[UUID]:
    return {id_ for one in agreements for id_ in (one.from_organisation, one.to_organisation)}


def _line(giver: UUID, shown: Sequence[UUID], cells: Mapping[Any, Between]) -> Line:
    return Line(giver=giver, cells=[cells.get((giver, taker)) for taker in shown])


def _agreement(said: Read) -> Agreement:
    if said.errors:
        raise InvalidError("invalid", "Change what is marked.", errors=said.errors)
    body = {pointer.lstrip("/"): value for pointer, value in said.values.items()}
    try:
        loaded = _body.load(body)
    except ValidationError as error:
        raise invalid(error) from None
    lists = {name: tuple(loaded[name]) for name in ("purposes", "sections")}
    return Agreement(id=new_id(), **{**loaded, **lists})


def _last_day(when: str | None, said: str) -> date | None:
    if when == "now":
        return None
    try:
        day: date | None = _end.load({"last_day": said or None})["last_day"]
    except ValidationError:
        day = None
    if day is None:
        wrong = FieldError(pointer="/last_day", detail="Enter a day, such as 2026-12-31.")
        raise InvalidError("invalid", "Change what is marked.", errors=[wrong])
    return day


def _seen(agreement_id: UUID) -> Agreement:
    return cast("Agreement", seen(Kind.AGREEMENT, agreement_id))


def _shown(found: Agreement, errors: Sequence[FieldError] = (), said: str = "") -> str:
    store, today = this_uow().store, entries.today(this_uow())
    names = store.organisations.named([found.from_organisation, found.to_organisation])
    over = found.valid_until is not None and found.valid_until < today
    return flask.render_template(
        "directory/agreement.html",
        agreement=found,
        title=title_of(found, {str(id_): name for id_, name in names.items()}),
        names=names,
        over=over,
        planned=found.valid_from > today,
        may_end=may_edit(found) and not over,
        errors=errors,
        said=said,
    )


def _new(texts: Texts, errors: Sequence[FieldError] = ()) -> str:
    return flask.render_template(
        "directory/new_agreement.html",
        inputs=draw(INPUTS, texts, errors),
        errors=errors,
        ids={one.pointer: one.name for one in INPUTS},
    )


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _to(agreement_id: UUID) -> Response:
    return cast("Response", flask.redirect(f"{AT}/{agreement_id}", HTTPStatus.SEE_OTHER))
