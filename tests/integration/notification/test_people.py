"""Workers told beside their organisation: rules, placements, covers, digests, text messages, receipts."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts.directory import AccountChanged, PlacementPublished, SignedIn
from onward.delivery.outcome import Outcome
from onward.delivery.sms import SENDER, GovUkNotify, Provider, read_url
from onward.identity import Actor, Role
from onward.service import RunningService
from services.notification.timers.mail import send_digests, send_mail
from services.notification.timers.texts import send_texts
from tests.integration.notification.conftest import As, Hear, Rows, World
from tests.integration.notification.story import (
    ANN,
    CRM,
    EVE,
    KIM,
    LEE,
    MORNING,
    RESPONSE,
    STRANGERS,
    Told,
    requested,
)
from tests.support.receiver import Receiver
from tests.support.smtp import MailServer

GUEST = Actor(principal="worker:guest", organisation=STRANGERS, role=Role.CASEWORKER)
PREFERENCES = "/api/v1/notifications/preferences"
RULES = "/api/v1/subscriptions/rules"
PREVIEW = "/api/v1/subscriptions/preview"

Ask = Callable[..., Any]


@dataclass(slots=True)
class Recording:
    """Takes text messages in place of a provider."""

    code: str | None = None
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, *, phone: str, text: str, reference: str) -> Outcome:
        self.sent.append((phone, text, reference))
        return Outcome(code=self.code, final=self.code is not None)


@pytest.fixture
def texts(running: RunningService) -> Recording:
    recording = Recording()
    running.extras[SENDER] = recording
    return recording


@pytest.fixture
def staff(directory: None, hear: Hear, told: Told) -> None:
    """Let the service know who signs in for whom."""
    for who in (KIM, LEE, ANN, EVE, GUEST):
        hear(told(account(who), by=Actor.service("directory")))


def account(who: Actor, change: str = "opened") -> AccountChanged:
    assert who.organisation
    return AccountChanged(
        organisation_id=who.organisation, principal=who.principal, role=who.role, change=change
    )


@pytest.fixture
def ask(client: FlaskClient, proof: As) -> Ask:
    """Ask the API as somebody."""

    def asked(who: Actor, method: str, path: str, *, status: int = 200, **more: Any) -> Any:
        headers = proof(who) | more.pop("headers", {})
        answer = client.open(path, method=method, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json

    return asked


@pytest.fixture
def prefer(ask: Ask) -> Callable[..., None]:
    """Let a worker choose how they are told for the first time."""

    def chosen(who: Actor, **said: Any) -> None:
        ask(who, "PUT", PREFERENCES, json=said, headers={"If-Match": '"0"'})

    return chosen


Prefer = Callable[..., None]


def mine(mail_server: MailServer, mailbox: str) -> list[Any]:
    return [mail for mail in mail_server.mails if mail.to == mailbox]


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
    (mail,) = mine(mail_server, "lee@response.test")
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
    ask(LEE, "POST", RULES, json={"whom": "person", "name": "worker:kim"}, status=201)
    found = ask(LEE, "GET", PREVIEW, query_string={"template": "handoff-requested"})
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
    assert mine(mail_server, "lee@response.test") == []
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


def test_a_digest_gathers_what_is_routine_and_stops_with_one_click(
    staff: None, world: World, prefer: Prefer, mail_server: MailServer, ask: Ask
) -> None:
    running, hear, client = world.running, world.hear, world.client
    prefer(LEE, email="lee@response.test", follow=True, digest_at="16:30")
    hear(requested(), requested(), requested("urgent"))
    send_mail(running)
    send_digests(running)
    (at_once,) = mine(mail_server, "lee@response.test")
    assert at_once.message["Subject"].startswith("Urgent: ")
    world.clock.advance(timedelta(hours=7))
    send_digests(running)
    _, digest = mine(mail_server, "lee@response.test")
    assert digest.message["Subject"] == "Your digest: 2 notifications"
    assert digest.text.count("Oxford Health AMHT asks Stepdown House") == 2
    assert digest.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = digest.message["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8080")
    assert client.get(link).status_code == 303, "to follow it changes nothing"
    hear(requested())
    one_click = {
        "data": "List-Unsubscribe=One-Click",
        "content_type": "application/x-www-form-urlencoded",
    }
    assert client.post(link, **one_click).status_code == 204
    assert client.post(link, **one_click).status_code == 204, "twice is once"
    assert client.post(link + "x", **one_click).status_code == 404
    world.clock.advance(timedelta(days=1))
    send_digests(running)
    assert len(mine(mail_server, "lee@response.test")) == 2
    assert ask(LEE, "GET", PREFERENCES)["mail_for"] == ["urgent", "emergency"]


def test_a_text_message_is_one_line_in_the_workers_language(
    staff: None, prefer: Prefer, hear: Hear, running: RunningService, texts: Recording
) -> None:
    prefer(LEE, phone="07700 900123", follow=True, language="cy")
    request = requested("urgent")
    hear(requested(), request)
    send_texts(running)
    ((phone, text, _),) = texts.sent
    digits = request.handoff_id.hex[:8].upper()
    assert phone == "07700 900123"
    assert text == (
        f"Brys: Atgyfeiriad newydd i Stepdown House ({digits[:4]}-{digits[4:]})."
        f" http://127.0.0.1:8080/referrals/{request.referral_id}"
    )


def test_a_text_message_that_cannot_be_delivered_goes_by_mail(
    staff: None,
    prefer: Prefer,
    hear: Hear,
    running: RunningService,
    mail_server: MailServer,
    rows: Rows,
) -> None:
    prefer(LEE, phone="07700 900123", email="lee@response.test", mail_for=[], follow=True)
    hear(requested("urgent"))
    send_texts(running)
    assert rows("SELECT status, code FROM messages WHERE channel = 'sms'") == [
        ("given_up", "sms-not-set-up")
    ]
    send_mail(running)
    assert len(mine(mail_server, "lee@response.test")) == 1


KEY = "onward-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


def test_govuk_notify_is_given_the_text_and_a_reference_that_stays(receiver: Receiver) -> None:
    template = str(uuid4())
    sender = GovUkNotify(read_url(f"govuk-notify://{template}?key={KEY}&at={receiver.origin}"))
    outcome = sender.send(phone="07700 900123", text="New referral", reference="r-1")
    assert outcome.taken
    (call,) = receiver.calls
    assert call.path == "/v2/notifications/sms"
    assert call.headers["authorization"].startswith("Bearer ey")
    assert call.said == {
        "phone_number": "07700 900123",
        "template_id": template,
        "personalisation": {"text": "New referral"},
        "reference": "r-1",
    }


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (403, False), (429, False), (500, False)]
)
def test_only_a_message_that_is_wrong_itself_is_not_tried_again(
    receiver: Receiver, status: int, *, final: bool
) -> None:
    receiver.answer = lambda _: status
    provider = Provider(template=str(uuid4()), key=KEY, origin=receiver.origin)
    outcome = GovUkNotify(provider).send(phone="1", text="x", reference="r")
    assert (outcome.code, outcome.final) == (f"sms-{status}", final)


def test_while_a_webhook_is_dead_the_mailbox_hears_what_it_chose_not_to(
    world: World, directory: None, ask: Ask, running: RunningService, mail_server: MailServer
) -> None:
    world.add_webhook()
    silent: dict[str, Any] = {"mailbox": None, "mail_for": []}
    ask(LEE, "PUT", "/api/v1/subscriptions", json=silent, headers={"If-Match": '"0"'})
    world.receiver.answer = lambda _: 500
    world.hear(requested())
    for pause in (0, 5, 301, 1801):
        world.clock.advance(timedelta(seconds=pause))
        world.deliver()
    send_mail(running)
    (alarm,) = mail_server.mails
    assert "One of your webhooks does not answer" in alarm.message["Subject"]
    world.hear(requested())
    send_mail(running)
    assert len(mail_server.mails) == 2
    world.receiver.answer = lambda _: 204
    world.clock.advance(timedelta(hours=3))
    world.deliver()
    world.hear(requested())
    send_mail(running)
    assert len(mail_server.mails) == 2, "it answers again: the choice holds again"


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
