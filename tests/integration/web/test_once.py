"""A POST with a key takes effect once, however often and however concurrently it is sent."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.web.conftest import OTHER, AsSystem, Rows

NOTES = "/api/v1/notes"


def test_the_same_request_again_is_answered_the_same_and_changes_nothing(
    client: FlaskClient, as_system: AsSystem, rows: Rows
) -> None:
    headers = {**as_system(), "Idempotency-Key": "handoff-1"}
    first = client.post(NOTES, json={"text": "once"}, headers=headers)
    again = client.post(NOTES, json={"text": "once"}, headers=headers)

    assert (again.status_code, again.data) == (first.status_code, first.data)
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(rows("SELECT id FROM notes")) == 1
    assert len(rows("SELECT id FROM outbox")) == 1


def test_a_key_used_for_something_else_is_refused(
    client: FlaskClient, as_system: AsSystem, rows: Rows
) -> None:
    headers = {**as_system(), "Idempotency-Key": "handoff-1"}
    client.post(NOTES, json={"text": "once"}, headers=headers)
    refused = client.post(NOTES, json={"text": "twice"}, headers=headers)

    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["code"] == "idempotency-key-reused"
    assert len(rows("SELECT id FROM notes")) == 1


def test_another_organisation_may_use_the_same_key(
    client: FlaskClient, as_system: AsSystem, rows: Rows
) -> None:
    for organisation in (None, OTHER):
        caller = as_system(organisation=organisation) if organisation else as_system()
        headers = {**caller, "Idempotency-Key": "handoff-1"}
        assert client.post(NOTES, json={"text": "once"}, headers=headers).status_code == 201

    assert len(rows("SELECT id FROM notes")) == 2


@pytest.mark.parametrize("text", ["refuse me", "break"])
def test_a_refusal_is_not_remembered(
    client: FlaskClient, as_system: AsSystem, rows: Rows, text: str
) -> None:
    headers = {**as_system(), "Idempotency-Key": "handoff-1"}
    refused = client.post(NOTES, json={"text": text}, headers=headers)
    later = client.post(NOTES, json={"text": "mended"}, headers=headers)

    assert refused.status_code in {409, 500}
    assert later.status_code == 201
    assert len(rows("SELECT id FROM notes")) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "caf\u00e9"])
def test_a_key_that_cannot_be_kept_is_refused(
    client: FlaskClient, as_system: AsSystem, key: str
) -> None:
    headers = {**as_system(), "Idempotency-Key": key}

    assert client.post(NOTES, json={"text": "once"}, headers=headers).status_code == 400


def test_eight_at_once_have_one_effect_and_one_answer(
    app: Flask, as_system: AsSystem, rows: Rows
) -> None:
    headers = {**as_system(), "Idempotency-Key": "handoff-1"}
    together = threading.Barrier(8)

    def send(_: int) -> tuple[int, bytes, bool]:
        together.wait()
        answer = app.test_client().post(NOTES, json={"text": "once"}, headers=headers)
        return answer.status_code, answer.data, "Idempotency-Replayed" in answer.headers

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))

    assert {(status, body) for status, body, _ in answers} == {(201, answers[0][1])}
    assert sum(not replayed for _, _, replayed in answers) == 1
    assert len(rows("SELECT id FROM notes")) == 1
    assert len(rows("SELECT id FROM outbox")) == 1
