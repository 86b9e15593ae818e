"""Case files: kept, come back to, shown with what changed since, and taken away as one file."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from onward.contracts import access
from onward.identity import Role
from onward_verifier.cases import verify_case
from onward_verifier.findings import CheckFailedError
from onward_verifier.notes import Key
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import As, Browse, Hear, Own, Rows
from tests.unit.audit.story import AUDITOR, HOUSE_LEAD, HOUSE_WORKER, STRANGER, Story, a_handoff

V1 = "/api/v1/audit/cases"
SAM = Story()
TITLE = "What happened to Quillfeather"
ELSEWHERE = replace(AUDITOR, organisation=STRANGER)
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient, headers_of: As, hear: Hear) -> Ask:
    hear(a_handoff())

    def asked(method: str, path: str = "", actor: Any = AUDITOR, **body: Any) -> Any:
        return client.open(
            f"{V1}{path}", method=method, headers=headers_of(actor), json=body or None
        )

    return asked


@pytest.fixture
def case(ask: Ask) -> str:
    """Return a case file on Sam's referral and on everything that was read or refused."""
    search = {"action": "access."}
    made = ask("POST", title=TITLE, search=search, referrals=[str(SAM.referral)])
    assert made.status_code == 201, made.json
    return str(made.json["id"])


def something_happens(hear: Hear) -> None:
    """Let Sam's referral be read once more, and somebody else be refused."""
    told = a_handoff()
    before = max(
        each.sequence
        for each in told
        if (each.subject, each.event.stream) == (SAM.referral, "access")
    )
    read = access.RecordRead(
        about=SAM.referral, referral_id=SAM.referral, what="pack", purpose="direct-care"
    )
    refused = access.AccessRefused(about=uuid4(), what="pack", code="not-found")
    hear([Story(name="another").tell(refused, HOUSE_WORKER)])
    hear([replace(Story().tell(read, HOUSE_WORKER), sequence=before + 1)])


def test_what_changed_since_is_shown_until_somebody_takes_note(
    ask: Ask, case: str, hear: Hear
) -> None:
    opened = ask("GET", f"/{case}").json
    assert (opened["case"]["title"], opened["only_grew"], opened["changes"]) == (TITLE, True, [])
    assert opened["referrals"] == [{"referral_id": str(SAM.referral), "leaves": 13, "new": 0}]
    looked = access.RecordRead(about=UUID(case), what="case-file", purpose="audit")
    hear([Story().tell(looked, AUDITOR, source="audit")])
    assert ask("GET", f"/{case}").json["changes"] == []
    something_happens(hear)
    opened = ask("GET", f"/{case}").json
    assert [each["action"] for each in opened["changes"]] == [
        "access.read.v1",
        "access.refused.v1",
    ]
    assert opened["referrals"][0]["new"] == 1
    assert ask("POST", f"/{case}/checkpoint").status_code == 200
    opened = ask("GET", f"/{case}").json
    assert (opened["changes"], opened["referrals"][0]["new"]) == ([], 0)


def test_a_log_that_was_rewritten_since_shows(
    ask: Ask, case: str, own: Own, browse: Browse
) -> None:
    own("UPDATE nodes SET hash = decode(repeat('00', 32), 'hex') WHERE level = 3")
    assert ask("GET", f"/{case}").json["only_grew"] is False
    assert "no longer begins with" in browse(AUDITOR).get(f"/audit/cases/{case}").text
    refused = ask("GET", f"/{case}/file")
    assert (refused.status_code, refused.json["code"]) == (409, "log-not-sound")


def test_it_is_seen_by_the_auditors_of_its_organisation_alone(ask: Ask, case: str) -> None:
    assert [each["id"] for each in ask("GET").json] == [case]
    assert ask("GET", actor=ELSEWHERE).json == []
    for method, path in (("GET", ""), ("GET", "/file"), ("POST", "/checkpoint"), ("DELETE", "")):
        assert ask(method, f"/{case}{path}", actor=ELSEWHERE).status_code == 404
    assert ask("GET", actor=HOUSE_LEAD).status_code == 403
    worker = replace(AUDITOR, role=Role.CASEWORKER)
    assert ask("GET", f"/{case}", actor=worker).status_code == 403


def test_what_does_not_fit_is_refused_with_what_to_change(ask: Ask, case: str) -> None:
    unknown = str(uuid4())
    assert ask("POST", title="Another", referrals=[unknown]).status_code == 404
    assert ask("POST", f"/{case}/referrals", referral_id=unknown).status_code == 404
    assert ask("POST", title=" ").status_code == 422
    assert ask("POST", title="x" * 121).status_code == 422
    assert ask("POST", f"/{case}/notes", text="").status_code == 422
    assert len(ask("GET").json) == 1


def test_no_table_and_no_event_holds_what_was_written_and_nothing_is_left_of_it(
    ask: Ask, case: str, rows: Rows
) -> None:
    note = "Quillfeather was seen.\nBy whom?"
    assert ask("POST", f"/{case}/notes", text=note).status_code == 201
    assert [each["text"] for each in ask("GET", f"/{case}").json["notes"]] == [note]
    for table in ("cases", "case_notes", "outbox", "leaves"):
        found = rows(f"SELECT {table}::text FROM {table}")
        assert found
        assert not any("Quillfeather" in str(row) for row in found)
        assert not any(b"Quillfeather".hex() in str(row) for row in found)
    assert ask("DELETE", f"/{case}").status_code == 204
    assert ask("GET", f"/{case}").status_code == 404
    assert rows("SELECT FROM case_notes") == rows("SELECT FROM cases") == []


def test_it_is_taken_away_as_one_file_that_an_outsider_checks(
    ask: Ask, case: str, hear: Hear, notary: Notary
) -> None:
    ask("POST", f"/{case}/notes", text="To be looked into.")
    something_happens(hear)
    file = ask("GET", f"/{case}/file")
    assert (file.status_code, file.content_type) == (200, "application/zip")
    key = Key.parse(str(notary.key))
    held = verify_case(file.data, key)
    assert (held.case, held.kept) == (case, 13)
    assert [(each.referral, each.leaves) for each in held.bundles] == [(str(SAM.referral), 14)]
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert b"To be looked into." in files["case.json"]
    assert b"access.refused.v1" in files["search.jsonl"]

    for name in sorted(files):
        for changed in (files | {name: files[name][:-2] + b"\n\n"}, _without(files, name)):
            with pytest.raises(CheckFailedError):
                verify_case(_zipped(changed), key)
    with pytest.raises(CheckFailedError, match="it was added"):
        verify_case(_zipped(files | {"referrals/another.jsonl": b""}), key)
    for at in range(0, len(file.data), max(1, len(file.data) // 50)):
        cut = file.data[:at]
        with pytest.raises(CheckFailedError):
            verify_case(cut, key)


def _without(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {each: content for each, content in files.items() if each != name}


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
