"""The page of keys: which systems act for one's organisation, and shutting one out whose secret is lost."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import flask
from flask import request
from werkzeug.wrappers import Response

from onward.errors import FieldError
from onward.identity import Role
from onward.web import allow, transactional
from services.directory.handlers import partners as use_cases
from services.directory.web.reach import this_uow

AT: Final = "/directory/systems"
KEEPERS: Final = (Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR)
systems = flask.Blueprint("directory_systems", __name__, template_folder="templates")


@systems.get(AT)
@allow(*KEEPERS)
@transactional
def overview() -> str:
    """Show the systems that act for one's organisation."""
    return _shown()


@systems.post(f"{AT}/<client_id>/close")
@allow(*KEEPERS)
@transactional
def close(client_id: str) -> Response | tuple[str, int]:
    """Shut one of them out, for whoever has said that they are sure."""
    if request.form.get("sure") != "yes":
        unsure = [FieldError(pointer="/sure", detail="Tick that you are sure.")]
        return _shown(client_id, unsure), HTTPStatus.UNPROCESSABLE_ENTITY
    closed = use_cases.close_own_system(this_uow(), client_id)
    flask.flash(
        f"{closed.name} is shut out. Tokens it has run out within five minutes.", "success"
    )
    return flask.redirect(AT, HTTPStatus.SEE_OTHER)


def _shown(wrong: str = "", errors: Sequence[FieldError] = ()) -> str:
    found = use_cases.own_systems(this_uow())
    return flask.render_template(
        "directory/systems.html",
        systems=sorted(found, key=lambda one: (not one.active, one.name, one.client_id)),
        wrong=wrong,
        errors=list(errors),
    )
