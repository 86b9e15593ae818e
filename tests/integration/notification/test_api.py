"""The notification service's API: who sees and may do what."""

import base64
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from onward.identity import Actor, Role
from tests.integration.notification.conftest import As, Hear, Rows, World
from tests.integration.notification.story import (
    ANN,
    AUD,
    CRM,
    EVE,
    KIM,
    LEE,
    RESPONSE,
    accepted,
    requested,
    tampering,
)
from tests.support.receiver import Receiver

NOTICES = "/api/v1/notifications"
WEBHOOKS = "/api/v1/webhooks"


@pytest.fixture
def ask(client: FlaskClient, proof: As) -> Any:
    """Ask as somebody; return status and body."""

    def send(who: Actor, method: str, path: str, **options: Any) -> tuple[int, Any]:
        headers = {**proof(who), **options.pop("headers", {})}
        answer = client.open(path, method=method, headers=headers, **options)
        return answer.status_code, answer.json if answer.data else None

    return send


def test_each_organisation_sees_its_own_side_of_a_handoff(
    directory: None, hear: Hear, ask: Any
) -> None:
    request = requested()
    hear(request, accepted(request))
    _, house = ask(KIM, "GET", NOTICES)
    _, ward = ask(ANN, "GET", NOTICES)
    _, strangers = ask(EVE, "GET", NOTICES)
    assert [each["text"] for each in house] == ["New referral for Stepdown House"]
    assert [each["text"] for each in ward] == ["Stepdown House has accepted your referral"]
    assert strangers == []
    assert house[0]["referral_id"] == str(request.referral_id)
    assert house[0]["href"] == f"/referrals/{request.referral_id}"
    assert "Oxford Health AMHT" in house[0]["detail"]


def test_looking_is_recorded(directory: None, hear: Hear, ask: Any, rows: Rows) -> None:
    hear(requested())
    ask(KIM, "GET", NOTICES)
    ((body,),) = rows("SELECT convert_from(body, 'utf8') FROM outbox WHERE key = 'access.read.v1'")
    assert '"what":"notifications"' in body
    assert "worker:kim" in body


def test_each_worker_marks_for_themself(directory: None, hear: Hear, ask: Any) -> None:
    hear(requested(), requested(), requested())
    _, (newest, _, oldest) = ask(KIM, "GET", NOTICES)
    status, marked = ask(KIM, "POST", f"{NOTICES}/{oldest['id']}/read")
    assert (status, marked["read"]) == (200, True)
    assert len(ask(KIM, "GET", f"{NOTICES}?unread=true")[1]) == 2
    assert len(ask(LEE, "GET", f"{NOTICES}?unread=true")[1]) == 3
    assert ask(KIM, "POST", f"{NOTICES}/read", json={"up_to": newest["id"]}) == (
        200,
        {"marked": 2, "missing": []},
    )
    assert ask(KIM, "GET", f"{NOTICES}?unread=true")[1] == []
    ids = [newest["id"], oldest["id"]]
    assert ask(LEE, "POST", f"{NOTICES}/read", json={"ids": ids}) == (
        200,
        {"marked": 2, "missing": []},
    )
    assert ask(LEE, "POST", f"{NOTICES}/read", json={"ids": ids}) == (
        200,
        {"marked": 0, "missing": []},
    )


def test_what_came_after_the_page_was_read_stays_unread(
    directory: None, hear: Hear, ask: Any
) -> None:
    hear(requested())
    _, (seen,) = ask(KIM, "GET", NOTICES)
    hear(requested())
    ask(KIM, "POST", f"{NOTICES}/read", json={"up_to": seen["id"]})
    assert len(ask(KIM, "GET", f"{NOTICES}?unread=true")[1]) == 1


def test_another_organisations_notice_is_not_there(directory: None, hear: Hear, ask: Any) -> None:
    hear(requested())
    _, (notice,) = ask(KIM, "GET", NOTICES)
    assert ask(EVE, "POST", f"{NOTICES}/{notice['id']}/read")[0] == 404
    assert ask(EVE, "POST", f"{NOTICES}/read", json={"up_to": notice["id"]})[0] == 404
    assert ask(EVE, "POST", f"{NOTICES}/read", json={"ids": [notice["id"]]})[1] == {
        "marked": 0,
        "missing": [notice["id"]],
    }
    assert len(ask(KIM, "GET", f"{NOTICES}?unread=true")[1]) == 1


def test_an_alarm_is_seen_by_those_whose_work_it_is(directory: None, hear: Hear, ask: Any) -> None:
    hear(tampering())
    assert [each["template"] for each in ask(AUD, "GET", NOTICES)[1]] == ["tampering-found"]
    assert ask(EVE, "GET", NOTICES)[1] == []


def test_a_long_list_comes_in_pages_without_gaps_though_more_arrives(
    directory: None, hear: Hear, client: FlaskClient, proof: As
) -> None:
    hear(*[requested() for _ in range(7)])
    seen: list[str] = []
    url: str | None = f"{NOTICES}?limit=3"
    while url:
        answer = client.get(url, headers=proof(KIM))
        seen += [each["id"] for each in answer.json or []]
        link = answer.headers.get("Link", "")
        url = link.partition(">")[0].removeprefix("<http://127.0.0.1:8080") or None
        hear(requested())
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": [], "up_to": str(RESPONSE)}, {"all": True}]
)
def test_a_mark_that_says_nothing_clear_is_refused(ask: Any, body: dict[str, Any]) -> None:
    status, problem = ask(KIM, "POST", f"{NOTICES}/read", json=body)
    assert status == 422
    assert problem["code"] == "invalid"


def test_nobody_without_proof_and_no_caseworker_reaches_webhooks(
    client: FlaskClient, ask: Any
) -> None:
    assert client.get(WEBHOOKS).status_code == 401
    assert ask(KIM, "GET", WEBHOOKS)[0] == 403
    assert ask(AUD, "POST", WEBHOOKS, json={})[0] == 403


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/", "webhook-not-https"),
        ("https://169.254.169.254/", "webhook-address"),
        ("https://example.org:8443/", "webhook-port"),
        ("https://a:b@example.org/", "webhook-url"),
    ],
)
def test_an_address_that_must_not_be_reached_is_refused(ask: Any, url: str, code: str) -> None:
    status, problem = ask(CRM, "POST", WEBHOOKS, json={"url": url, "events": ["*"]})
    assert (status, problem["code"]) == (422, code)


def test_a_secret_is_shown_once(world: World, ask: Any) -> None:
    made = world.add_webhook()
    assert made["secret"].startswith("whsec_")
    for path in (WEBHOOKS, f"{WEBHOOKS}/{made['id']}"):
        status, shown = ask(LEE, "GET", path)
        assert status == 200
        assert "secret" not in str(shown)


def test_a_secret_shown_again_to_a_repeated_request_is_in_no_table_as_it_is(
    ask: Any, receiver: Receiver, rows: Rows
) -> None:
    new = {"url": receiver.url, "events": ["*"]}
    once = {"Idempotency-Key": "first-webhook"}
    status, made = ask(CRM, "POST", WEBHOOKS, json=new, headers=once)
    assert (status, ask(CRM, "POST", WEBHOOKS, json=new, headers=once)) == (201, (201, made))
    plain = base64.b64decode(made["secret"].removeprefix("whsec_"))
    for (table,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        for (row,) in rows(f"SELECT row_to_json({table})::text FROM {table}"):
            for shape in (made["secret"], made["secret"].encode().hex(), plain.hex()):
                assert shape not in row, table


def test_the_same_address_twice_and_too_many_addresses_are_refused(
    world: World, ask: Any, receiver: Receiver
) -> None:
    world.add_webhook()
    again = {"url": receiver.url, "events": ["*"]}
    assert ask(CRM, "POST", WEBHOOKS, json=again)[1]["code"] == "endpoint-exists"
    assert ask(EVE, "POST", WEBHOOKS, json=again)[0] == 201
    for number in range(19):
        world.add_webhook(f"{receiver.origin}/{number}")
    one_more = {"url": f"{receiver.origin}/more", "events": ["*"]}
    assert ask(CRM, "POST", WEBHOOKS, json=one_more)[1]["code"] == "too-many-endpoints"


def test_another_organisations_webhook_is_not_there(world: World, ask: Any) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}"
    assert ask(EVE, "GET", path)[0] == 404
    assert ask(EVE, "DELETE", path)[0] == 404
    for action in ("enable", "disable", "rotate", "test"):
        assert ask(EVE, "POST", f"{path}/{action}")[0] == 404
    assert ask(EVE, "GET", f"{path}/deliveries")[0] == 404


def test_the_delivery_log_shows_each_attempt_and_a_replay_sends_it_again(
    world: World, ask: Any, receiver: Receiver
) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}"
    receiver.answer = lambda _: 500
    world.hear(requested())
    world.deliver()
    _, (delivery,) = ask(LEE, "GET", f"{path}/deliveries")
    assert delivery["status"] == "waiting"
    assert delivery["due_at"] is not None
    (attempt,) = delivery["attempts"]
    assert (attempt["status_code"], attempt["code"]) == (500, "http-500")
    receiver.answer = lambda _: 204
    status, again = ask(LEE, "POST", f"{path}/deliveries/{delivery['id']}/replay")
    assert (status, again["status"]) == (202, "waiting")
    world.deliver()
    _, (delivery,) = ask(LEE, "GET", f"{path}/deliveries")
    assert delivery["status"] == "delivered"
    assert [each["code"] for each in delivery["attempts"]] == [None, "http-500"]
    assert len({call.id for call in receiver.calls}) == 1
    other = world.add_webhook(receiver.origin + "/other")["id"]
    wrong = f"{WEBHOOKS}/{other}/deliveries/{delivery['id']}/replay"
    assert ask(LEE, "POST", wrong)[0] == 404


def test_a_test_event_arrives_signed_whatever_was_subscribed_to(
    world: World, ask: Any, receiver: Receiver
) -> None:
    new = {"url": receiver.url, "events": ["referral.handoff-accepted.v1"]}
    _, webhook = ask(CRM, "POST", WEBHOOKS, json=new)
    assert ask(CRM, "POST", f"{WEBHOOKS}/{webhook['id']}/test")[0] == 202
    world.deliver()
    assert receiver.calls[0].said["type"] == "webhook.test.v1"


def test_a_webhook_switched_off_hears_nothing_and_takes_no_test(
    world: World, ask: Any, receiver: Receiver
) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}"
    world.hear(requested())
    assert ask(LEE, "POST", f"{path}/disable")[1]["status"] == "disabled"
    assert ask(LEE, "POST", f"{path}/test")[1]["code"] == "endpoint-disabled"
    world.hear(requested())
    world.deliver()
    assert receiver.calls == []
    assert ask(LEE, "POST", f"{path}/enable")[1]["status"] == "enabled"
    _, (missed,) = ask(LEE, "GET", f"{path}/deliveries")
    assert (missed["status"], missed["code"]) == ("given_up", "endpoint-disabled")
    ask(LEE, "POST", f"{path}/deliveries/{missed['id']}/replay")
    world.deliver()
    assert len(receiver.calls) == 1


def test_a_deleted_webhook_is_gone_and_its_secret_forgotten(
    world: World, ask: Any, rows: Rows
) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}"
    assert ask(LEE, "DELETE", path) == (204, None)
    assert ask(LEE, "GET", path)[0] == 404
    assert rows("SELECT status, secret, old_secret FROM endpoints") == [("deleted", None, None)]
    world.add_webhook()  # the address is free again


def test_who_changed_where_messages_go_is_told_to_the_audit_log(
    world: World, ask: Any, rows: Rows
) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}"
    for action in ("rotate", "disable", "enable"):
        ask(LEE, "POST", f"{path}/{action}")
    ask(LEE, "DELETE", path)
    told = rows(
        "SELECT convert_from(body, 'utf8')::jsonb -> 'data' ->> 'change' FROM outbox"
        " WHERE key = 'notification.webhook-changed.v1' ORDER BY position"
    )
    assert [change for (change,) in told] == [
        "created",
        "rotated",
        "disabled",
        "enabled",
        "deleted",
    ]


def test_an_organisation_chooses_its_mailbox_and_what_it_is_written_about(
    directory: None, world: World, ask: Any, rows: Rows
) -> None:
    path = "/api/v1/subscriptions"
    everything = ["routine", "urgent", "emergency"]
    assert ask(KIM, "GET", path)[1] == {
        "mailbox": None,
        "mail_for": everything,
        "language": "en",
    }
    choice = {"mailbox": "duty@response.test", "mail_for": ["emergency", "urgent"]}
    assert ask(KIM, "PUT", path, json=choice)[0] == 403
    assert ask(LEE, "PUT", path, json=choice)[0] == 428
    first = {"If-Match": '"0"'}
    assert ask(LEE, "PUT", path, json=choice, headers=first)[0] == 200
    assert ask(LEE, "PUT", path, json=choice, headers=first)[0] == 412
    assert ask(KIM, "GET", path)[1]["mail_for"] == ["urgent", "emergency"]
    world.hear(requested(), requested("urgent"))
    assert rows("SELECT urgency FROM messages WHERE channel = 'email'") == [("urgent",)]


@pytest.mark.parametrize(
    "mailbox", ["", "not an address", "a@b", "a@b.test\r\nBcc: c@d.test", "Sam <sam@b.test>"]
)
def test_a_mailbox_that_is_none_is_refused(ask: Any, mailbox: str) -> None:
    choice = {"mailbox": mailbox, "mail_for": []}
    headers = {"If-Match": '"0"'}
    assert ask(LEE, "PUT", "/api/v1/subscriptions", json=choice, headers=headers)[0] == 422


def test_the_openapi_document_is_valid_and_complete(client: FlaskClient) -> None:
    document = client.get("/api/v1/notification/openapi.json").json
    assert document is not None
    validate(document)
    for path, methods in document["paths"].items():
        for method in methods.keys() & {"get", "post", "put", "delete"}:
            assert methods[method].get("summary"), (method, path)
            assert methods[method].get("responses"), (method, path)


def test_a_worker_whose_organisation_is_nobody_sees_nothing(ask: Any) -> None:
    nobody = Actor(principal="worker:nobody", organisation=None, role=Role.OPERATOR)
    assert ask(nobody, "GET", NOTICES) == (200, [])
    assert ask(nobody, "GET", WEBHOOKS)[0] == 404
