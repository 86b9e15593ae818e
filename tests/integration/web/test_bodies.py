"""Hostile and broken bodies: refused at once, with the rule they broke, and without any effect."""

import time

import pytest
from flask.testing import FlaskClient

from tests.integration.web.conftest import AsSystem, Rows

NOTES = "/api/v1/notes"
KEYS = ",".join(f'"k{n}":1' for n in range(501))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"text": "a", "text": "b"}', 400, "json-duplicate-key"),
        (b'{"weight": NaN}', 400, "json-number"),
        (b'{"weight": -Infinity}', 400, "json-number"),
        (b'{"weight": 1e999}', 400, "json-number"),
        (b'{"weight": ' + b"9" * 100_000 + b"}", 400, "json-number"),
        (b'{"text": "\xff\xfe"}', 400, "json-not-utf8"),
        (b'{"text": "\\ud800"}', 400, "json-text"),
        (b'{"text": "\\u0000"}', 400, "json-text"),
        (b'{"text": ', 400, "json-broken"),
        (b"\xef\xbb\xbf{}", 400, "json-broken"),
        (b"[" * 100_000, 400, "json-too-deep"),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400, "json-too-deep"),
        (b"[" * 33 + b"]" * 33, 400, "json-too-deep"),
        (b"{" + KEYS.encode() + b"}", 400, "json-too-many-keys"),
        (b"[]" * 2_000, 400, "json-broken"),
        (b"[" + b"[]," * 80_000 + b"[]]", 400, "json-too-many-lists"),
        (b'"just text"', 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"", 400, "body-missing"),
        (b" " * (256 * 1024 + 1), 413, "body-too-large"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else None,
)
def test_a_body_that_breaks_a_rule_is_refused_by_name(
    client: FlaskClient, as_system: AsSystem, rows: Rows, body: bytes, status: int, code: str
) -> None:
    headers = as_system()
    started = time.perf_counter()
    refused = client.post(NOTES, data=body, content_type="application/json", headers=headers)
    took = time.perf_counter() - started

    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert took < 0.5, "a stranger's body must not buy our time"
    assert rows("SELECT id FROM notes") == []


def test_a_body_of_unstated_length_is_refused_unread(
    client: FlaskClient, as_system: AsSystem
) -> None:
    refused = client.post(
        NOTES,
        content_type="application/json",
        headers={**as_system(), "Transfer-Encoding": "chunked"},
        environ_overrides={"CONTENT_LENGTH": ""},
    )

    assert refused.status_code == 411


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(
    client: FlaskClient, as_system: AsSystem, content_type: str
) -> None:
    refused = client.post(NOTES, data="{}", content_type=content_type, headers=as_system())

    assert refused.status_code == 415


def test_a_route_may_take_a_form_instead(client: FlaskClient) -> None:
    taken = client.post("/api/v1/notes/form", data={"grant_type": "client_credentials"})
    refused = client.post("/api/v1/notes/form", json={"grant_type": "client_credentials"})

    assert taken.json == {"grant_type": "client_credentials"}
    assert refused.status_code == 415


@pytest.mark.parametrize("text", ["a\u202eb", "a\x07b", "line\nbreak", " \t "])
def test_text_that_hides_or_forges_is_refused(
    client: FlaskClient, as_system: AsSystem, text: str
) -> None:
    refused = client.post(NOTES, json={"text": text}, headers=as_system())

    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["errors"][0]["pointer"] == "/text"
