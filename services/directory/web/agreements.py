"""Sharing agreements over the API."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.errors import ForbiddenError, NotFoundError
from onward.identity import Role
from onward.ids import new_id
from onward.web import (
    Blueprint,
    Page,
    allow,
    current_actor,
    etag,
    require_version,
    transactional,
)
from services.directory.domain.agreements import Agreement
from services.directory.domain.history import Kind
from services.directory.handlers import entries
from services.directory.web.history import remember
from services.directory.web.reach import SEES_ALL, is_visible, part_of, this_uow
from services.directory.web.schemas import (
    AgreementBody,
    AgreementEnd,
    AgreementQuery,
    AgreementSchema,
)

agreements = Blueprint(
    "agreements",
    __name__,
    url_prefix="/api/v1/agreements",
    description="Who may share what with whom.",
)


@agreements.route("")
class Agreements(MethodView):
    """All agreements the caller may see."""

    @allow()
    @transactional
    @agreements.arguments(AgreementQuery, location="query")
    @agreements.response(200, AgreementSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Agreement]:
        """List agreements, newest first: your own organisation's, or all as auditor or operator."""
        page = Page.of(query)
        rows = this_uow().store.agreements.part(
            part_of(page), party=_visible(query.get("party")), on=query.get("on")
        )
        return page.cut(rows, lambda row: [row.valid_from.isoformat(), row.id])

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @agreements.arguments(AgreementBody)
    @agreements.response(201, AgreementSchema)
    @agreements.alt_response(403, description="Only the organisation that shares can agree.")
    def post(self, body: Mapping[str, Any]) -> tuple[Agreement, dict[str, str]]:
        """Record an agreement under which your organisation shares."""
        lists = {name: tuple(body[name]) for name in ("purposes", "sections")}
        made = entries.publish_agreement(this_uow(), Agreement(id=new_id(), **{**body, **lists}))
        etag(made.version)
        return made, {"Location": f"/api/v1/agreements/{made.id}"}


@agreements.route("/<uuid:agreement_id>")
class OneAgreement(MethodView):
    """One agreement."""

    @allow()
    @transactional
    @agreements.response(200, AgreementSchema)
    @agreements.alt_response(404, description="There is none, or you are no party to it.")
    def get(self, agreement_id: UUID) -> Agreement:
        """Read an agreement."""
        found = this_uow().store.agreements.find(agreement_id)
        if found is None or not is_visible(found):
            raise NotFoundError("agreement")
        etag(found.version)
        return found


@agreements.route("/<uuid:agreement_id>/end")
class EndAgreement(MethodView):
    """The end of an agreement."""

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @agreements.arguments(AgreementEnd)
    @agreements.response(200, AgreementSchema)
    @agreements.alt_response(409, description="It is over already.")
    @agreements.alt_response(412, description="Somebody changed it since you read it.")
    @agreements.alt_response(428, description="Send If-Match.")
    def post(self, body: Mapping[str, Any], agreement_id: UUID) -> Agreement:
        """Let an agreement end on a day, or at once; either party may. Send If-Match."""
        ended = entries.end_agreement(
            this_uow(), agreement_id, require_version(), body["last_day"]
        )
        etag(ended.version)
        return ended


def _visible(party: UUID | None) -> UUID | None:
    actor = current_actor()
    if actor.role in SEES_ALL:
        return party
    if party not in {None, actor.organisation}:
        raise ForbiddenError("other-organisation", "You see your own organisation's agreements.")
    return actor.organisation


remember(agreements, Kind.AGREEMENT, AgreementSchema)
