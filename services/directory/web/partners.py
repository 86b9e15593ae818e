"""Partners' systems over the API."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from onward.errors import NotFoundError
from onward.identity import Role
from onward.web import Blueprint, Page, PageQuery, allow, transactional
from services.directory.domain.accounts import PartnerSystem
from services.directory.handlers import partners as use_cases
from services.directory.web.once import tell, tells_once
from services.directory.web.reach import this_uow
from services.directory.web.schemas import PartnerBody, PartnerSchema, RegisteredPartnerSchema

partners = Blueprint(
    "partners", __name__, url_prefix="/api/v1/partners", description="Partners' systems."
)


@partners.route("")
class Partners(MethodView):
    """All systems."""

    @allow(Role.OPERATOR)
    @transactional
    @partners.arguments(PageQuery, location="query")
    @partners.response(200, PartnerSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[PartnerSystem]:
        """List partners' systems by client id."""
        page = Page.of(query)
        after = page.after_one
        rows = this_uow().store.accounts.systems(after=after, limit=page.fetch)
        return page.cut(rows, lambda row: [row.client_id])

    @allow(Role.OPERATOR)
    @tells_once("client_secret")
    @transactional
    @partners.arguments(PartnerBody)
    @partners.response(201, RegisteredPartnerSchema)
    def post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Register a system. Its secret is in this answer only; with keys it has none."""
        registered = use_cases.register(this_uow(), **body)
        tell(registered.secret)
        system = registered.system
        return {**asdict(system), "method": system.method, "client_secret": None}


@partners.route("/<client_id>/close")
class ClosePartner(MethodView):
    """The end of a system's access."""

    @allow(Role.OPERATOR)
    @transactional
    @partners.response(200, PartnerSchema)
    @partners.alt_response(404, description="There is no such system.")
    def post(self, client_id: str) -> PartnerSystem:
        """Give a system no more tokens; those it has run out within five minutes."""
        if not client_id.isprintable():
            raise NotFoundError("partner system")
        return use_cases.close_system(this_uow(), client_id)
