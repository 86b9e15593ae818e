"""One good request for each route of the notification service that changes something."""

from collections.abc import Callable

from tests.chaos.bodies import telling_rule, webhook
from tests.chaos.filled_town import Town
from tests.chaos.good import COLLEAGUE, KEEPER, V1, Good, N, Route

ROWS: dict[Route, Callable[[Town], Good]] = {
    (N, "POST", f"{V1}/notifications/{{notification_id}}/read"): lambda t: Good(
        actor=KEEPER, path=f"{V1}/notifications/{t.notifications()[0]['id']}/read"
    ),
    (N, "POST", f"{V1}/notifications/read"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/notifications/read",
        json={"ids": [t.notifications()[0]["id"]]},
    ),
    (N, "POST", f"{V1}/webhooks"): lambda _: Good(
        actor=KEEPER, path=f"{V1}/webhooks", json=webhook()
    ),
    (N, "DELETE", f"{V1}/webhooks/{{webhook_id}}"): lambda t: Good(actor=KEEPER, path=t.webhook()),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/enable"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook(enabled=False)}/enable"
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/disable"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook()}/disable"
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/rotate"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook()}/rotate"
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/test"): lambda t: Good(
        actor=KEEPER,
        path=f"{t.webhook()}/test",
        json={"type": "referral.handoff-accepted.v1"},
        may_be_empty=True,
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/replay"): lambda t: Good(
        actor=KEEPER, path=f"{t.webhook()}/replay", json={"since": "2026-11-01T00:00:00Z"}
    ),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/pull"): lambda t: t.pulled(),
    (N, "POST", f"{V1}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/replay"): lambda t: Good(
        actor=KEEPER, path=f"{t.delivery()}/replay"
    ),
    (N, "PUT", f"{V1}/notifications/preferences"): lambda t: Good(
        actor=t.lead(),
        path=f"{V1}/notifications/preferences",
        json={
            "called": "Lee",
            "email": "lee@example.org",
            "phone": "07700 900123",
            "mail_for": ["routine"],
            "text_for": ["urgent"],
            "follow": True,
            "hours": {"days": ["mon"], "begins": "09:00", "ends": "17:00"},
            "digest_at": "16:30",
            "language": "cy",
            "away": {
                "begins": "2026-12-24T00:00:00Z",
                "ends": "2027-01-02T00:00:00Z",
                "cover": COLLEAGUE.principal,
            },
        },
        version=0,
    ),
    (N, "POST", f"{V1}/notifications/unsubscribe/{{token}}"): lambda t: Good(
        actor=None, path=t.unsubscribing(), form={"List-Unsubscribe": "One-Click"}
    ),
    (N, "POST", f"{V1}/subscriptions/rules"): lambda t: Good(
        actor=KEEPER, path=f"{V1}/subscriptions/rules", json=telling_rule(t.lead())
    ),
    (N, "DELETE", f"{V1}/subscriptions/rules/{{rule_id}}"): lambda t: Good(
        actor=KEEPER, path=t.telling(f"{V1}/subscriptions/rules", telling_rule(t.lead()))
    ),
    (N, "POST", f"{V1}/subscriptions/teams"): lambda t: Good(
        actor=KEEPER, path=f"{V1}/subscriptions/teams", json=t.team()
    ),
    (N, "PUT", f"{V1}/subscriptions/teams/{{team_id}}"): lambda t: Good(
        actor=KEEPER,
        path=t.telling(f"{V1}/subscriptions/teams", t.team()),
        json=t.team(),
        version=1,
    ),
    (N, "DELETE", f"{V1}/subscriptions/teams/{{team_id}}"): lambda t: Good(
        actor=KEEPER, path=t.telling(f"{V1}/subscriptions/teams", t.team())
    ),
    (N, "PUT", f"{V1}/subscriptions"): lambda _: Good(
        actor=KEEPER,
        path=f"{V1}/subscriptions",
        json={"mailbox": "desk@example.org", "mail_for": ["urgent"]},
        version=0,
    ),
}
