"""The audit pages, as somebody with a browser sees them."""

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from onward.ids import reference
from onward.service import RunningService
from onward_verifier.bundles import verify
from onward_verifier.notes import Key
from services.audit import timers
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import Browse, Hear, Own, Rows
from tests.unit.audit.story import AUDITOR, HOUSE, HOUSE_LEAD, Story, a_handoff, the_house

SAM = Story().referral


@pytest.fixture(autouse=True)
def told(hear: Hear) -> None:
    hear([*the_house(), *a_handoff()])


@pytest.fixture
def auditor(browse: Browse) -> FlaskClient:
    return browse(AUDITOR)


def test_the_first_page_says_whether_the_log_is_whole(
    auditor: FlaskClient, running: RunningService
) -> None:
    assert "Nothing is signed yet" in auditor.get("/audit").text
    timers.sign(running)
    timers.check(running)
    page = auditor.get("/audit").text
    assert "Checked and found whole" in page
    assert "All 17 leaves agree" in page
    assert "has come to leaf 0 of 17" in page


def test_a_referral_is_found_by_its_id(auditor: FlaskClient) -> None:
    answer = auditor.get(f"/audit?referral= {SAM} ")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/audit/trails/{SAM}")
    wrong = auditor.get("/audit?referral=sam")
    assert "There is a problem" in wrong.text
    assert "Enter the referral&#39;s id" in wrong.text


def test_the_trail_is_drawn_and_told_and_proved(auditor: FlaskClient) -> None:
    page = auditor.get(f"/audit/trails/{SAM}").text
    assert "All 13 steps are proved" in page
    assert f"Handoff {reference(Story().handoff)}" in page
    drawing = page[page.index("<svg role=") : page.index("</figure>")]
    assert "<title" in drawing
    assert "<desc" in drawing
    assert ">Response</text>" in drawing
    table = page[page.index("<tbody>") :]
    for said in ("Asked to take the person on", "Read: pack", "Accepted", "after 26 hours"):
        assert said in drawing or said in table
    assert table.count("<tr>") == 13
    assert "style=" not in page


def test_the_evidence_is_downloaded_from_the_trail(auditor: FlaskClient, notary: Notary) -> None:
    page = auditor.get(f"/audit/trails/{SAM}").text
    token = re.search(
        r'action="/audit/trails.*?name="csrf_token" value="([^"]+)"', page, re.DOTALL
    )
    assert token
    file = auditor.post(f"/audit/trails/{SAM}/bundle", data={"csrf_token": token[1]})
    assert file.status_code == 200
    assert verify(file.data, Key.parse(str(notary.key))).leaves == 13


def test_the_trail_is_printed_and_the_reading_of_it_is_on_record(
    auditor: FlaskClient, rows: Rows
) -> None:
    page = auditor.get(f"/audit/trails/{SAM}").text
    assert f'href="/audit/trails/{SAM}/pdf"' in page
    file = auditor.get(f"/audit/trails/{SAM}/pdf")
    assert file.content_type == "application/pdf"
    assert file.data.startswith(b"%PDF-")
    assert file.headers["Content-Disposition"] == f'attachment; filename="onward-{SAM}-17.pdf"'
    reads = "SELECT count(*) FROM outbox WHERE key = 'access.read.v1'"
    assert rows(reads) == [(2,)]


def test_another_page_cannot_make_a_browser_take_evidence(auditor: FlaskClient) -> None:
    assert auditor.post(f"/audit/trails/{SAM}/bundle", data={}).status_code == 403


def test_the_log_is_searched(auditor: FlaskClient) -> None:
    page = auditor.get(f"/audit/entries?organisation={HOUSE}&action=access.&from=2026-11-16").text
    assert page.count("<tr>") == 2 + 1
    assert '<option value="access." selected>' in page
    wrong = auditor.get("/audit/entries?from=tomorrow&referral=x").text
    assert "There is a problem" in wrong
    assert wrong.count('class="nhsuk-error-message"') == 2
    assert "Nothing in the log fits" in auditor.get("/audit/entries?from=2027-01-01").text


def test_each_look_at_a_page_of_records_is_one_read(auditor: FlaskClient, rows: Rows) -> None:
    for path in ("/audit", f"/audit/trails/{SAM}", "/audit/entries"):
        assert auditor.get(path).status_code == 200
    told = rows("SELECT key FROM outbox")
    assert [row.key for row in told] == ["access.read.v1", "access.read.v1"]


def test_a_team_lead_reads_their_own_referrals_trail_and_searches_nothing(
    browse: Browse,
) -> None:
    lead = browse(HOUSE_LEAD)
    assert lead.get(f"/audit/trails/{SAM}").status_code == 200
    assert "Search the whole log" not in lead.get("/audit").text
    html = {"Accept": "text/html"}
    assert lead.get("/audit/entries", headers=html).status_code == 403
    assert lead.get(f"/audit/trails/{uuid4()}", headers=html).status_code == 404


def test_nobody_sees_the_pages_without_signing_in(client: FlaskClient) -> None:
    answer = client.get("/audit", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=%2Faudit")


def test_an_altered_log_is_said_so_on_its_pages(
    auditor: FlaskClient, running: RunningService, own: Own
) -> None:
    timers.sign(running)
    own("UPDATE leaves SET body = body || ' ' WHERE number = 6")
    timers.check(running)
    page = auditor.get("/audit").text
    assert "The log disagrees with what was signed" in page
    assert "first at leaf 6" in page
    trail = auditor.get(f"/audit/trails/{SAM}").text
    assert "1 of 13 steps is not as it was signed" in trail


def test_what_was_searched_for_comes_back_as_text_and_never_as_markup(
    auditor: FlaskClient,
) -> None:
    page = auditor.get("/audit/entries", query_string={"principal": '"><img src=x onerror=go()>'})
    assert "<img src=x" not in page.text
    assert "&#34;&gt;&lt;img src=x" in page.text
    assert "<label" in page.text
    assert "&lt;label" not in page.text
