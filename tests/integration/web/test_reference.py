"""The pages an integrator reads."""

import html
import re

import pytest
from flask.testing import FlaskClient

from onward.contracts import declared
from onward.contracts.intake import INTAKE
from onward.web.api_page import METHODS
from onward.web.reference import explained, programs
from tests.integration.web.conftest import AsSystem
from tests.support.documented import written


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


@pytest.mark.parametrize("path", ["/asyncapi.json", "/docs/asyncapi-services.json"])
def test_the_asyncapi_documents_are_served_and_linked(client: FlaskClient, path: str) -> None:
    document = client.get(path).json

    assert document is not None
    assert document["asyncapi"] == "3.0.0"
    assert f'href="{path}"' in client.get("/docs").text


def test_the_page_of_an_event_shows_what_reaches_a_partners_system(client: FlaskClient) -> None:
    page = html.unescape(client.get("/docs/events/referral.handoff-rejected.v1").text)

    assert '"reason": "no-capacity"' in page
    assert '"type": "uk.onward.referral.handoff-rejected.v1"' in page
    assert "sent-to-wrong-service" not in page
    requested = client.get("/docs/events/referral.handoff-requested.v1").text
    row = re.search(r"<tr><td><code>person_id</code>.*?</tr>", requested)
    assert row
    assert "<td>no</td>" in row[0]
    inside = client.get("/docs/events/directory.place-held.v1").text
    assert "do not hear it" in inside
    assert "What a webhook brings" not in inside


def test_a_partner_finds_programs_that_run_and_what_may_be_sent(client: FlaskClient) -> None:
    page = html.unescape(client.get("/docs").text)

    for program in programs().values():
        compile(program, "program", "exec")
        assert program in page
    for event in INTAKE:
        assert f"<code>{event.name}</code>" in page
        assert event.says in page


def test_the_documentation_holds_the_programs_that_the_page_shows() -> None:
    assert set(programs().values()) == {
        written("docs/partners.md", "standardwebhooks.webhooks"),
        written("docs/partners.md", "pika"),
    }


def test_the_api_of_a_service_is_a_page(client: FlaskClient) -> None:
    page = client.get("/api/v1/notes/docs").text
    document = client.get("/api/v1/notes/openapi.json").json

    assert document
    for path, item in document["paths"].items():
        for method in METHODS:
            assert (f"{method.upper()} {path}<" in page) == (method in item), (method, path)
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page, anchor
