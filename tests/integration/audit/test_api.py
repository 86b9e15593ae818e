"""The audit API: who may read what, what each read leaves behind, and proofs that a stranger can check."""

import json
from base64 import b64decode
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from onward.clock import ManualClock
from onward.codec import decode
from onward.contracts.access import AccessRefused, RecordRead
from onward.contracts.base import Event
from onward.contracts.directory import OrganisationPublished
from onward.identity import Actor, Role
from onward_verifier.bundles import verify
from onward_verifier.notes import Key
from services.audit.domain import checkpoint, proofs
from services.audit.domain.notes import NoteKey
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import As, Hear, Rows
from tests.unit.audit.story import (
    AUDITOR,
    COORDINATOR,
    HOUSE,
    HOUSE_LEAD,
    HOUSE_WORKER,
    STRANGER,
    WARD,
    Story,
    a_handoff,
    many_reads,
    the_house,
)

SAM = Story().referral
TRAIL = f"/api/v1/audit/trails/{SAM}"
OTHER_LEAD = Actor(principal="worker:other", organisation=STRANGER, role=Role.TEAM_LEAD)


@pytest.fixture(autouse=True)
def told(hear: Hear) -> None:
    hear([*the_house(), *a_handoff()])


@pytest.fixture
def outbox(rows: Rows) -> Any:
    """Return what the service tells the others."""

    def events() -> list[Event]:
        found = rows("SELECT body FROM outbox ORDER BY position")
        return [decode(bytes(row.body)).event for row in found]

    return events


def test_the_auditor_reads_who_did_what_when_and_on_which_basis(
    client: FlaskClient, headers_of: As
) -> None:
    trail = client.get(TRAIL, headers=headers_of(AUDITOR)).json
    assert trail is not None
    assert (len(trail["steps"]), trail["reads"], trail["missing"]) == (13, 2, 0)
    accepted = next(step for step in trail["steps"] if step["title"] == "Accepted")
    assert accepted["who"] == HOUSE_WORKER.principal
    assert accepted["organisation"] == {"id": str(HOUSE), "name": "Response"}
    assert accepted["to"] == {"id": str(WARD), "name": "Oxford Health"}
    assert accepted["service"]["name"] == "Stepdown House"
    assert accepted["basis"] == "direct-care"
    assert accepted["after_seconds"] == 40 * 60
    assert trail["proved"] is True
    assert trail["checkpoint"]["size"] == 17


def test_reading_a_trail_leaves_one_read_and_no_more(
    client: FlaskClient, headers_of: As, outbox: Any, rows: Rows, hear: Hear
) -> None:
    client.get(TRAIL, headers=headers_of(AUDITOR))
    (read,) = outbox()
    assert read == RecordRead(
        about=SAM, referral_id=SAM, what="trail", purpose="audit", records=13
    )
    heard = [decode(bytes(row.body)) for row in rows("SELECT body FROM outbox")]
    hear(heard)  # it comes back over the broker, as everything does
    assert rows("SELECT count(*) FROM leaves") == [(18,)]
    assert rows("SELECT count(*) FROM outbox") == [(1,)]


@pytest.mark.parametrize("actor", [AUDITOR, HOUSE_LEAD])
def test_those_who_answer_for_a_referral_may_read_its_trail(
    client: FlaskClient, headers_of: As, actor: Actor
) -> None:
    assert client.get(TRAIL, headers=headers_of(actor)).status_code == 200


@pytest.mark.parametrize(
    ("actor", "status"), [(COORDINATOR, 403), (OTHER_LEAD, 404), (HOUSE_WORKER, 403)]
)
def test_others_may_not_and_the_refusal_is_on_record(
    client: FlaskClient, headers_of: As, outbox: Any, actor: Actor, status: int
) -> None:
    for path in (TRAIL, f"/api/v1/audit/trails/{uuid4()}"):
        assert client.get(path, headers=headers_of(actor)).status_code == status
    assert [type(event) for event in outbox()] == [AccessRefused, AccessRefused]


def test_a_referral_nobody_told_of_has_no_trail(client: FlaskClient, headers_of: As) -> None:
    answer = client.get(f"/api/v1/audit/trails/{uuid4()}", headers=headers_of(AUDITOR))
    assert answer.status_code == 404


def test_nobody_reads_without_saying_who(client: FlaskClient) -> None:
    for path in (TRAIL, "/api/v1/audit/entries", "/api/v1/audit/witnesses"):
        assert client.get(path).status_code == 401


def test_a_long_trail_comes_page_by_page(client: FlaskClient, headers_of: As) -> None:
    whole = client.get(TRAIL, headers=headers_of(AUDITOR)).json or {}
    leaves: list[int] = []
    path: str | None = f"{TRAIL}?limit=5"
    while path:
        answer = client.get(path, headers=headers_of(AUDITOR))
        leaves += [step["leaf"] for step in (answer.json or {})["steps"]]
        link = answer.headers.get("Link")
        path = link[1:].split(">")[0].removeprefix("http://127.0.0.1:8080") if link else None
    assert len(leaves) == 13
    assert leaves == [step["leaf"] for step in whole["steps"]]


SEARCHES = {
    f"referral={SAM}": 13,
    f"organisation={HOUSE}": 8,
    f"principal={HOUSE_LEAD.principal}": 1,
    "action=referral.handoff-accepted.v1": 1,
    "action=directory.": 6,
    f"referral={SAM}&action=access.&organisation={HOUSE}": 2,
    "from=2026-11-17T00:00:00Z": 2,
    "from=2026-11-16T11:00:00Z&to=2026-11-17T00:00:00Z": 5,
    f"organisation={STRANGER}": 0,
}


def test_the_log_is_searched_by_what_it_says(client: FlaskClient, headers_of: As) -> None:
    found = {
        query: len(
            client.get(f"/api/v1/audit/entries?{query}", headers=headers_of(AUDITOR)).json or []
        )
        for query in SEARCHES
    }
    assert found == SEARCHES


def test_a_search_comes_page_by_page_newest_first(client: FlaskClient, headers_of: As) -> None:
    first = client.get("/api/v1/audit/entries?limit=10", headers=headers_of(AUDITOR))
    assert [entry["leaf"] for entry in first.json or []] == list(range(16, 6, -1))
    path = first.headers["Link"][1:].split(">")[0].removeprefix("http://127.0.0.1:8080")
    second = client.get(path, headers=headers_of(AUDITOR))
    assert [entry["leaf"] for entry in second.json or []] == list(range(6, -1, -1))
    assert "Link" not in second.headers


NO_SEARCHES = (
    "referral=sam",
    "action=DROP TABLE",
    "principal=%0a",
    "from=yesterday",
    "order=up",
    "after=bm9uc2Vuc2U",
    "limit=0",
)


def test_a_search_that_cannot_be_is_refused_and_says_what_to_change(
    client: FlaskClient, headers_of: As
) -> None:
    for query in NO_SEARCHES:
        answer = client.get(f"/api/v1/audit/entries?{query}", headers=headers_of(AUDITOR))
        assert answer.status_code == 422, query
        assert (answer.json or {})["errors"], query


def test_only_auditors_and_operators_search_the_log(client: FlaskClient, headers_of: As) -> None:
    for actor in (HOUSE_LEAD, COORDINATOR):
        answer = client.get("/api/v1/audit/entries", headers=headers_of(actor))
        assert answer.status_code == 403


def test_anybody_gets_the_checkpoint_and_the_key_and_they_fit(
    client: FlaskClient, notary: Notary
) -> None:
    note = client.get("/api/v1/audit/checkpoint")
    key = client.get("/api/v1/audit/key")
    assert note.content_type == key.content_type == "text/plain; charset=utf-8"
    name, _, encoded = key.text.strip().split("+", 2)
    published = NoteKey(name=name, public=b64decode(encoded)[1:])
    assert published == notary.key
    head = checkpoint.head_of(note.text, published)
    assert head is not None
    assert head.size == 17
    assert head.origin == "127.0.0.1:8080/audit"


def test_a_stranger_can_check_that_a_leaf_is_in_the_log(
    client: FlaskClient, headers_of: As, rows: Rows
) -> None:
    query = "leaf=3&size=17"
    proof = client.get(f"/api/v1/audit/proofs?{query}", headers=headers_of(HOUSE_WORKER)).json
    assert proof is not None
    ((stored,),) = rows("SELECT hash FROM leaves WHERE number = 3")
    assert bytes(stored) == b64decode(proof["hash"])
    assert proofs.is_included(
        3,
        17,
        hashed=b64decode(proof["hash"]),
        path=[b64decode(each) for each in proof["proof"]],
        root=b64decode(proof["root"]),
    )


def test_a_partner_can_check_that_the_log_only_grew(
    client: FlaskClient, headers_of: As, hear: Hear
) -> None:
    hear(many_reads(30))
    proof = client.get("/api/v1/audit/proofs?from=17&to=47", headers=headers_of(HOUSE_WORKER)).json
    assert proof is not None
    assert proofs.is_consistent(
        17,
        47,
        old_root=b64decode(proof["from_root"]),
        new_root=b64decode(proof["to_root"]),
        path=[b64decode(each) for each in proof["proof"]],
    )


NO_PROOFS = {
    "leaf=17&size=17": "leaf-outside-tree",
    "leaf=0&size=18": "size-beyond-log",
    "from=9&to=8": "sizes-out-of-order",
    "from=0&to=18": "size-beyond-log",
    "leaf=1": "invalid",
    "leaf=1&size=2&from=1&to=2": "invalid",
    "": "invalid",
    "leaf=-1&size=4": "invalid",
}


def test_a_proof_that_cannot_be_is_refused(client: FlaskClient, headers_of: As) -> None:
    for query, code in NO_PROOFS.items():
        answer = client.get(f"/api/v1/audit/proofs?{query}", headers=headers_of(HOUSE_WORKER))
        assert (answer.status_code, (answer.json or {})["code"]) == (422, code), query


def _export(client: FlaskClient, headers: dict[str, str]) -> Any:
    return client.post("/api/v1/audit/exports", json={"referral_id": str(SAM)}, headers=headers)


def test_a_bundle_is_made_fetched_and_checked_by_a_program_that_knows_only_the_key(
    client: FlaskClient, headers_of: As, hear: Hear, notary: Notary, clock: ManualClock
) -> None:
    made = _export(client, headers_of(HOUSE_LEAD))
    assert made.status_code == 201
    hear(many_reads(5))  # the log goes on; the bundle stays what it was
    file = client.get(made.json["bundle"], headers=headers_of(HOUSE_LEAD))
    assert file.content_type == "application/jsonl"
    assert file.headers["Content-Disposition"].startswith("attachment")
    result = verify(file.data, Key.parse(str(notary.key)))
    assert (result.referral, result.leaves, result.size) == (str(SAM), 13, 17)
    assert (result.document or b"").startswith(b"%PDF-")
    listed = client.get("/api/v1/audit/exports", headers=headers_of(HOUSE_LEAD)).json
    assert [each["id"] for each in listed or []] == [made.json["id"]]


def test_a_bundle_fetched_again_has_the_print_that_was_sealed_whatever_anybody_is_called_since(
    client: FlaskClient, headers_of: As, hear: Hear
) -> None:
    headers = headers_of(HOUSE_LEAD)
    made = _export(client, headers).json
    first = client.get(made["bundle"], headers=headers).data
    renamed = OrganisationPublished(
        organisation_id=HOUSE, name="Harbour House", kind="charity", mailbox="team@example.org"
    )
    hear([Story(name="renamed").tell(renamed, Actor.service("elsewhere"), source="elsewhere")])
    assert client.get(made["bundle"], headers=headers).data == first
    assert sha256(first).hexdigest() == made["sha256"]


def test_a_bundle_is_for_those_who_may_read_the_trail(client: FlaskClient, headers_of: As) -> None:
    made = _export(client, headers_of(HOUSE_LEAD)).json
    assert _export(client, headers_of(OTHER_LEAD)).status_code == 404
    for path in (f"/api/v1/audit/exports/{made['id']}", made["bundle"]):
        assert client.get(path, headers=headers_of(OTHER_LEAD)).status_code == 404
        assert client.get(path, headers=headers_of(AUDITOR)).status_code == 200
    assert client.get("/api/v1/audit/exports", headers=headers_of(OTHER_LEAD)).json == []


def test_the_same_request_for_a_bundle_makes_one(
    client: FlaskClient, headers_of: As, rows: Rows
) -> None:
    headers = headers_of(HOUSE_LEAD) | {"Idempotency-Key": "once"}
    first, again = _export(client, headers), _export(client, headers)
    assert first.json == again.json
    assert rows("SELECT count(*) FROM exports") == [(1,)]


def test_every_look_at_evidence_is_on_record_but_asking_for_proofs_is_not(
    client: FlaskClient, headers_of: As, outbox: Any
) -> None:
    headers = headers_of(AUDITOR)
    made = _export(client, headers).json
    for path in (
        "/api/v1/audit/exports",
        f"/api/v1/audit/exports/{made['id']}",
        made["bundle"],
        "/api/v1/audit/entries",
        "/api/v1/audit/proofs?leaf=0&size=1",
        "/api/v1/audit/checkpoint",
        "/api/v1/audit/key",
    ):
        assert client.get(path, headers=headers).status_code == 200
    reads = [event.what for event in outbox() if isinstance(event, RecordRead)]
    assert reads == ["export", "exports", "export", "export", "entries"]


def test_no_answer_holds_more_than_the_log_may(client: FlaskClient, headers_of: As) -> None:
    trail = client.get(TRAIL, headers=headers_of(AUDITOR)).text
    assert "example.org" not in trail
    assert "team@" not in json.dumps(trail)


def test_the_description_of_the_api_is_valid(client: FlaskClient) -> None:
    document = client.get("/api/v1/audit/openapi.json").json
    assert document is not None
    validate(document)
    assert set(document["paths"]) == {
        "/api/v1/audit/trails/{referral_id}",
        "/api/v1/audit/stalls",
        "/api/v1/audit/entries",
        "/api/v1/audit/cases",
        "/api/v1/audit/cases/{case_id}",
        "/api/v1/audit/cases/{case_id}/checkpoint",
        "/api/v1/audit/cases/{case_id}/file",
        "/api/v1/audit/cases/{case_id}/notes",
        "/api/v1/audit/cases/{case_id}/referrals",
        "/api/v1/audit/checkpoint",
        "/api/v1/audit/checkpoints",
        "/api/v1/audit/checkpoints/{size}",
        "/api/v1/audit/completeness",
        "/api/v1/audit/cosignatures",
        "/api/v1/audit/key",
        "/api/v1/audit/proofs",
        "/api/v1/audit/reports/{name}",
        "/api/v1/audit/reports/{name}/file",
        "/api/v1/audit/reports/{name}/manifest",
        "/api/v1/audit/witnesses",
        "/api/v1/audit/witnesses/{witness_id}",
        "/api/v1/audit/exports",
        "/api/v1/audit/exports/{export_id}",
        "/api/v1/audit/exports/{export_id}/bundle",
    }
