"""The questions that are asked of the log most: their answers, their files, and who may ask."""

import csv
import hashlib
import io
import json
from typing import Any
from uuid import uuid4, uuid5

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts import access, referral
from onward.service import RunningService
from services.audit.handlers import reporting, writing
from services.audit.storage import tables
from tests.integration.audit.conftest import As, Browse, Hear, Rows
from tests.unit.audit.story import (
    AUDITOR,
    HOUSE_LEAD,
    HOUSE_WORKER,
    SPACE,
    STRANGER,
    WARD,
    Story,
    a_handoff,
    the_house,
)

V1 = "/api/v1/audit/reports"
PERSON = uuid5(SPACE, "person")


@pytest.fixture(autouse=True)
def told(hear: Hear, clock: ManualClock) -> None:
    """Tell of Sam, of somebody else, of a broken glass and of a read that states no purpose."""
    stranger = Story(name="stranger")
    glass = referral.GlassBroken(
        opening_id=uuid4(), reason="life-at-risk", ends_at=clock.now(), **stranger.handoff_facts()
    )
    silent = access.RecordRead(
        about=stranger.referral, referral_id=stranger.referral, what="pack", purpose=""
    )
    hear(
        [
            *the_house(),
            *a_handoff(),
            stranger.requested(person_id=uuid4()),
            stranger.tell(glass, HOUSE_LEAD),
            stranger.tell(silent, HOUSE_WORKER),
        ]
    )


@pytest.fixture
def ask(client: FlaskClient, headers_of: As) -> Any:
    """Ask as an auditor; return what is answered."""
    return lambda path: client.get(f"{V1}/{path}", headers=headers_of(AUDITOR))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"who-saw?person={PERSON}", ["access.read.v1"] * 2),
        (f"who-saw?referral={Story().referral}", ["access.read.v1"] * 2),
        ("who-saw?person=00000000-0000-4000-8000-000000000001", []),
        (f"worker-read?principal={HOUSE_WORKER.principal}", ["access.read.v1"] * 2),
        (f"left?organisation={WARD}", ["referral.pack-disclosed.v1"]),
        (f"left?organisation={STRANGER}", []),
        ("break-glass", ["referral.glass-broken.v1"]),
        ("break-glass?to=2026-11-01T00:00:00Z", []),
        ("without-purpose", ["access.read.v1"]),
    ],
)
def test_each_question_finds_its_leaves(ask: Any, path: str, found: list[str]) -> None:
    assert [each["action"] for each in ask(path).json] == found


def test_a_person_is_told_everything_about_their_own_referrals_and_nothing_else(ask: Any) -> None:
    answer = ask(f"subject-access?person={PERSON}").json
    assert len(answer) == 13
    assert {each["referral_id"] for each in answer} == {str(Story().referral)}


def test_a_report_that_lacks_what_it_needs_says_so(ask: Any, browse: Browse) -> None:
    for name, wanted in (("who-saw", "person or referral"), ("subject-access", "person")):
        refused = ask(name)
        assert (refused.status_code, refused.json["code"]) == (422, "report-filter-missing")
        assert refused.json["detail"] == f"This report needs {wanted}."
    assert ask("gossip").status_code == 404
    assert (
        "Enter the person&#39;s id"
        in browse(AUDITOR).get("/audit/reports/who-saw?person=sam").text
    )


def test_only_those_who_read_everything_may_ask(client: FlaskClient, headers_of: As) -> None:
    for path in ("break-glass", "break-glass/file", "break-glass/manifest"):
        assert client.get(f"{V1}/{path}", headers=headers_of(HOUSE_LEAD)).status_code == 403


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_comes_again_the_same_and_its_manifest_fits(
    ask: Any, hear: Hear, kind: str
) -> None:
    query = f"person={PERSON}&format={kind}"
    file = ask(f"subject-access/file?{query}")
    size = file.headers["Content-Disposition"].split("-")[-1].split(".")[0]
    hear(a_handoff("later"))
    assert ask(f"subject-access/file?{query}&size={size}").data == file.data
    manifest = ask(f"subject-access/manifest?{query}&size={size}").json
    assert manifest["sha256"] == hashlib.sha256(file.data).hexdigest()
    assert (manifest["rows"], manifest["checkpoint"]["size"]) == (13, int(size))
    rows = _rows(file.text, kind)
    leaves = [int(row["leaf"]) for row in rows]
    assert leaves == sorted(leaves, reverse=True)
    assert rows[-1]["action"] == "referral.handoff-requested.v1"
    assert ask(f"subject-access/file?{query}&size=1").status_code == 404


def test_parquet_is_written_group_by_group_and_read_by_others(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    monkeypatch.setattr(reporting, "PAGE", 5)
    file = ask(f"subject-access/file?person={PERSON}&format=parquet")
    assert file.content_type == "application/vnd.apache.parquet"
    read = parquet.ParquetFile(io.BytesIO(file.data))
    assert read.num_row_groups == 3
    rows = read.read().to_pylist()
    lines = ask(f"subject-access/file?person={PERSON}&format=jsonl").text.splitlines()
    for row, line in zip(rows, map(json.loads, lines), strict=True):
        assert row | {"data": json.loads(row["data"])} == line
    manifest = ask(f"subject-access/manifest?person={PERSON}&format=parquet").json
    assert manifest["sha256"] == hashlib.sha256(file.data).hexdigest()
    assert manifest["rows"] == 13


def test_without_the_package_for_parquet_the_answer_says_what_to_ask_for(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "find_spec", lambda _: None)
    for path in ("file", "manifest"):
        answer = ask(f"break-glass/{path}?format=parquet")
        assert (answer.status_code, answer.json["code"]) == (422, "parquet-not-installed")
        assert "csv or jsonl" in answer.json["detail"]


def _rows(text: str, kind: str) -> list[dict[str, Any]]:
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(text)))
    return [json.loads(line) for line in text.splitlines()]


def test_the_pages_offer_ask_and_hand_out(
    browse: Browse, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = browse(AUDITOR)
    assert auditor.get("/audit/reports").text.count("/audit/reports/") == 7
    assert "<table" not in auditor.get("/audit/reports/who-saw").text
    page = auditor.get(f"/audit/reports/who-saw?person={PERSON}&from=2026-11-16").text
    assert page.count("<tr>") == 2 + 1
    assert "as Parquet" in page
    monkeypatch.setattr(writing, "find_spec", lambda _: None)
    assert "as Parquet" not in auditor.get("/audit/reports/break-glass").text
    link = page.split('<a href="/api/v1/audit/reports/who-saw/file?')[1].split('"')[0]
    file = auditor.get(f"{V1}/who-saw/file?{link.replace('&amp;', '&')}")
    assert (file.status_code, file.text.count("access.read.v1")) == (200, 2)
    reads = rows("SELECT FROM outbox WHERE convert_from(body, 'UTF8') LIKE '%:\"report\"%'")
    assert len(reads) == 3


def test_reads_without_a_purpose_are_found_by_their_index(running: RunningService) -> None:
    with running.engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        connection.execute(sa.text("SET LOCAL enable_sort = off"))
        query = sa.select(tables.leaves.c.number).where(sa.and_(tables.WITHOUT_PURPOSE))
        query = query.order_by(tables.leaves.c.number.desc())
        text = query.compile(dialect=connection.dialect)
        plan = connection.execute(sa.text(f"EXPLAIN {text}")).scalars().all()
    assert "ix_leaves_without_purpose" in "".join(plan)


@pytest.mark.parametrize("purpose", ["", "unknown", "unspecified"])
def test_a_purpose_that_says_nothing_is_none(ask: Any, hear: Hear, purpose: str) -> None:
    story = Story(name="silent")
    read = access.RecordRead(
        about=story.referral, referral_id=story.referral, what="pack", purpose=purpose
    )
    before = len(ask("without-purpose").json)
    hear([story.tell(read, HOUSE_WORKER, source="elsewhere")])
    assert len(ask("without-purpose").json) == before + 1
