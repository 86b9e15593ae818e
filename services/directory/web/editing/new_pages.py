"""Pages on which new entries are listed: what they cannot do without; the rest is said afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

import flask
from flask import Response, request

from onward.errors import FieldError
from onward.web import allow, current_actor, transactional
from onward.web.problems import problem_for
from services.directory.domain.history import Kind
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.web.editing.drawing import draw
from services.directory.web.editing.entries import (
    EDITORS,
    FormRefusedError,
    Written,
    may_edit,
    publish,
)
from services.directory.web.editing.inputs import Input, Texts
from services.directory.web.editing.sections import SECTIONS
from services.directory.web.reach import this_uow

listing_new = flask.Blueprint("directory_new", __name__, template_folder="../templates")
AT: Final = "/directory/<any(organisations,programmes,services):listing>/new"


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """How a new entry of one kind is asked for."""

    made: type[Written]
    title: str
    inputs: tuple[Input, ...]
    own: tuple[str, ...] = ()
    """Pointers of the inputs that name the caller's organisation to begin with."""


def _asked(kind: Kind, *pointers: str) -> tuple[Input, ...]:
    """Return the inputs at *pointers* of the forms that change an entry of *kind*."""
    inputs = {one.pointer: one for section in SECTIONS[kind] for one in section.inputs}
    return tuple(inputs[pointer] for pointer in pointers)


NEW: Final[Mapping[str, New]] = {
    "organisations": New(
        made=Organisation,
        title="New organisation",
        inputs=_asked(
            Kind.ORGANISATION,
            *("/name", "/kind", "/summary", "/part_of", "/ods_code", "/charity_number"),
            *("/incorporated", "/website", "/phone", "/mailbox"),
        ),
    ),
    "programmes": New(
        made=Programme,
        title="New programme",
        inputs=_asked(
            Kind.PROGRAMME,
            *("/name", "/summary", "/status", "/pilot", "/lead", "/part_of", "/began", "/website"),
        ),
        own=("/lead",),
    ),
    "services": New(
        made=Service,
        title="New service",
        inputs=_asked(
            Kind.SERVICE,
            *("/name", "/summary", "/status", "/needs", "/capacity_kind", "/providers"),
            *("/recipient", "/nation", "/programme", "/website", "/mailbox"),
        ),
        own=("/providers", "/recipient"),
    ),
}


@listing_new.get(AT)
@allow(*EDITORS)
@transactional
def blank(listing: str) -> str:
    """Show the form of a new entry; it begins with the caller's own organisation."""
    new, own = NEW[listing], current_actor().organisation
    names = this_uow().store.names.of([own]) if own else {}
    texts: dict[str, Sequence[str]] = {pointer: list(names.values()) for pointer in new.own}
    return _form(new, {"/incorporated": ["true"], **texts})


@listing_new.post(AT)
@allow(*EDITORS)
@transactional
def make(listing: str) -> Response | tuple[str, int]:
    """List the entry, or show the form again with what is wrong."""
    new = NEW[listing]
    texts = {name: request.form.getlist(name) for name in request.form if name.startswith("/")}
    try:
        made = publish(new.made, new.inputs, texts)
    except FormRefusedError as refusal:
        return _form(new, texts, refusal.errors), problem_for(refusal.cause).status
    path, own = f"/directory/{listing}/{made.id}", may_edit(made)
    more = " Say here what else is known of it." if own else ""
    flask.flash(f"{made.name} is listed.{more}", "success")
    to = f"{path}/edit" if own else path
    return cast("Response", flask.redirect(to, HTTPStatus.SEE_OTHER))


def _form(new: New, texts: Texts, errors: Sequence[FieldError] = ()) -> str:
    return flask.render_template(
        "directory/new_entry.html",
        title=new.title,
        inputs=draw(new.inputs, texts, errors),
        errors=errors,
        ids={one.pointer: one.name for one in new.inputs},
    )
