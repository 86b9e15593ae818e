"""Witnesses outside keep and countersign checkpoints: who has seen what is shown, and proved in bundles."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.service import RunningService
from onward_verifier import witness as watching
from onward_verifier.bundles import verify
from onward_verifier.findings import CheckFailedError
from onward_verifier.notes import COSIGNATURE, Key
from services.audit import timers
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import As, Browse, Hear, Own, Rows
from tests.integration.audit.test_tampering import rebuild
from tests.support.serving import served
from tests.unit.audit.story import AUDITOR, HOUSE, HOUSE_LEAD, Story, a_handoff, many_reads

V1 = "/api/v1/audit"
NAME = "watch.example/onward"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = watching.public_key(NAME, PRIVATE)
Countersign = Callable[..., Any]


@pytest.fixture
def auditor(headers_of: As) -> dict[str, str]:
    return headers_of(AUDITOR)


@pytest.fixture
def added(
    client: FlaskClient, auditor: dict[str, str], hear: Hear, running: RunningService
) -> str:
    """Sign the log of a handoff, and let a witness countersign; return its id."""
    hear(a_handoff())
    timers.sign(running)
    body = {"key": PUBLIC, "organisation_id": str(HOUSE)}
    answer = client.post(f"{V1}/witnesses", headers=auditor, json=body)
    assert answer.status_code == 201
    return str(answer.json["id"])  # type: ignore[index]


@pytest.fixture
def countersign(client: FlaskClient, clock: ManualClock, added: str) -> Countersign:
    def send(private: Ed25519PrivateKey = PRIVATE, **changes: Any) -> Any:
        note = client.get(f"{V1}/checkpoint").text
        at = int(clock.now().timestamp()) + changes.pop("ahead", 0)
        line = watching.countersigned(note, NAME, private, at=at)
        body = {"size": int(note.split("\n")[1]), "line": line} | changes
        return client.post(f"{V1}/cosignatures", json=body)

    return send


def test_a_witness_countersigns_and_everybody_sees_what_it_saw(
    client: FlaskClient, countersign: Countersign, auditor: dict[str, str], browse: Browse
) -> None:
    assert client.get(f"{V1}/witnesses", headers=auditor).json[0]["name"] == NAME  # type: ignore[index]
    assert countersign().status_code == 201
    seen = client.get(f"{V1}/witnesses", headers=auditor).json[0]  # type: ignore[index]
    assert (seen["size"], seen["organisation_id"]) == (13, str(HOUSE))
    note = client.get(f"{V1}/checkpoints/13").text
    assert Key.parse(PUBLIC, COSIGNATURE).witnessed(note)
    (listed,) = client.get(f"{V1}/checkpoints", headers=auditor).json  # type: ignore[misc]
    assert listed["cosignatures"][0]["witness_id"] == seen["id"]
    page = browse(HOUSE_LEAD).get("/audit/checkpoints").text
    assert NAME in page
    assert "13 leaves" in page


def test_a_bundle_shows_who_saw_the_log_and_stays_the_same_when_more_is_seen(
    client: FlaskClient,
    countersign: Countersign,
    auditor: dict[str, str],
    notary: Notary,
    hear: Hear,
) -> None:
    countersign()
    hear(many_reads(20))
    body = {"referral_id": str(Story().referral)}
    made = client.post(f"{V1}/exports", headers=auditor, json=body).json
    assert made is not None
    assert countersign().status_code == 201
    bundle = client.get(made["bundle"], headers=auditor).data
    key, witness = Key.parse(str(notary.key)), Key.parse(PUBLIC, COSIGNATURE)
    ((name, size, _),) = verify(bundle, key, [witness]).witnessed
    assert (name, size) == (NAME, 13)
    stranger = watching.public_key(NAME, Ed25519PrivateKey.generate())
    with pytest.raises(CheckFailedError, match="it countersigned no checkpoint in this file"):
        verify(bundle, key, [Key.parse(stranger, COSIGNATURE)])


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"private": Ed25519PrivateKey.from_private_bytes(bytes(32))}, 422, "cosignature-refused"),
        ({"ahead": 3600}, 422, "cosignature-refused"),
        ({"line": "— somebody else"}, 422, "cosignature-refused"),
        ({"size": 12}, 404, "not-found"),
    ],
)
def test_a_countersignature_that_does_not_fit_is_refused(
    countersign: Countersign, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = countersign(**changes)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_only_auditors_and_operators_choose_witnesses_and_each_choice_is_on_record(
    client: FlaskClient, added: str, auditor: dict[str, str], headers_of: As, rows: Rows
) -> None:
    path = f"{V1}/witnesses"
    lead = client.post(path, headers=headers_of(HOUSE_LEAD), json={"key": PUBLIC})
    assert lead.status_code == 403
    assert client.post(path, headers=auditor, json={"key": PUBLIC}).json["code"] == "witness-known"  # type: ignore[index]
    wrong = client.post(path, headers=auditor, json={"key": PUBLIC[:-3]}).json
    assert wrong is not None
    assert wrong["code"] == "witness-key-malformed"
    assert client.delete(f"{path}/{added}", headers=auditor).status_code == 204
    assert client.delete(f"{path}/{added}", headers=auditor).status_code == 404
    assert client.get(path, headers=auditor).json == []
    told = rows("SELECT FROM outbox WHERE key = 'audit.witness-changed.v1'")
    assert len(told) == 2


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the platform to a witness on another machine."""
    with served(app) as address:
        yield address


def test_a_witness_keeps_what_it_sees_and_proves_that_the_log_was_rewritten(  # noqa: PLR0913, PLR0917
    added: str,
    address: str,
    tmp_path: Path,
    notary: Notary,
    clock: ManualClock,
    hear: Hear,
    own: Own,
    running: RunningService,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(watching, "now", lambda: int(clock.now().timestamp()))
    secret = b64encode(bytes(range(32))).decode()
    (tmp_path / "witness.key").write_text(f"PRIVATE {NAME} {secret}\n")
    command = ["watch", address, "--key", str(notary.key), "--folder", str(tmp_path / "kept")]
    command += ["--sign", str(tmp_path / "witness.key")]

    assert watching.main(command) == 0
    hear(many_reads(20))
    timers.sign(running)
    assert watching.main(command) == 0
    assert "over 33 leaves, countersigned" in capsys.readouterr().out
    with running.database.transaction() as uow:
        assert uow.store.witnesses.largest() == 33

    rebuild(running, own, keep=33, without=6)
    own("DELETE FROM checkpoints")
    hear(many_reads(9, name="after"))
    notary.last = None  # the owner of the database holds the signing key too
    timers.sign(running)
    assert watching.main(command) == 1
    assert "BAD: the log of 41 leaves does not begin with the 33" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        "0000000000000013.txt",
        "0000000000000033.txt",
        "fork-33-41.txt",
    ]
