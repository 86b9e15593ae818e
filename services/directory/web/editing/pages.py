"""Editing pages: choose a section, change it, see what that changes and for whom, save it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

import flask
from flask import Response, request

from onward.errors import FieldError, NotFoundError, StaleVersionError
from onward.web import allow, transactional
from onward.web.problems import problem_for
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.history import Entry, Kind
from services.directory.domain.services import Service
from services.directory.handlers import versions
from services.directory.handlers.rehearsal import rehearse
from services.directory.web.editing.differences import differences, effects, ids_in
from services.directory.web.editing.drawing import draw, texts_of
from services.directory.web.editing.entries import (
    EDITORS,
    FormRefusedError,
    Written,
    body_of,
    keepers,
    wanted_by,
)
from services.directory.web.editing.inputs import Texts, tidy
from services.directory.web.editing.sections import SECTIONS
from services.directory.web.editing.shared_inputs import Section
from services.directory.web.reach import this_uow

editing = flask.Blueprint("directory_editing", __name__, template_folder="../templates")
KINDS: Final[Mapping[str, Kind]] = {
    "organisations": Kind.ORGANISATION,
    "programmes": Kind.PROGRAMME,
    "services": Kind.SERVICE,
}
AT: Final = "/directory/<any(organisations,programmes,services):listing>/<uuid:entry_id>/edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The entry that is edited, and the section of it."""

    entry: Written
    path: str
    section: Section

    @property
    def here(self) -> str:
        """The address of the form."""
        return f"{self.path}/edit/{self.section.slug}"


@editing.get(AT)
@allow(*EDITORS)
@transactional
def sections(listing: str, entry_id: UUID) -> str:
    """Show what can be changed, section by section."""
    entry = _own(KINDS[listing], entry_id)
    return flask.render_template(
        "directory/edit.html",
        entry=entry,
        path=f"/directory/{listing}/{entry_id}",
        sections=SECTIONS[KINDS[listing]],
    )


@editing.get(f"{AT}/<slug>")
@allow(*EDITORS)
@transactional
def form(listing: str, entry_id: UUID, slug: str) -> str:
    """Show the form of one section as the entry stands."""
    edited = _edited(listing, entry_id, slug)
    names = this_uow().store.names.of(ids_in(edited.entry))
    return _form(edited, texts_of(edited.section.inputs, body_of(edited.entry), names))


@editing.post(f"{AT}/<slug>")
@allow(*EDITORS)
@transactional
def check(listing: str, entry_id: UUID, slug: str) -> str | Response | tuple[str, int]:
    """Show what the form would change, and for whom; or the form again, with what is wrong."""
    edited = _edited(listing, entry_id, slug)
    texts = tidy(edited.section.inputs, _sent())
    if request.form.get("step") == "again":
        return _form(edited, texts)
    uow = this_uow()
    try:
        change = wanted_by(edited.entry, edited.section, texts, request.form.get("version", ""))
        changed = rehearse(uow, change)
    except FormRefusedError as refusal:
        return _refused(edited, texts, refusal)
    if changed == edited.entry:
        flask.flash("Nothing was changed: it says all of this already.")
        return _to(f"{edited.path}/edit")
    return flask.render_template(
        "directory/check.html",
        entry=edited.entry,
        title="Check what changes",
        back=edited.here,
        save=f"{edited.here}/save",
        texts=texts,
        **told_of(edited.entry, changed),
    )


@editing.post(f"{AT}/<slug>/save")
@allow(*EDITORS)
@transactional
def save(listing: str, entry_id: UUID, slug: str) -> Response | tuple[str, int]:
    """Save what was checked; or show the form again, with what is wrong by now."""
    edited = _edited(listing, entry_id, slug)
    texts = tidy(edited.section.inputs, _sent())
    try:
        change = wanted_by(edited.entry, edited.section, texts, request.form.get("version", ""))
        changed = change(this_uow())
    except FormRefusedError as refusal:
        return _refused(edited, texts, refusal)
    flask.flash(f"Saved as version {changed.version}.", "success")
    return _to(edited.path)


def told_of(before: Entry, after: Entry) -> dict[str, Any]:
    """Return what the page tells of a change, and for whom it matters."""
    store = this_uow().store
    ledger = store.ledgers.read([after.id]).get(after.id) if isinstance(after, Service) else None
    return {
        "differences": differences(before, after, store.names.of(ids_in(before, after))),
        "effects": effects(before, after, ledger),
    }


def _own(kind: Kind, entry_id: UUID) -> Written:
    """Return an entry that the caller may change. Raises `NotFoundError` or `ForbiddenError`."""
    entry = cast("Written", versions.current(this_uow(), kind, entry_id))
    require_may_edit(this_uow().actor, keepers(entry))
    return entry


def _edited(listing: str, entry_id: UUID, slug: str) -> Edited:
    entry = _own(KINDS[listing], entry_id)
    for section in SECTIONS[KINDS[listing]]:
        if section.slug == slug:
            return Edited(entry=entry, path=f"/directory/{listing}/{entry_id}", section=section)
    raise NotFoundError("section")


def _sent() -> Texts:
    """Return what the browser sent for inputs, which have pointers for names."""
    return {name: request.form.getlist(name) for name in request.form if name.startswith("/")}


def _refused(edited: Edited, texts: Texts, refusal: FormRefusedError) -> tuple[str, int]:
    status = problem_for(refusal.cause).status
    stale = isinstance(refusal.cause, StaleVersionError)
    affects = bool(refusal.cause.extra.get("affected"))
    return _form(edited, texts, refusal.errors, stale=stale, affects=affects), status


def _form(
    edited: Edited,
    texts: Texts,
    errors: Sequence[FieldError] = (),
    *,
    stale: bool = False,
    affects: bool = False,
) -> str:
    drawn = draw(edited.section.inputs, texts, errors)
    return flask.render_template(
        "directory/edit_section.html",
        entry=edited.entry,
        path=edited.path,
        here=edited.here,
        section=edited.section,
        inputs=drawn,
        errors=errors,
        ids=_ids(drawn),
        stale=stale,
        affects=affects,
        has_rows=any(one.rows for one in drawn),
    )


def _ids(drawn: Any) -> dict[str, str]:
    """Return the id of each input on the page by its pointer, for the links of the error summary."""
    found = {one.input.pointer: one.input.name for one in drawn}
    for one in drawn:
        for row in one.rows:
            found |= _ids(row)
    return found


def _to(path: str) -> Response:
    return cast("Response", flask.redirect(path, HTTPStatus.SEE_OTHER))
