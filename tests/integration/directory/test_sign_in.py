"""Signing in and out as a browser does."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from onward.clock import ManualClock
from onward.contracts.directory import SessionEnded, SignedIn
from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.accounts import Worker
from services.directory.handlers import accounts, entries
from tests.integration.directory.world import OPERATOR, RESPONSE

Told = Callable[[type[Any]], list[Any]]
KIM = Worker(
    id=uuid4(),
    organisation_id=RESPONSE.id,
    username="kim",
    display_name="Kim Lee",
    role=Role.CASEWORKER,
)
PASSWORD = "seven-green-lamps"
HTML = {"Accept": "text/html"}


@pytest.fixture
def browser(app: Flask, running: RunningService) -> FlaskClient:
    with running.database.transaction(actor=OPERATOR) as uow:
        accounts.open_account(uow, KIM, password=PASSWORD)
    return app.test_client()


def form_token(browser: FlaskClient, path: str = "/login") -> str:
    page = browser.get(path, headers=HTML).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def sign_in(browser: FlaskClient, password: str = PASSWORD, **more: str) -> TestResponse:
    form = {
        "csrf_token": form_token(browser),
        "username": "kim",
        "password": password,
        **more,
    }
    return browser.post("/login", data=form, headers=HTML)


def test_the_right_password_opens_the_page_that_was_asked_for(
    browser: FlaskClient, told: Told
) -> None:
    asked = browser.get("/directory?q=house", headers=HTML)
    assert asked.status_code == 303
    assert asked.headers["Location"] == "/login?next=%2Fdirectory%3Fq%3Dhouse"

    answer = sign_in(browser, next="/directory?q=house")

    assert answer.headers["Location"] == "/directory?q=house"
    page = browser.get("/directory?q=house", headers=HTML).get_data(as_text=True)
    assert "Kim Lee, Response" in page
    (signed_in,) = told(SignedIn)
    assert signed_in.organisation_id == RESPONSE.id


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_to_no_other_site(browser: FlaskClient, elsewhere: str) -> None:
    assert sign_in(browser, next=elsewhere).headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_look_the_same(browser: FlaskClient) -> None:
    wrong = sign_in(browser, "seven-green-lamp")
    unknown = sign_in(browser, username="somebody")

    assert wrong.status_code == unknown.status_code == 401
    told = "The username or the password is not right."
    assert told in wrong.get_data(as_text=True)
    assert told in unknown.get_data(as_text=True)


@pytest.mark.parametrize("name", ["", "k" * 5000, "\u202ekim", "' OR 1=1 --"])
def test_a_name_that_nobody_can_have_is_simply_wrong(browser: FlaskClient, name: str) -> None:
    assert sign_in(browser, username=name).status_code == 401


def test_an_organisation_that_leaves_takes_its_people_along(
    browser: FlaskClient, running: RunningService, told: Told
) -> None:
    sign_in(browser)
    with running.database.transaction(actor=OPERATOR) as uow:
        entries.change_organisation(uow, replace(RESPONSE, active=False))

    assert browser.get("/directory", headers=HTML).status_code == 303
    assert len(told(SessionEnded)) == 1
    assert sign_in(browser).status_code == 401


def test_a_form_that_is_not_ours_signs_nobody_in(browser: FlaskClient) -> None:
    answer = browser.post("/login", data={"username": "kim", "password": PASSWORD}, headers=HTML)

    assert answer.status_code == 403
    assert "onward-session" not in answer.headers.get("Set-Cookie", "")


def test_after_ten_wrong_tries_even_the_right_password_has_to_wait(
    browser: FlaskClient, clock: ManualClock
) -> None:
    for _ in range(10):
        sign_in(browser, "guess")

    slowed = sign_in(browser)
    assert slowed.status_code == 429
    assert "Wait 15 minutes" in slowed.get_data(as_text=True)
    clock.advance(timedelta(minutes=16))
    assert sign_in(browser).status_code == 303


def test_signing_in_well_takes_the_wrong_tries_back(browser: FlaskClient) -> None:
    for _ in range(3):
        for _ in range(5):
            sign_in(browser, "guess")
        assert sign_in(browser).status_code == 303
        browser.post("/logout", data={"csrf_token": form_token(browser, "/directory")})


def test_names_and_addresses_of_who_tried_are_kept_as_digests(
    browser: FlaskClient, running: RunningService
) -> None:
    sign_in(browser, "guess")

    with running.engine.connect() as connection:
        rows = str(connection.execute(sa.text("SELECT key, count FROM attempts")).all())
    assert "127.0.0.1" not in rows
    assert "kim" not in rows


def test_signing_out_ends_the_session_on_the_server_too(
    browser: FlaskClient, app: Flask, told: Told
) -> None:
    sign_in(browser)
    stolen = browser.get_cookie("onward-session")
    assert stolen is not None

    out = browser.post("/logout", data={"csrf_token": form_token(browser, "/directory")})

    assert out.headers["Location"] == "/login"
    (ended,) = told(SessionEnded)
    assert ended.organisation_id == RESPONSE.id
    thief = app.test_client()
    thief.set_cookie("onward-session", stolen.value)
    assert thief.get("/directory", headers=HTML).status_code == 303


def test_a_closed_account_lets_nobody_in(browser: FlaskClient, running: RunningService) -> None:
    with running.database.transaction(actor=OPERATOR) as uow:
        accounts.close_account(uow, KIM.id, 1)

    assert sign_in(browser).status_code == 401
