"""The pages an integrator reads."""

import re

from flask.testing import FlaskClient

from onward.contracts import declared
from onward.web.reference import explained
from tests.integration.web.conftest import AsSystem


def test_the_overview_links_to_every_event_and_every_problem(client: FlaskClient) -> None:
    page = client.get("/docs").text

    assert set(re.findall(r'href="/docs/events/([^"]+)"', page)) == set(declared())
    assert set(re.findall(r'href="/docs/problems/([^"]+)"', page)) == set(explained())
    assert "/api/v1/referral/openapi.json" in page


def test_every_problem_has_a_page_that_says_what_to_do(client: FlaskClient) -> None:
    for code in explained():
        page = client.get(f"/docs/problems/{code}")
        assert page.status_code == 200, code
        assert "What to do" in page.text, code


def test_a_problem_document_leads_to_its_page(client: FlaskClient, as_system: AsSystem) -> None:
    refused = client.post(
        "/api/v1/notes", data=b"{", headers=as_system(), content_type="application/json"
    )
    assert refused.json is not None
    page = client.get(refused.json["type"].removeprefix("http://127.0.0.1:8080"))

    assert "json-broken" in page.text


def test_an_event_has_a_page_with_its_fields(client: FlaskClient) -> None:
    page = client.get("/docs/events/referral.handoff-requested.v1").text

    assert "Pseudonymous; only the referral service can tell who it is." in page
    assert client.get("/docs/events/nothing.v1").status_code == 404


def test_the_asyncapi_document_is_served(client: FlaskClient) -> None:
    document = client.get("/asyncapi.json").json

    assert document is not None
    assert document["asyncapi"] == "3.0.0"
