"""What a person's browser meets: sessions, forms, headers, error pages."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts.directory import SessionEnded
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.service import RunningService
from onward.settings import Settings
from onward.web.access import routes_that_say_nothing
from onward.web.app import create_app
from onward.web.sessions import begin_session, remember_ended_sessions
from onward.web.tokens import issue_access_token, issue_session, read_session
from tests.integration.web import sample
from tests.integration.web.conftest import RESPONSE, AsSystem, Rows

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def hidden(page: str) -> dict[str, str]:
    """Return a form's hidden fields."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.split("<main")[1]))


def test_an_unknown_browser_is_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    sent = client.get("/inbox?filter=mine", headers=PAGE)

    assert sent.status_code == 303
    assert sent.headers["Location"] == "/login?next=%2Finbox%3Ffilter%3Dmine"


def test_a_worker_sees_their_own_way_around_and_nothing_is_kept(worker: FlaskClient) -> None:
    page = worker.get("/inbox", headers=PAGE)
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    assert "Kim, Response" in text
    assert '<a class="onward-navigation__link" href="/inbox" aria-current="page">Inbox</a>' in text
    assert "/audit" not in text
    assert page.headers["Cache-Control"] == "no-store"
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_pages_hold_no_inline_script_or_style(worker: FlaskClient) -> None:
    text = worker.get("/showcase", headers=PAGE).get_data(as_text=True)

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)


def test_a_form_of_ours_works_once_however_often_it_is_sent(
    worker: FlaskClient, rows: Rows
) -> None:
    form = {**hidden(worker.get("/inbox", headers=PAGE).text), "text": "hello"}
    answers = [worker.post("/inbox", data=form, headers=PAGE) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(rows("SELECT id FROM notes")) == 1
    assert "Written." in worker.get("/inbox", headers=PAGE).text


def test_a_form_changed_and_sent_again_is_another_request(worker: FlaskClient, rows: Rows) -> None:
    form = hidden(worker.get("/inbox", headers=PAGE).text)
    worker.post("/inbox", data={**form, "text": "hello"}, headers=PAGE)
    refused = worker.post("/inbox", data={**form, "text": "other"}, headers=PAGE)

    assert refused.status_code == 422
    assert [row.text for row in rows("SELECT text FROM notes")] == ["hello"]


def test_a_form_that_says_no_changes_nothing(worker: FlaskClient, rows: Rows) -> None:
    form = {**hidden(worker.get("/inbox", headers=PAGE).text), "text": "half"}

    assert worker.post("/inbox", data=form, headers=PAGE).status_code == 422
    assert rows("SELECT id FROM notes") == []


@pytest.mark.parametrize(
    ("token", "site"), [("", "same-origin"), ("forged", "same-origin"), (None, "cross-site")]
)
def test_a_form_of_somebody_else_is_refused(
    worker: FlaskClient, rows: Rows, token: str | None, site: str
) -> None:
    form = {**hidden(worker.get("/inbox", headers=PAGE).text), "text": "hello"}
    if token is not None:
        form["csrf_token"] = token
    refused = worker.post("/inbox", data=form, headers={**PAGE, "Sec-Fetch-Site": site})

    assert refused.status_code == 403
    assert "reload the page" in refused.text
    assert rows("SELECT id FROM notes") == []


def test_a_session_cookie_cannot_change_things_through_the_api_without_a_form_token(
    worker: FlaskClient, rows: Rows
) -> None:
    token = hidden(worker.get("/inbox", headers=PAGE).text)["csrf_token"]
    refused = worker.post("/api/v1/notes", json={"text": "forged"})
    taken = worker.post("/api/v1/notes", json={"text": "ours"}, headers={"X-CSRFToken": token})

    assert (refused.status_code, taken.status_code) == (403, 201)
    assert [row.text for row in rows("SELECT text FROM notes")] == ["ours"]


def test_a_session_lasts_while_it_is_used_and_never_beyond_twelve_hours(
    worker: FlaskClient, clock: ManualClock
) -> None:
    for _ in range(51):
        clock.advance(timedelta(minutes=14))
        assert worker.get("/inbox", headers=PAGE).status_code == 200

    clock.advance(timedelta(minutes=14))
    over = worker.get("/inbox", headers=PAGE)
    assert over.status_code == 303
    assert worker.get_cookie("onward-session") is None


def test_a_session_left_alone_for_fifteen_minutes_is_over(
    worker: FlaskClient, clock: ManualClock
) -> None:
    clock.advance(timedelta(minutes=15))

    assert worker.get("/inbox", headers=PAGE).status_code == 303


def test_an_event_stream_does_not_keep_a_session_alive(
    worker: FlaskClient, clock: ManualClock
) -> None:
    for _ in range(2):
        clock.advance(timedelta(minutes=8))
        answer = worker.get("/inbox", headers={"Accept": "text/event-stream"})

    assert answer.status_code == 401


def test_a_session_that_ended_elsewhere_is_refused_here(
    worker: FlaskClient, running: RunningService, settings: Settings, clock: ManualClock
) -> None:
    cookie = worker.get_cookie("onward-session")
    assert cookie is not None
    session = read_session(settings, cookie.value, at=clock.now())
    ended = SessionEnded(
        session_id=session.id, organisation_id=RESPONSE, expires_at=session.ends_at
    )
    envelope = Envelope(
        id=uuid4(),
        source="directory",
        sequence=1,
        occurred_at=clock.now(),
        correlation_id=uuid4(),
        causation_id=None,
        actor=session.actor,
        event=ended,
    )
    for _ in range(2):
        with running.database.transaction() as uow:
            remember_ended_sessions(uow, [envelope])

    assert worker.get("/inbox", headers=PAGE).status_code == 303


def test_a_session_token_is_no_access_token_and_the_other_way_round(
    client: FlaskClient, settings: Settings, clock: ManualClock
) -> None:
    actor = Actor(principal="worker:kim", organisation=RESPONSE, role=Role.CASEWORKER)
    session = issue_session(settings, begin_session(actor, at=clock.now()))
    bearer = {"Authorization": f"Bearer {session}"}
    client.set_cookie("onward-session", issue_access_token(settings, actor, at=clock.now()))

    assert client.get("/api/v1/notes", headers=bearer).json["code"] == "token-invalid"  # type: ignore[index]
    assert client.get("/inbox", headers=PAGE).status_code == 303


def test_an_error_page_tells_a_person_what_to_quote_and_nothing_else(client: FlaskClient) -> None:
    page = client.get("/broken", headers=PAGE)

    assert page.status_code == 500
    assert page.headers["X-Correlation-Id"] in page.text
    assert "Something went wrong on our side" in page.text
    assert "Sam" not in page.text


def test_the_stylesheet_is_kept_for_ever_under_its_own_digest(client: FlaskClient) -> None:
    page = client.get("/nowhere", headers=PAGE).text
    (address,) = re.findall(r'href="(/static/\w+/onward.css)"', page)
    sheet = client.get(address)
    old = client.get("/static/0000/onward.css")

    assert sheet.status_code == 200
    assert sheet.content_type.startswith("text/css")
    assert "immutable" in sheet.headers["Cache-Control"]
    assert old.headers["Cache-Control"] == "public, max-age=60"
    assert client.get("/static/0000/..%2fapp.py").status_code == 404


def test_over_https_cookies_insist_on_it(
    running: RunningService, settings: Settings, clock: ManualClock
) -> None:
    running.settings = replace(settings, public_url="https://onward.example")
    client = sample.make_app(running).test_client()
    actor = Actor(principal="worker:kim", organisation=RESPONSE, role=Role.CASEWORKER)
    begun = begin_session(actor, at=clock.now())
    client.set_cookie("__Host-onward", issue_session(running.settings, begun), secure=True)
    clock.advance(timedelta(minutes=2))
    page = client.get("/inbox", headers=PAGE, base_url="https://localhost")

    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"]
    cookies = page.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-onward")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_a_database_that_is_away_is_said_so_with_when_to_come_back(
    running: RunningService, settings: Settings, as_system: AsSystem
) -> None:
    gone = settings.database_url.rpartition("/")[0] + "/nowhere"
    away = RunningService(
        service=sample.SERVICE, settings=replace(settings, database_url=gone), clock=running.clock
    )
    client = sample.make_app(away).test_client()
    answer = client.get("/api/v1/notes", headers=as_system())

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "database-away"
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/notes/readyz").status_code == 503
    assert client.get("/notes/livez").status_code == 200
    away.close()


def test_a_route_that_does_not_say_who_may_ask_stops_the_start(running: RunningService) -> None:
    silent = Blueprint("silent", __name__)
    silent.get("/silent")(lambda: "open to all?")

    with pytest.raises(TypeError, match="GET /silent"):
        create_app(running, api=[], pages=[silent])


def test_every_route_of_the_kit_says_who_may_ask(app: Flask) -> None:
    assert routes_that_say_nothing(app) == []
