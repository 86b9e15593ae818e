"""The history of an entry as a page, and the way back to an earlier version of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

import flask
from flask import Response, request

from onward.errors import MalformedError, Refused
from onward.web import allow, transactional
from onward.web.pages import words
from onward.web.problems import problem_for
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.agreements import Agreement
from services.directory.domain.history import Entry, Kind, Version
from services.directory.handlers import versions
from services.directory.handlers.rehearsal import rehearse
from services.directory.web.editing.differences import Difference, differences, ids_in
from services.directory.web.editing.entries import EDITORS, keepers, may_edit
from services.directory.web.editing.pages import KINDS, told_of
from services.directory.web.history import seen
from services.directory.web.reach import this_uow

looking_back = flask.Blueprint("directory_looking_back", __name__, template_folder="../templates")
ANY: Final = {**KINDS, "agreements": Kind.AGREEMENT}
AT: Final = "/directory/<any(organisations,programmes,services,agreements):listing>/<uuid:entry_id>/history"
MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One version as the page tells it."""

    version: Version
    by: str
    differences: Sequence[Difference]


@looking_back.get(AT)
@allow()
@transactional
def history(listing: str, entry_id: UUID) -> str:
    """Show every version of an entry: when, by whom, what it changed."""
    entry = seen(ANY[listing], entry_id)
    found = versions.history(this_uow(), entry, limit=MOST_SHOWN)
    makers = {one.change.organisation for one in found if one.change.organisation}
    entries = [one.entry for one in found]
    names = this_uow().store.names.of(makers | ids_in(entry, *entries))
    return flask.render_template(
        "directory/history.html",
        title=title_of(entry, names),
        path=f"/directory/{listing}/{entry_id}",
        shown=[_shown(one, names) for one in found],
        may_edit=may_edit(entry),
        current=entry.version,
    )


@looking_back.get(f"{AT}/<int:version>")
@allow(*EDITORS)
@transactional
def look(listing: str, entry_id: UUID, version: int) -> str | tuple[str, int]:
    """Show what going back to a version would change, and for whom; or why that cannot be."""
    entry = seen(ANY[listing], entry_id)
    require_may_edit(this_uow().actor, keepers(entry))
    try:
        restored = rehearse(
            this_uow(),
            lambda trial: versions.restore(
                trial, ANY[listing], entry_id, to=version, version=entry.version
            ),
        )
    except Refused as refusal:
        return _cannot(listing, entry, version, refusal)
    path = f"/directory/{listing}/{entry_id}/history"
    names = this_uow().store.names.of(ids_in(entry))
    return flask.render_template(
        "directory/check.html",
        entry=entry,
        name=title_of(entry, names),
        title=f"Go back to version {version}",
        back=path,
        save=f"{path}/{version}",
        texts={},
        **told_of(entry, restored),
    )


@looking_back.post(f"{AT}/<int:version>")
@allow(*EDITORS)
@transactional
def restore(listing: str, entry_id: UUID, version: int) -> Response | tuple[str, int]:
    """Put a version's facts back."""
    entry = seen(ANY[listing], entry_id)
    read = request.form.get("version", "")
    if not read.isdecimal():
        raise MalformedError("version-malformed", "Open the page again: it has lost its version.")
    try:
        restored = versions.restore(
            this_uow(), ANY[listing], entry_id, to=version, version=int(read)
        )
    except Refused as refusal:
        return _cannot(listing, entry, version, refusal)
    flask.flash(
        f"It says what version {version} said again, as version {restored.version}.", "success"
    )
    to = f"/directory/{listing}/{entry_id}/history"
    return cast("Response", flask.redirect(to, HTTPStatus.SEE_OTHER))


def title_of(entry: Entry, names: Any) -> str:
    """Return what a page calls *entry*."""
    if isinstance(entry, Agreement):
        parties = (entry.from_organisation, entry.to_organisation)
        return "What {} shares with {}".format(*(names[str(id_)] for id_ in parties))
    return entry.name


def _shown(one: Version, names: Any) -> Shown:
    change = one.change
    maker = names.get(str(change.organisation), "") if change.organisation else ""
    by = " of ".join(part for part in (words(change.role), maker) if part)
    before = one.before
    return Shown(
        version=one,
        by=by,
        differences=[] if before is None else differences(before, one.entry, names),
    )


def _cannot(listing: str, entry: Entry, version: int, refusal: Refused) -> tuple[str, int]:
    affected = len(refusal.extra.get("affected", ()))
    page = flask.render_template(
        "directory/cannot_go_back.html",
        title=title_of(entry, this_uow().store.names.of(ids_in(entry))),
        path=f"/directory/{listing}/{entry.id}/history",
        version=version,
        refusal=refusal,
        affected=affected,
    )
    return page, problem_for(refusal).status
