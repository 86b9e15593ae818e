"""Workers' accounts over the API."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.identity import Role
from onward.ids import new_id
from onward.web import Blueprint, Page, allow, etag, require_version, transactional
from services.directory.domain.accounts import Worker
from services.directory.handlers import accounts
from services.directory.web.once import tell, tells_once
from services.directory.web.reach import this_uow
from services.directory.web.schemas import (
    OpenedWorkerSchema,
    RoleBody,
    WorkerBody,
    WorkerQuery,
    WorkerSchema,
)

workers = Blueprint(
    "workers", __name__, url_prefix="/api/v1/workers", description="Who may sign in."
)


@workers.route("")
class Workers(MethodView):
    """All accounts the caller manages."""

    @allow(Role.TEAM_LEAD, Role.OPERATOR)
    @transactional
    @workers.arguments(WorkerQuery, location="query")
    @workers.response(200, WorkerSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Worker]:
        """List accounts by username: your organisation's, or any as an operator."""
        page, uow = Page.of(query), this_uow()
        rows = uow.store.accounts.workers(
            organisation=accounts.visible_organisation(uow, query.get("organisation")),
            after=page.after_one,
            limit=page.fetch,
        )
        return page.cut(rows, lambda row: [row.username])

    @allow(Role.TEAM_LEAD, Role.OPERATOR)
    @tells_once("password")
    @transactional
    @workers.arguments(WorkerBody)
    @workers.response(201, OpenedWorkerSchema)
    @workers.alt_response(403, description="The organisation or the role is not yours to give.")
    @workers.alt_response(409, description="Somebody has the username.")
    def post(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Open an account. Its generated password is in this answer only."""
        opened = accounts.open_account(this_uow(), Worker(id=new_id(), **body))
        tell(opened.password)
        etag(opened.worker.version)
        location = {"Location": f"/api/v1/workers/{opened.worker.id}"}
        return {**asdict(opened.worker), "password": None}, location


@workers.route("/<uuid:worker_id>/role")
class RoleOfWorker(MethodView):
    """What a worker may do."""

    @allow(Role.TEAM_LEAD, Role.OPERATOR)
    @transactional
    @workers.arguments(RoleBody)
    @workers.response(200, WorkerSchema)
    @workers.alt_response(403, description="The account or the role is not yours to give.")
    @workers.alt_response(409, description="The account is closed.")
    @workers.alt_response(412, description="Somebody changed it since you read it.")
    @workers.alt_response(428, description="Send If-Match.")
    def post(self, body: Mapping[str, Any], worker_id: UUID) -> Worker:
        """Give a worker another role and end their sessions at once. Send If-Match."""
        other = accounts.change_role(this_uow(), worker_id, require_version(), body["role"])
        etag(other.version)
        return other


@workers.route("/<uuid:worker_id>/close")
class CloseWorker(MethodView):
    """The end of an account."""

    @allow(Role.TEAM_LEAD, Role.OPERATOR)
    @transactional
    @workers.response(200, WorkerSchema)
    @workers.alt_response(403, description="The account is not yours to close.")
    @workers.alt_response(412, description="Somebody changed it since you read it.")
    @workers.alt_response(428, description="Send If-Match.")
    def post(self, worker_id: UUID) -> Worker:
        """Close an account and end its sessions at once. Send If-Match."""
        closed = accounts.close_account(this_uow(), worker_id, require_version())
        etag(closed.version)
        return closed
