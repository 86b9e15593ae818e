"""The page of how a service was used: how full it was, how long people waited, who came, in a period."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import flask
from flask import request
from marshmallow import ValidationError

from onward.errors import InvalidError
from onward.web import allow, transactional
from onward.web.problems import problem_for
from onward.web.validation import invalid
from services.directory.domain.days import day_of
from services.directory.domain.measures import FEWEST
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Service
from services.directory.handlers import counting
from services.directory.web.measures import PeriodQuery
from services.directory.web.reach import is_provider, this_uow

using = flask.Blueprint("directory_using", __name__, template_folder="templates")
LATELY: Final = timedelta(days=90)
"""The period that is shown first; it ends today."""
_period: Final = PeriodQuery()
Period = tuple[date, date]


@using.get("/directory/services/<uuid:service_id>/use")
@allow()
@transactional
def use(service_id: UUID) -> str | tuple[str, int]:
    """Show what was counted from one day to another."""
    service, today = this_uow().store.services.get(service_id), day_of(this_uow().now)
    said = {name: request.args.get(name, "").strip() for name in ("from", "until")}
    if not any(said.values()):
        said = {"from": str(today - LATELY), "until": str(today)}
    try:
        return _page(service, said, _asked(said))
    except InvalidError as refusal:
        return _page(service, said, None, refusal), problem_for(refusal).status


def _asked(said: dict[str, str]) -> Period:
    try:
        loaded = _period.load(said)
    except ValidationError as error:
        raise invalid(error) from None
    return loaded["first"], loaded["last"]


def _page(
    service: Service,
    said: dict[str, str],
    asked: Period | None,
    refusal: InvalidError | None = None,
) -> str:
    own, errors = is_provider(service), refusal.errors if refusal else ()
    measures = counting.measure(this_uow(), service, *asked, own=own) if asked else None
    return flask.render_template(
        "directory/use.html",
        service=service,
        said=said,
        errors=list(errors),
        measures=measures,
        counts_heads=service.capacity_kind is CapacityKind.DROP_IN,
        fewest=FEWEST,
    )
