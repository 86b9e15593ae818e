"""Who is told beside the organisation, as an API: preferences, teams, rules, a preview, receipts."""

from typing import Any, Final
from uuid import UUID

from flask import redirect
from flask.views import MethodView

from onward.identity import Role
from onward.web import (
    Blueprint,
    allow,
    current_running,
    current_uow,
    etag,
    require_version,
    transactional,
)
from onward.web.access import public
from onward.web.bodies import accepts
from services.notification.domain.people import Whom
from services.notification.domain.rules import Urgency
from services.notification.handlers import people, preferences, receipts
from services.notification.handlers.tokens import principal_of
from services.notification.web import people_schemas as schemas
from services.notification.web.notifications import READERS
from services.notification.web.preferring import preferences_of, shown
from services.notification.web.webhooks import KEEPERS

WORKERS: Final = (Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.AUDITOR, Role.OPERATOR)
_FORM: Final = "application/x-www-form-urlencoded"

blp = Blueprint(
    "people",
    __name__,
    url_prefix="/api/v1/notifications",
    description="How you are told, and whether the other side was",
)
rules_blp = Blueprint(
    "telling_rules",
    __name__,
    url_prefix="/api/v1/subscriptions",
    description="Whom of its people your organisation wants told",
)


@blp.route("/preferences")
class Preferences(MethodView):
    """One worker's own choice."""

    @allow(*WORKERS)
    @transactional
    @blp.response(200, schemas.Preferences)
    def get(self) -> Any:
        """Read how you are told."""
        kept = preferences.chosen(current_uow())
        etag(kept.version)
        return shown(kept)

    @allow(*WORKERS)
    @transactional
    @blp.arguments(schemas.Preferences)
    @blp.response(200, schemas.Preferences)
    @blp.alt_response(412, "PRECONDITION_FAILED")
    @blp.alt_response(428, "PRECONDITION_REQUIRED")
    def put(self, new: dict[str, Any]) -> Any:
        """Choose how you are told."""
        uow = current_uow()
        wanted = preferences_of(new, preferences.chosen(uow))
        kept = preferences.prefer(uow, wanted, version=require_version())
        etag(kept.version)
        return shown(kept)


@blp.route("/receipts")
class Receipts(MethodView):
    """Whether the other side was told."""

    @allow(*READERS)
    @transactional
    @blp.arguments(schemas.ReceiptQuery, location="query")
    @blp.response(200, schemas.Receipt(many=True))
    def get(self, query: dict[str, Any]) -> Any:
        """List what became of all that the other side of a handoff was told, oldest first."""
        return receipts.read_receipts(current_uow(), query["handoff_id"])


@blp.route("/unsubscribe/<token>")
class Unsubscribe(MethodView):
    """Where the link in a digest's header leads (RFC 8058)."""

    @public
    @blp.response(303)
    def get(self, token: str) -> Any:
        """Go to the page that asks first: following a link alone changes nothing."""
        return redirect(f"/notifications/unsubscribe/{token}", 303)

    @public
    @accepts(_FORM)
    @transactional
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, token: str) -> None:
        """Stop a worker's digest and routine e-mail; done twice it changes nothing."""
        principal = principal_of(current_running().settings.secret_key, token)
        preferences.unsubscribe(current_uow(), principal)


@rules_blp.route("/rules")
class Rules(MethodView):
    """The organisation's rules."""

    @allow(*KEEPERS)
    @transactional
    @rules_blp.response(200, schemas.Rule(many=True))
    def get(self) -> Any:
        """List whom of your people is told of what, in the order the rules were made."""
        return people.mine(current_uow())[0]

    @allow(*KEEPERS)
    @transactional
    @rules_blp.arguments(schemas.NewRule)
    @rules_blp.response(201, schemas.Rule)
    @rules_blp.alt_response(409, "CONFLICT")
    @rules_blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def post(self, new: dict[str, Any]) -> Any:
        """Tell a role, a team or a person from now on."""
        return people.add_rule(
            current_uow(),
            whom=Whom(new["whom"]),
            name=new["name"],
            templates=new["templates"],
            service_id=new["service_id"],
            urgencies=[Urgency(code) for code in new["urgencies"]],
        )


@rules_blp.route("/rules/<uuid:rule_id>")
class OneRule(MethodView):
    """One rule."""

    @allow(*KEEPERS)
    @transactional
    @rules_blp.response(204)
    @rules_blp.alt_response(404, "NOT_FOUND")
    def delete(self, rule_id: UUID) -> None:
        """Tell by this rule no longer."""
        people.delete_rule(current_uow(), rule_id)


@rules_blp.route("/teams")
class Teams(MethodView):
    """The organisation's teams."""

    @allow(*KEEPERS)
    @transactional
    @rules_blp.response(200, schemas.Team(many=True))
    def get(self) -> Any:
        """List your teams by name."""
        return people.mine(current_uow())[1]

    @allow(*KEEPERS)
    @transactional
    @rules_blp.arguments(schemas.NewTeam)
    @rules_blp.response(201, schemas.Team)
    @rules_blp.alt_response(409, "CONFLICT")
    @rules_blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def post(self, new: dict[str, Any]) -> Any:
        """Add a team."""
        team = people.add_team(current_uow(), name=new["name"], members=new["members"])
        etag(team.version)
        return team


@rules_blp.route("/teams/<uuid:team_id>")
class OneTeam(MethodView):
    """One team."""

    @allow(*KEEPERS)
    @transactional
    @rules_blp.arguments(schemas.NewTeam)
    @rules_blp.response(200, schemas.Team)
    @rules_blp.alt_response(404, "NOT_FOUND")
    @rules_blp.alt_response(409, "CONFLICT")
    @rules_blp.alt_response(412, "PRECONDITION_FAILED")
    @rules_blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    @rules_blp.alt_response(428, "PRECONDITION_REQUIRED")
    def put(self, new: dict[str, Any], team_id: UUID) -> Any:
        """Give a team another name or other members."""
        team = people.change_team(
            current_uow(),
            team_id,
            name=new["name"],
            members=new["members"],
            version=require_version(),
        )
        etag(team.version)
        return team

    @allow(*KEEPERS)
    @transactional
    @rules_blp.response(204)
    @rules_blp.alt_response(404, "NOT_FOUND")
    def delete(self, team_id: UUID) -> None:
        """Take a team away, with the rules that name it."""
        people.delete_team(current_uow(), team_id)


@rules_blp.route("/preview")
class Previewed(MethodView):
    """Who would be told."""

    @allow(*KEEPERS)
    @transactional
    @rules_blp.arguments(schemas.PreviewQuery, location="query")
    @rules_blp.response(200, schemas.Preview)
    def get(self, query: dict[str, Any]) -> Any:
        """Read who would be told of something, how, when and by which rule; nobody is told."""
        found = people.preview(
            current_uow(),
            template=query["template"],
            urgency=Urgency(query["urgency"]),
            service_id=query.get("service_id"),
            at=query.get("at"),
        )
        return {
            "mailbox": found.mailbox,
            "webhooks": found.webhooks,
            "people": [
                {
                    "principal": one.principal,
                    "called": found.called(one.principal),
                    "covers": one.covers,
                    "rule_id": one.because and one.because.id,
                    "ways": one.ways,
                }
                for one in found.reached
            ],
        }
