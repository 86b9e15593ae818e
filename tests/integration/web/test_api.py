"""What a partner's system meets: identity, refusals, versions, pages of lists."""

from dataclasses import replace
from uuid import UUID, uuid4

import orjson
import pytest
import structlog
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from structlog import contextvars

from onward.clock import ManualClock
from onward.identity import Role
from onward.service import RunningService
from tests.integration.web import sample
from tests.integration.web.conftest import OTHER, RESPONSE, AsSystem, Rows

NOTES = "/api/v1/notes"


def test_a_note_is_written_and_read_back_with_its_version(
    client: FlaskClient, as_system: AsSystem
) -> None:
    written = client.post(NOTES, json={"text": "  Bed 2 is made up "}, headers=as_system())

    assert written.status_code == 201
    assert written.headers["ETag"] == '"1"'
    read = client.get(written.headers["Location"], headers=as_system())
    assert read.json is not None
    assert read.json["text"] == "Bed 2 is made up"
    assert read.headers["ETag"] == '"1"'
    assert read.headers["Cache-Control"] == "no-store"


def test_a_request_without_a_token_is_told_to_prove_who_asks(client: FlaskClient) -> None:
    refused = client.get(NOTES)

    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.json == {
        "type": "http://127.0.0.1:8080/docs/problems/not-signed-in",
        "title": "Nobody has proved who is asking",
        "status": 401,
        "detail": "Sign in, or send an access token.",
        "code": "not-signed-in",
        "instance": f"urn:uuid:{refused.headers['X-Correlation-Id']}",
    }


def test_an_expired_token_says_that_it_expired(
    client: FlaskClient, as_system: AsSystem, clock: ManualClock
) -> None:
    headers = as_system()
    clock.at = clock.at.replace(minute=5)

    assert client.get(NOTES, headers=headers).json["code"] == "token-expired"  # type: ignore[index]


def test_a_role_that_may_not_ask_is_refused_and_audit_hears_of_it(
    client: FlaskClient, as_system: AsSystem, rows: Rows
) -> None:
    refused = client.get(NOTES, headers=as_system(role=Role.EDITOR))

    assert refused.status_code == 403
    assert refused.json is not None
    assert refused.json["code"] == "wrong-role"
    (told,) = rows("SELECT body, correlation_id FROM outbox")
    event = orjson.loads(bytes(told.body))
    assert event["type"] == "uk.onward.access.refused.v1"
    assert event["data"] == {"about": str(RESPONSE), "what": "notes.Notes", "code": "wrong-role"}
    assert event["actor"] == "system:crm"
    assert str(told.correlation_id) == refused.headers["X-Correlation-Id"]


@pytest.mark.parametrize("path", [f"{NOTES}/forbidden", f"{NOTES}/{UUID(int=1)}"])
def test_a_refusal_by_a_rule_is_recorded(
    client: FlaskClient, as_system: AsSystem, rows: Rows, path: str
) -> None:
    assert client.get(path, headers=as_system()).status_code in {403, 404}

    assert [row.key for row in rows("SELECT key FROM outbox")] == ["access.refused.v1"]


def test_an_unknown_address_is_not_an_access_refusal(
    client: FlaskClient, as_system: AsSystem, rows: Rows
) -> None:
    missing = client.get("/api/v1/nothing", headers=as_system())

    assert missing.status_code == 404
    assert missing.json is not None
    assert missing.json["code"] == "not-found"
    assert rows("SELECT key FROM outbox") == []


def test_every_wrong_field_is_named_with_what_to_change(
    client: FlaskClient, as_system: AsSystem
) -> None:
    body = {
        "text": "x" * 201,
        "kind": "cold",
        "tags": ["a", "NOT A CODE"],
        "weight": "3",
        "at": "2026-11-21T09:30:00",
        "colour": "blue",
        "Sam Rivers 999 123 4567": 1,
    }
    refused = client.post(NOTES, json=body, headers=as_system())

    assert refused.status_code == 422
    assert refused.json is not None
    assert {(error["pointer"], error["detail"]) for error in refused.json["errors"]} == {
        ("/text", "Use 200 characters at most."),
        ("/kind", "Use one of: plain, warm."),
        ("/tags/1", "Use a code of lower-case letters, digits and hyphens."),
        ("/weight", "Not a valid integer."),
        ("/at", "Say the offset too, such as 2026-11-21T09:30:00Z."),
        ("/colour", "Unknown field."),
        ("", "A key here is not known."),
    }
    assert b"Rivers" not in refused.data


def test_a_change_decided_on_an_older_version_is_refused(
    client: FlaskClient, as_system: AsSystem
) -> None:
    worker = as_system(role=Role.CASEWORKER)
    place = client.post(NOTES, json={"text": "first"}, headers=worker).headers["Location"]

    missing = client.put(place, json={"text": "second"}, headers=worker)
    anything = client.put(place, json={"text": "second"}, headers={**worker, "If-Match": "*"})
    changed = client.put(place, json={"text": "second"}, headers={**worker, "If-Match": '"1"'})
    stale = client.put(place, json={"text": "third"}, headers={**worker, "If-Match": '"1"'})

    answers = (missing, anything, changed, stale)
    assert [answer.status_code for answer in answers] == [428, 400, 200, 412]
    assert changed.headers["ETag"] == '"2"'
    assert stale.json is not None
    assert stale.json["current_version"] == 2


def test_an_error_of_ours_tells_nothing_but_its_id_and_changes_nothing(
    client: FlaskClient, as_system: AsSystem, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = client.post(NOTES, json={"text": "break"}, headers=as_system())

    assert broken.status_code == 500
    assert b"Sam" not in broken.data
    assert broken.json is not None
    assert broken.json["instance"].endswith(broken.headers["X-Correlation-Id"])
    logged = capsys.readouterr()
    assert "ValueError" in logged.out + logged.err
    assert "Sam" not in logged.out + logged.err
    assert rows("SELECT id FROM notes") == []
    assert rows("SELECT id FROM outbox") == []


def test_a_list_is_walked_page_by_page_without_missing_or_repeating(
    client: FlaskClient, as_system: AsSystem
) -> None:
    for number in range(5):
        client.post(NOTES, json={"text": f"note {number}"}, headers=as_system())

    seen: list[str] = []
    address = f"{NOTES}?limit=2"
    while address:
        page = client.get(address, headers=as_system())
        assert page.json is not None
        seen += [note["text"] for note in page.json]
        link = page.headers.get("Link", "")
        address = link.partition(">")[0].removeprefix("<http://127.0.0.1:8080")

    assert seen == [f"note {number}" for number in range(5)]


@pytest.mark.parametrize(
    "query", ["after=abc", "after=AAAAAAAAAAAAAAAAAAAAAFsxXQ", "limit=0", "x=1"]
)
def test_a_cursor_or_limit_that_we_did_not_give_is_refused(
    client: FlaskClient, as_system: AsSystem, query: str
) -> None:
    refused = client.get(f"{NOTES}?{query}", headers=as_system())

    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["errors"][0]["detail"].startswith(f"query {query.partition('=')[0]}")


def test_a_flood_is_slowed_per_organisation(running: RunningService, as_system: AsSystem) -> None:
    running.settings = replace(running.settings, rate_per_second=0.01, rate_burst=3)
    client = sample.make_app(running).test_client()
    flood = [client.get(NOTES, headers=as_system()) for _ in range(5)]

    assert [answer.status_code for answer in flood] == [200, 200, 200, 429, 429]
    assert int(flood[-1].headers["Retry-After"]) > 1
    assert client.get(NOTES, headers=as_system(organisation=OTHER)).status_code == 200


def test_a_correlation_id_is_kept_and_a_broken_one_replaced(
    client: FlaskClient, as_system: AsSystem, rows: Rows
) -> None:
    mine = str(uuid4())
    kept = client.post(
        NOTES, json={"text": "kept"}, headers={**as_system(), "X-Correlation-Id": mine}
    )
    replaced = client.get(NOTES, headers={**as_system(), "X-Correlation-Id": "1; DROP TABLE"})

    assert kept.headers["X-Correlation-Id"] == mine
    assert [str(row.correlation_id) for row in rows("SELECT correlation_id FROM outbox")] == [mine]
    assert UUID(replaced.headers["X-Correlation-Id"])


def test_a_well_formed_traceparent_travels_with_the_event_and_another_does_not(
    client: FlaskClient, as_system: AsSystem, rows: Rows
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for value in (trace, "00-zz-11-01"):
        headers = {**as_system(), "traceparent": value}
        client.post(NOTES, json={"text": "traced"}, headers=headers)

    told = [orjson.loads(bytes(row.body)) for row in rows("SELECT body FROM outbox")]
    assert [event.get("traceparent") for event in told] == [trace, None]


def test_the_journal_names_routes_and_never_addresses(
    client: FlaskClient, as_system: AsSystem
) -> None:
    secret = uuid4()
    with structlog.testing.capture_logs(processors=[contextvars.merge_contextvars]) as logged:
        answer = client.get(f"{NOTES}/{secret}?name=Sam", headers=as_system())
        client.get("/notes/livez")

    (line,) = logged
    assert (line["event"], line["route"], line["status"]) == (
        "request",
        "/api/v1/notes/<uuid:note_id>",
        404,
    )
    assert line["correlation_id"] == answer.headers["X-Correlation-Id"]
    assert str(secret) not in str(logged)
    assert "Sam" not in str(logged)


def test_the_openapi_document_is_valid_and_describes_problems(client: FlaskClient) -> None:
    document = client.get(f"{NOTES}/openapi.json").json
    assert document is not None

    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["openapi"].startswith("3.1")
    refused = document["components"]["responses"]["UNPROCESSABLE_ENTITY"]
    assert "application/problem+json" in refused["content"]
    written = document["paths"][NOTES]["post"]
    assert written["x-roles"] == ["caseworker", "partner_system"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in written["parameters"]]
    assert {"401", "403", "422", "429", "default"} <= written["responses"].keys()
    assert document["paths"][f"{NOTES}/form"]["post"]["security"] == []


def test_health_tells_whether_the_service_can_work(client: FlaskClient) -> None:
    assert client.get("/notes/livez").json == {"status": "alive"}
    ready = client.get("/notes/readyz")
    assert ready.status_code == 200
    assert ready.json is not None
    assert ready.json["checks"]["database"] == "ok"


def test_metrics_count_requests_by_route_never_by_address(
    client: FlaskClient, as_system: AsSystem
) -> None:
    secret = uuid4()
    client.get(f"{NOTES}/{secret}", headers=as_system())
    text = client.get("/notes/metrics").get_data(as_text=True)

    assert (
        'onward_requests_total{method="GET",route="/api/v1/notes/<uuid:note_id>",status="404"} 1.0'
        in text
    )
    assert "onward_outbox_backlog 1.0" in text
    assert str(secret) not in text
