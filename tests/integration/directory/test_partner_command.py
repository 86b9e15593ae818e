"""An operator lets partners' systems in, on the broker too, and shuts them out again."""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import UUID

import pika.exceptions
import pytest
from typer.testing import CliRunner, Result

from onward.broker_users import BrokerUsers, virtual_host
from onward.cli.app import app as onward
from onward.cli.events import app as events
from onward.contracts.directory import AccountChanged, PartnerQueueChanged
from onward.errors import ConflictError, InvalidError, UnauthenticatedError
from onward.service import RunningService
from onward.settings import Settings, SettingsError
from onward.topology import partner_queue
from services.directory.cli.partner import app
from services.directory.handlers.partners import prove_by_secret
from services.directory.handlers.sandboxes import close_sandbox
from tests.integration.directory import world
from tests.integration.directory.conftest import envelopes
from tests.support import queues
from tests.support.backends import Backend
from tests.support.partner import Partner
from tests.support.serving import served

WARD = world.WARD.id


def run(settings: Settings, *words: object, **environ: str) -> Result:
    known = {
        "ONWARD_DIRECTORY_DATABASE_URL": settings.database_url,
        "ONWARD_SECRET_KEY": settings.secret_key,
    }
    return CliRunner().invoke(
        app, [str(word) for word in words], env={**known, **environ}, catch_exceptions=False
    )


def doctor(settings: Settings, **environ: str) -> str:
    """Return what `onward doctor` says, in one line."""
    known = {
        "ONWARD_DIRECTORY_DATABASE_URL": settings.database_url,
        "ONWARD_SECRET_KEY": settings.secret_key,
    }
    done = CliRunner().invoke(onward, ["doctor"], env={**known, **environ})
    return " ".join(done.output.split())


def changes(running: RunningService) -> list[str]:
    return [
        f"{type(event).__name__} {event.change}"
        for event in (one.event for one in envelopes(running))
        if isinstance(event, AccountChanged | PartnerQueueChanged)
    ]


def test_without_a_broker_a_system_is_let_in_over_https(
    running: RunningService, settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "ward.json"
    done = run(settings, "add", WARD, "--name", "Ward records", "--credentials", kept)
    told = json.loads(kept.read_text())
    assert "amqp" not in told
    assert told["client_secret"] not in done.stdout
    with running.database.transaction() as uow:
        assert (
            prove_by_secret(uow, told["client_id"], told["client_secret"]).name == "Ward records"
        )
    assert changes(running) == ["AccountChanged opened"]


def test_a_system_is_let_in_given_a_new_secret_and_shut_out(
    running: RunningService, settings: Settings, tmp_path: Path, backend: Backend, amqp_uri: str
) -> None:
    kept = tmp_path / "ward.json"
    assert backend.management_uri
    broker = {
        "ONWARD_AMQP_URI": amqp_uri,
        "ONWARD_AMQP_MANAGEMENT_URL": backend.management_uri,
    }

    def partner() -> Partner:
        told = json.loads(kept.read_text())
        where = urlsplit(amqp_uri)
        login = f"{told['client_id']}:{told['client_secret']}@{where.hostname}:{where.port}"
        uri = urlunsplit(where._replace(netloc=login))
        return Partner(uri=uri, client_id=told["client_id"], organisation=WARD)

    run(settings, "add", WARD, "--name", "Ward records", "--credentials", kept, **broker)
    first = partner()
    assert nothing_waits(first)
    run(settings, "rotate", first.client_id, "--credentials", kept, **broker)
    second = partner()
    assert nothing_waits(second)
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        nothing_waits(first)
    run(settings, "disable", first.client_id, **broker)
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        nothing_waits(second)
    with running.database.transaction() as uow, pytest.raises(UnauthenticatedError):
        prove_by_secret(uow, first.client_id, json.loads(kept.read_text())["client_secret"])
    with pytest.raises(ConflictError, match="system-closed"):
        run(settings, "rotate", first.client_id, **broker)
    assert sorted(changes(running)) == [
        "AccountChanged closed",
        "AccountChanged opened",
        "AccountChanged renewed",
        "PartnerQueueChanged closed",
        "PartnerQueueChanged opened",
        "PartnerQueueChanged opened",
    ]


def test_a_sandbox_is_opened_with_the_keys_of_both_sides(
    running: RunningService, settings: Settings, tmp_path: Path
) -> None:
    run(settings, "sandbox", WARD, "--credentials", tmp_path / "ward.json")
    mine, other = (
        json.loads((tmp_path / name).read_text()) for name in ("ward.json", "ward-other-side.json")
    )
    assert mine["sandbox"] == other["sandbox"]
    assert "Step-down house (sandbox)" in mine["services"]
    with running.database.transaction() as uow:
        for told in (mine, other):
            assert told["client_id"].startswith("test-")
            system = prove_by_secret(uow, told["client_id"], told["client_secret"])
            assert str(system.organisation_id) == told["organisation"]
            assert str(uow.store.sandboxes.of(system.organisation_id)) == told["sandbox"]


@pytest.mark.parametrize("there", ["ward.json", "ward-other-side.json"])
def test_a_secret_that_nobody_is_told_again_is_not_written_over(
    running: RunningService, settings: Settings, tmp_path: Path, there: str
) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(ConflictError, match="file-there"):
        run(settings, "sandbox", WARD, "--credentials", tmp_path / "ward.json")
    with pytest.raises(ConflictError, match="file-there"):
        run(settings, "add", WARD, "--name", "Ward", "--credentials", tmp_path / there)
    assert changes(running) == []
    assert (tmp_path / there).read_text() == "mine"


def test_a_system_has_a_name(running: RunningService, settings: Settings) -> None:
    with pytest.raises(InvalidError) as refused:
        run(settings, "add", WARD, "--name", " ")
    assert refused.value.errors[0].pointer == "/name"
    assert changes(running) == []


def test_a_sandbox_is_closed_on_the_broker_too(
    running: RunningService, settings: Settings, tmp_path: Path, backend: Backend, amqp_uri: str
) -> None:
    assert backend.management_uri
    broker = {"ONWARD_AMQP_URI": amqp_uri, "ONWARD_AMQP_MANAGEMENT_URL": backend.management_uri}
    kept = tmp_path / "ward.json"
    run(settings, "sandbox", WARD, "--credentials", kept, **broker)
    told = json.loads(kept.read_text())
    where = urlsplit(amqp_uri)
    login = f"{told['client_id']}:{told['client_secret']}@{where.hostname}:{where.port}"
    uri = urlunsplit(where._replace(netloc=login))
    inside = Partner(uri=uri, client_id=told["client_id"], organisation=told["organisation"])
    assert nothing_waits(inside)
    for _ in range(2):  # again takes away what closing it over HTTPS had left
        done = run(settings, "close-sandbox", told["sandbox"], **broker)
        assert "is closed." in done.stdout
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        nothing_waits(inside)
    with running.database.transaction() as uow, pytest.raises(UnauthenticatedError):
        prove_by_secret(uow, told["client_id"], told["client_secret"])


def test_what_a_sandbox_closed_over_https_left_on_the_broker_is_told_and_tidied_up(
    running: RunningService, settings: Settings, tmp_path: Path, backend: Backend, amqp_uri: str
) -> None:
    assert backend.management_uri
    broker = {"ONWARD_AMQP_URI": amqp_uri, "ONWARD_AMQP_MANAGEMENT_URL": backend.management_uri}
    for name in ("sandbox", "stays"):
        words = ("add", WARD, "--name", "Ward") if name == "stays" else ("sandbox", WARD)
        run(settings, *words, "--credentials", tmp_path / name, **broker)
    closed, stays = (json.loads((tmp_path / name).read_text()) for name in ("sandbox", "stays"))
    assert "0 systems that are shut out" in doctor(settings, **broker)
    with running.database.transaction(actor=world.OPERATOR) as uow:
        close_sandbox(uow, UUID(closed["sandbox"]))
    said = doctor(settings, **broker)
    assert "2 systems that are shut out have a user on the broker" in said
    assert "onward partner tidy" in said
    assert f"{closed['client_id']} has no user" in run(settings, "tidy", **broker).stdout
    assert "Nothing is left over." in run(settings, "tidy", **broker).stdout
    assert "0 systems that are shut out" in doctor(settings, **broker)
    with BrokerUsers(backend.management_uri, amqp_uri) as users:
        assert stays["client_id"] in users.names()
        assert closed["client_id"] not in users.names()
        users.shut_out(stays["client_id"])
    with queues.channel(amqp_uri) as channel, pytest.raises(pika.exceptions.ChannelClosedByBroker):
        channel.queue_declare(partner_queue(UUID(closed["organisation"])).name, passive=True)


def test_doctor_asks_nothing_of_a_broker_whose_administrator_it_is_not_told(
    settings: Settings, running: RunningService
) -> None:
    assert "user on the broker" not in doctor(settings)
    with pytest.raises(SettingsError, match="ONWARD_AMQP_MANAGEMENT_URL"):
        run(settings, "tidy")


def test_an_integrator_lets_time_pass_with_the_keys_they_were_given(
    running: RunningService, settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "ward.json"
    run(settings, "sandbox", WARD, "--credentials", kept)
    with served(running.service.create_app(running)) as origin:
        told = json.loads(kept.read_text())
        assert told["base_url"] == settings.public_url
        assert "Step-down house (sandbox)" in told["services"]
        told["token_url"] = f"{origin}/api/v1/oauth/token"
        kept.write_text(json.dumps(told))
        pass_time = ["pass-time", "--hours", "48", "--credentials", str(kept)]
        done = CliRunner().invoke(events, pass_time, catch_exceptions=False)
        assert "48 hours passed there, 48 in all." in done.stdout
        kept.unlink()
        run(settings, "add", WARD, "--name", "Ward records", "--credentials", kept)
        real = json.loads(kept.read_text()) | {"token_url": told["token_url"]}
        kept.write_text(json.dumps(real))
        with pytest.raises(InvalidError, match="not-in-a-sandbox"):
            CliRunner().invoke(events, pass_time, catch_exceptions=False)


def test_a_partner_is_told_where_it_finds_the_broker_and_whom_to_trust(
    settings: Settings, running: RunningService, backend: Backend, amqp_uri: str, tmp_path: Path
) -> None:
    assert backend.management_uri
    kept = tmp_path / "amqp_uri"
    kept.write_text(amqp_uri)
    run(
        settings,
        *("add", WARD, "--name", "Ward records", "--credentials", tmp_path / "ward.json"),
        ONWARD_AMQP_URI_FILE=str(kept),
        ONWARD_AMQP_MANAGEMENT_URL=backend.management_uri,
        ONWARD_AMQP_PARTNER_URL="amqps://broker.example.org",
        ONWARD_AMQP_PARTNER_AUTHORITY="-----BEGIN CERTIFICATE-----",
    )
    amqp = json.loads((tmp_path / "ward.json").read_text())["amqp"]
    assert (amqp["host"], amqp["port"], amqp["tls"]) == ("broker.example.org", 5671, True)
    assert amqp["authority"] == "-----BEGIN CERTIFICATE-----"
    assert amqp["virtual_host"] == (unquote(urlsplit(amqp_uri).path[1:]) or "/")


@pytest.mark.parametrize("path", ["", "/", "/%2F", "/%2f"])
def test_a_broker_without_a_virtual_host_of_its_own_has_the_one_called_slash(path: str) -> None:
    assert virtual_host(f"amqp://127.0.0.1:5672{path};amqp://127.0.0.2{path}") == "/"


def nothing_waits(partner: Partner) -> bool:
    """Look into the partner's queue, as far as the broker lets it."""
    with pytest.raises(AssertionError):
        partner.hears(within=0.1)
    return True
