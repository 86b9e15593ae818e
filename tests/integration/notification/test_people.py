"""Workers told beside their organisation: rules, teams, placements, covers, roles, receipts."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from onward.clock import ManualClock
from onward.contracts.directory import PlacementPublished, SignedIn
from onward.identity import Actor, Role
from onward.service import RunningService
from services.notification.timers.mail import send_mail
from tests.integration.notification.conftest import PREFERENCES, Ask, Hear, Prefer, Rows, World
from tests.integration.notification.story import (
    ANN,
    CRM,
    EVE,
    GUEST,
    HOUSE,
    KIM,
    LEE,
    MORNING,
    RESPONSE,
    STRANGERS,
    Told,
    account,
    requested,
)
from tests.support.smtp import MailServer

RULES = "/api/v1/subscriptions/rules"
PREVIEW = "/api/v1/subscriptions/preview"


def test_a_rule_tells_a_role_by_the_address_each_gave(
    staff: None,
    ask: Ask,
    prefer: Prefer,
    hear: Hear,
    running: RunningService,
    mail_server: MailServer,
) -> None:
    prefer(LEE, email="lee@response.test")
    prefer(KIM, email="kim@response.test")
    ask(LEE, "POST", RULES, json={"whom": "role", "name": "team_lead"}, status=201)
    hear(requested())
    send_mail(running)
    assert {mail.to for mail in mail_server.mails} == {"office@response.test", "lee@response.test"}
    (mail,) = mail_server.sent_to("lee@response.test")
    assert "Oxford Health AMHT asks Stepdown House" in mail.text
    assert "Oxford Health AMHT asks Stepdown House" in mail.html
    assert "/notifications/settings" in mail.text


def test_the_same_event_again_tells_nobody_twice(
    staff: None, prefer: Prefer, hear: Hear, told: Told, rows: Rows
) -> None:
    prefer(LEE, email="lee@response.test", follow=True)
    envelope = told(requested())
    hear(envelope)
    hear(envelope)
    assert rows("SELECT count(*) FROM messages WHERE principal IS NOT NULL") == [(1,)]


def test_a_preview_says_who_would_be_told_and_tells_nobody(
    staff: None, ask: Ask, prefer: Prefer, rows: Rows, world: World
) -> None:
    world.add_webhook()
    prefer(LEE, called="Lee", email="lee@response.test")
    rule = ask(LEE, "POST", RULES, json={"whom": "role", "name": "team_lead"}, status=201)
    about = {"whom": "person", "name": "worker:kim", "service_id": str(HOUSE)}
    ask(LEE, "POST", RULES, json=about, status=201)
    asked = {"template": "handoff-requested"}
    other = ask(LEE, "GET", PREVIEW, query_string=asked | {"service_id": str(UUID(int=9))})
    assert [one["called"] for one in other["people"]] == ["Lee"]
    found = ask(LEE, "GET", PREVIEW, query_string=asked)
    assert found["mailbox"] == "office@response.test"
    assert found["webhooks"] == 1
    lee, kim = found["people"]
    assert (lee["called"], lee["rule_id"]) == ("Lee", rule["id"])
    assert [way["channel"] for way in lee["ways"]] == ["email"]
    assert (kim["principal"], kim["ways"]) == ("worker:kim", [])
    assert rows("SELECT 1 FROM messages") == []


def test_a_team_is_told_until_it_is_taken_away_with_its_rules(staff: None, ask: Ask) -> None:
    new = {"name": "Duty desk", "members": ["worker:kim"]}
    team = ask(LEE, "POST", "/api/v1/subscriptions/teams", json=new, status=201)
    ask(LEE, "POST", RULES, json={"whom": "team", "name": team["id"]}, status=201)
    asked = {"template": "offer-lapsed", "urgency": "urgent"}
    (kim,) = ask(LEE, "GET", PREVIEW, query_string=asked)["people"]
    assert kim["principal"] == "worker:kim"
    path = f"/api/v1/subscriptions/teams/{team['id']}"
    both = {"name": "Duty desk", "members": ["worker:kim", "worker:lee"]}
    ask(LEE, "PUT", path, json=both, headers={"If-Match": '"1"'})
    assert len(ask(LEE, "GET", PREVIEW, query_string=asked)["people"]) == 2
    ask(LEE, "DELETE", path, status=204)
    assert ask(LEE, "GET", RULES) == []
    ask(EVE, "DELETE", path, status=404)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"whom": "role", "name": "captain"}, "whom-unknown"),
        ({"whom": "person", "name": "worker:eve"}, "whom-unknown"),
        ({"whom": "team", "name": str(uuid4())}, "whom-unknown"),
    ],
)
def test_a_rule_names_nobody_who_is_not_there(
    staff: None, ask: Ask, said: dict[str, str], code: str
) -> None:
    assert ask(LEE, "POST", RULES, json=said, status=422)["code"] == code


def test_a_worker_who_sits_in_a_team_elsewhere_sees_and_hears_it_until_the_placement_ends(
    staff: None, ask: Ask, prefer: Prefer, hear: Hear, clock: ManualClock, rows: Rows
) -> None:
    hear(
        PlacementPublished(
            placement_id=uuid4(),
            principal=GUEST.principal,
            employer=STRANGERS,
            host=RESPONSE,
            starts_at=MORNING - timedelta(days=1),
            ends_at=MORNING + timedelta(hours=1),
        )
    )
    prefer(GUEST, email="guest@strangers.test", follow=True)
    hear(requested())
    (notice,) = ask(GUEST, "GET", "/api/v1/notifications")
    assert notice["team"] == "Response"
    assert rows("SELECT principal FROM messages WHERE principal IS NOT NULL") == [
        (GUEST.principal,)
    ]
    ask(GUEST, "POST", f"/api/v1/notifications/{notice['id']}/read")
    clock.advance(timedelta(hours=1))
    hear(requested())
    assert ask(GUEST, "GET", "/api/v1/notifications") == []
    ask(GUEST, "POST", f"/api/v1/notifications/{notice['id']}/read", status=404)
    assert len(rows("SELECT 1 FROM messages WHERE principal IS NOT NULL")) == 1


def test_a_cover_is_a_colleague_and_is_told_instead(
    staff: None, ask: Ask, prefer: Prefer, hear: Hear, rows: Rows
) -> None:
    away = {"begins": (MORNING - timedelta(days=1)).isoformat(), "cover": "worker:eve"}
    first = {"If-Match": '"0"'}
    refused = ask(LEE, "PUT", PREFERENCES, json={"away": away}, headers=first, status=422)
    assert refused["code"] == "cover-unknown"
    prefer(KIM, email="kim@response.test")
    prefer(LEE, email="lee@response.test", follow=True, away={**away, "cover": "worker:kim"})
    hear(requested())
    assert rows("SELECT principal FROM messages WHERE principal IS NOT NULL") == [("worker:kim",)]


def test_a_closed_account_hears_nothing_and_a_late_sign_in_does_not_open_it(
    staff: None,
    prefer: Prefer,
    hear: Hear,
    rows: Rows,
    running: RunningService,
    mail_server: MailServer,
) -> None:
    prefer(LEE, email="lee@response.test", follow=True)
    hear(requested())
    hear(account(LEE, "closed"))
    hear(Told()(SignedIn(session_id=uuid4(), organisation_id=RESPONSE), by=LEE))
    hear(requested())
    send_mail(running)
    assert mail_server.sent_to("lee@response.test") == []
    assert rows("SELECT status FROM messages WHERE principal IS NOT NULL") == [("skipped",)]


def test_another_role_is_told_to_whoever_has_it_and_to_who_leads_there(
    world: World, staff: None, ask: Ask, prefer: Prefer, told: Told, mail_server: MailServer
) -> None:
    prefer(KIM, email="kim@response.test")
    world.hear(told(account(replace(KIM, role=Role.EDITOR), "changed"), by=LEE))
    send_mail(world.running)
    (mail,) = mail_server.mails
    assert mail.to == "kim@response.test"
    assert "What you may do for your organisation was changed." in mail.text
    for who, sees in ((LEE, 1), (KIM, 0), (EVE, 0)):
        found = [one["template"] for one in ask(who, "GET", "/api/v1/notifications")]
        assert found.count("role-changed") == sees


@pytest.mark.parametrize(
    ("change", "template"),
    [("opened", "system-let-in"), ("renewed", "system-renewed"), ("closed", "system-shut-out")],
)
def test_a_teams_lead_is_told_who_may_act_for_their_organisation_but_not_of_a_directory_being_loaded(
    staff: None, ask: Ask, hear: Hear, told: Told, change: str, template: str
) -> None:
    hear(told(account(CRM, change), by=Actor.service("directory")))
    assert ask(LEE, "GET", "/api/v1/notifications?unread=true") == []
    hear(told(account(CRM, change), by=EVE))
    (notice,) = ask(LEE, "GET", "/api/v1/notifications?unread=true")
    assert (notice["template"], notice["urgency"]) == (template, "urgent")
    assert ask(KIM, "GET", "/api/v1/notifications") == []


def test_the_sender_sees_whether_the_other_side_was_told_and_a_stranger_does_not(
    world: World,
    staff: None,
    ask: Ask,
    prefer: Prefer,
    running: RunningService,
    mail_server: MailServer,
) -> None:
    world.add_webhook()
    prefer(LEE, email="lee@response.test", follow=True)
    request = requested()
    world.hear(request)
    mail_server.manners.answers["RCPT"] = "550 no such mailbox"
    send_mail(running)
    world.deliver()
    asked = {"query_string": {"handoff_id": str(request.handoff_id)}}
    path = "/api/v1/notifications/receipts"
    found = ask(ANN, "GET", path, **asked)
    assert sorted((one["channel"], one["personal"], one["status"]) for one in found) == [
        ("email", False, "given_up"),
        ("email", True, "given_up"),
        ("inbox", False, "unread"),
        ("webhook", False, "delivered"),
    ]
    assert "lee" not in str(found)
    (notice,) = ask(KIM, "GET", "/api/v1/notifications")
    ask(KIM, "POST", f"/api/v1/notifications/{notice['id']}/read")
    assert "read" in {one["status"] for one in ask(ANN, "GET", path, **asked)}
    assert ask(EVE, "GET", path, **asked) == []
    assert ask(KIM, "GET", path, **asked) == [], "what it was told itself is in its inbox"


def test_a_choice_made_on_an_old_one_and_a_system_are_refused(
    staff: None, ask: Ask, prefer: Prefer
) -> None:
    prefer(LEE, email="lee@response.test")
    stale = ask(LEE, "PUT", PREFERENCES, json={}, headers={"If-Match": '"0"'}, status=412)
    assert stale["code"] == "stale-version"
    ask(CRM, "GET", PREFERENCES, status=403)
