"""The stack's secrets are fresh, apart from each other, and only where they are needed."""

import base64
import hashlib
import importlib.util
import json
import re
import ssl
from pathlib import Path
from typing import Any

import pytest

from onward.topology import hearers, tether

SOURCE = Path(__file__).parents[3] / "deploy" / "make_secrets.py"
SERVICES = ("directory", "referral", "notification", "audit")


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lend the script as a module."""
    spec = importlib.util.spec_from_file_location("make_secrets", SOURCE)
    assert spec
    assert spec.loader
    monkeypatch.syspath_prepend(SOURCE.parent)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_making_them_again_changes_none(maker: Any, tmp_path: Path) -> None:
    maker.make(tmp_path)
    before = contents(tmp_path)
    assert maker.make(tmp_path) == []
    assert contents(tmp_path) == before


def test_two_installations_share_no_secret(maker: Any, tmp_path: Path) -> None:
    maker.make(tmp_path / "one")
    maker.make(tmp_path / "two")
    first, second = (set(contents(tmp_path / name).values()) for name in ("one", "two"))
    assert len(first) > len(SERVICES)
    assert not first & second


def test_no_other_user_of_the_machine_can_enter_the_folder(maker: Any, tmp_path: Path) -> None:
    maker.make(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_a_service_is_given_no_other_ones_logins_and_no_owners(maker: Any, tmp_path: Path) -> None:
    maker.make(tmp_path)
    given = {
        service: set(re.findall(r"[0-9a-f]{64}", "\n".join(contents(tmp_path / service).values())))
        for service in SERVICES
    }
    shared = (tmp_path / "shared" / "secret_key").read_text()
    for service in SERVICES:
        for other in set(SERVICES) - {service}:
            assert given[service] & given[other] == {shared}
        owner = (tmp_path / "postgres" / service / "owner_password").read_text()
        assert owner not in given[service]


def test_only_the_referral_service_holds_the_keys_to_peoples_records(
    maker: Any, tmp_path: Path
) -> None:
    maker.make(tmp_path)
    key = (tmp_path / "referral" / "vault_keys").read_text()
    assert [name for name, text in contents(tmp_path).items() if key in text] == [
        "referral/vault_keys"
    ]


def test_only_the_audit_service_can_sign_checkpoints(maker: Any, tmp_path: Path) -> None:
    maker.make(tmp_path)
    key = (tmp_path / "shared" / "signing_key").read_text()
    holders = {name for name, text in contents(tmp_path).items() if key in text}
    assert holders == {"shared/signing_key", "audit/signing_key"}


def test_the_broker_knows_each_service_by_its_password_and_no_guest(
    maker: Any, tmp_path: Path
) -> None:
    maker.make(tmp_path)
    users = {
        user["name"]: user["password_hash"]
        for user in json.loads((tmp_path / "definitions.json").read_text())["users"]
    }
    assert set(users) == {*SERVICES, "operator", "administrator"}
    for name, kept in users.items():
        raw = base64.b64decode(kept)
        password = (tmp_path / "rabbitmq" / name).read_bytes()
        assert hashlib.sha256(raw[:4] + password).digest() == raw[4:]


def test_a_service_may_tell_only_in_its_own_name(maker: Any) -> None:
    made = maker.definitions(dict.fromkeys(SERVICES, "password"), "password", "password")
    rules = {rule["user"]: re.compile(rule["write"]) for rule in made["topic_permissions"]}
    assert rules["referral"].search("referral.handoff-requested.v1")
    assert rules["referral"].search("access.read.v1")
    assert not rules["referral"].search("audit.tampering-found.v1")
    assert not rules["referral"].search("referrals-of-another.v1")


def test_a_service_reads_only_its_own_queue(maker: Any) -> None:
    made = maker.definitions(dict.fromkeys(SERVICES, "password"), "password", "password")
    readable = {rule["user"]: re.compile(rule["read"]) for rule in made["permissions"]}
    for service in SERVICES:
        for queue in ("onward.{}", "onward.intake.{}"):
            seen = {name for name in SERVICES if readable[service].search(queue.format(name))}
            assert seen == {service}


def test_a_service_ties_only_itself_to_queues(maker: Any) -> None:
    made = maker.definitions(dict.fromkeys(SERVICES, "password"), "password", "password")
    for rule in made["permissions"]:
        if rule["user"] not in SERVICES:
            continue
        ties = [tether(teller, hearer).name for teller in SERVICES for hearer in hearers(teller)]
        own = [name for name in ties if name.split(".")[2] == rule["user"]]
        for right in ("configure", "read"):
            assert [name for name in ties if re.search(rule[right], name)] == own


def test_nobody_but_partners_may_speak_where_partners_speak(maker: Any) -> None:
    made = maker.definitions(dict.fromkeys(SERVICES, "password"), "password", "password")
    for rule in made["permissions"]:
        assert not re.search(rule["write"], "onward.intake")


def test_partners_can_tell_the_broker_from_whoever_stands_between(
    maker: Any, tmp_path: Path
) -> None:
    maker.make(tmp_path / "ours", ["broker.example.org", "192.0.2.7"])
    maker.make(tmp_path / "theirs", ["broker.example.org"])
    for name in ("broker.example.org", "192.0.2.7", "localhost"):
        assert shake_hands(tmp_path / "ours", trusting=tmp_path / "ours", called=name)
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        shake_hands(tmp_path / "theirs", trusting=tmp_path / "ours", called="broker.example.org")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"other\.example\.org"):
        shake_hands(tmp_path / "ours", trusting=tmp_path / "ours", called="other.example.org")


def test_the_brokers_certificate_is_renewed_under_the_authority_that_partners_have(
    maker: Any, tmp_path: Path
) -> None:
    maker.make(tmp_path)
    authority = (tmp_path / "broker" / "authority.pem").read_text()
    (tmp_path / "broker" / "certificate.pem").unlink()
    maker.make(tmp_path, ["broker.example.org"])
    assert (tmp_path / "broker" / "authority.pem").read_text() == authority
    assert shake_hands(tmp_path, trusting=tmp_path, called="broker.example.org")


def test_no_container_holds_the_authoritys_key(maker: Any, tmp_path: Path) -> None:
    maker.make(tmp_path)
    key = (tmp_path / "authority" / "key.pem").read_text()
    assert {name for name, text in contents(tmp_path).items() if key in text} == {
        "authority/key.pem"
    }


def shake_hands(secrets: Path, *, trusting: Path, called: str) -> str | None:
    """Let a client speak TLS to a server with *secrets*, in memory; return the version they agree on."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(secrets / "broker" / "certificate.pem", secrets / "broker" / "key.pem")
    client = ssl.create_default_context(cafile=trusting / "administrator" / "authority.pem")
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname=called),
        server.wrap_bio(there, back, server_side=True),
    ]
    waiting = list(ends)
    while waiting:
        end = waiting.pop(0)
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(end)
    return ends[0].version()
