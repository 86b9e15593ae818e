"""Find servers to test against: the first rung of the ladder that really starts.

environment → Docker → this machine's own programs → Debian's packages, as root → the bundled
PostgreSQL alone. ``ONWARD_TEST_BACKEND`` forces a rung, and one that is missing fails the run.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa

from onward.servers import EmbeddedPostgres, LocalPostgres, LocalRabbit, ServerError
from tests.support.broker import BrokerAdmin
from tests.support.containers import start_postgres, start_rabbit
from tests.support.packages import install

FORCE = "ONWARD_TEST_BACKEND"
PACKAGES = ("rabbitmq-server", "postgresql")


class UnavailableError(Exception):
    """A rung cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Servers that run for this test session."""

    name: str
    """``env``, ``docker``, ``local`` or ``embedded``."""
    postgres_admin_url: str
    amqp_uri: str | None
    """None where there is no broker, or no test of this run needs one."""
    management_uri: str | None

    def describe(self) -> str:
        """Say what it is, with the servers' versions."""
        parts = [f"PostgreSQL {postgres_version(self.postgres_admin_url)}"]
        if self.amqp_uri and self.management_uri:
            admin = BrokerAdmin(self.management_uri, self.amqp_uri)
            parts.append(f"RabbitMQ {admin.version}")
            admin.close()
        return f"{self.name} ({', '.join(parts)})"


Rung = Callable[[Mapping[str, str], bool, ExitStack], Backend]
"""Takes the environment, whether a broker is needed, and where to put what has to be stopped."""


def choose(
    environ: Mapping[str, str], *, broker: bool, stack: ExitStack
) -> tuple[Backend, list[str]]:
    """Return the best backend and why each better one was not taken.

    Raises `UnavailableError` when the forced one, or every one, is missing.
    """
    forced = environ.get(FORCE)
    if forced and forced not in FORCIBLE:
        raise UnavailableError(f"{FORCE} must be one of {', '.join(FORCIBLE)}.")
    rungs: Sequence[tuple[str, Rung]] = [(forced, FORCIBLE[forced])] if forced else LADDER
    refusals = []
    for name, rung in rungs:
        try:
            with ExitStack() as started:
                backend = rung(environ, broker, started)
                stack.push(started.pop_all())
        except UnavailableError as error:
            refusals.append(f"{name}: {error}")
        else:
            return backend, refusals
    raise UnavailableError("; ".join(refusals))


def from_environment(environ: Mapping[str, str], broker: bool, _stack: ExitStack) -> Backend:  # noqa: FBT001
    """Use servers somebody else runs: an administrator's URLs."""
    postgres = environ.get("ONWARD_TEST_POSTGRES_URL")
    amqp = environ.get("ONWARD_TEST_AMQP_URI")
    if not postgres or (broker and not amqp):
        raise UnavailableError("set ONWARD_TEST_POSTGRES_URL and ONWARD_TEST_AMQP_URI")
    url = sa.make_url(postgres).set(drivername="postgresql+psycopg2")
    management = environ.get("ONWARD_TEST_MANAGEMENT_URL") or _management_beside(amqp)
    backend = Backend(
        name="env",
        postgres_admin_url=url.render_as_string(hide_password=False),
        amqp_uri=amqp,
        management_uri=management,
    )
    try:
        backend.describe()
    except (sa.exc.OperationalError, httpx.HTTPError) as error:
        raise UnavailableError(f"a server does not answer ({type(error).__name__})") from None
    return backend


def from_docker(environ: Mapping[str, str], broker: bool, stack: ExitStack) -> Backend:  # noqa: FBT001
    """Start containers."""
    postgres = start_postgres(environ, stack)
    if postgres is None:
        raise UnavailableError("no Docker engine that starts containers")
    amqp, management = None, None
    if broker:
        found = start_rabbit(environ, stack)
        if found is None:
            raise UnavailableError("the broker's container does not start")
        amqp, management = found
    return Backend(
        name="docker", postgres_admin_url=postgres, amqp_uri=amqp, management_uri=management
    )


def from_this_machine(_environ: Mapping[str, str], broker: bool, stack: ExitStack) -> Backend:  # noqa: FBT001
    """Start the programs that are installed here, privately."""
    try:
        rabbit = stack.enter_context(LocalRabbit(management=True)) if broker else None
        postgres = stack.enter_context(LocalPostgres())
    except ServerError as error:
        raise UnavailableError(str(error)) from None
    return Backend(
        name="local",
        postgres_admin_url=postgres.uri,
        amqp_uri=rabbit.uri if rabbit else None,
        management_uri=rabbit.management_uri if rabbit else None,
    )


def from_packages(environ: Mapping[str, str], broker: bool, stack: ExitStack) -> Backend:  # noqa: FBT001
    """Install the programs with apt first; as root on Debian only."""
    if not install(*PACKAGES):
        raise UnavailableError("apt-get cannot install them: not root on Debian, or no network")
    return from_this_machine(environ, broker, stack)


def from_wheel(_environ: Mapping[str, str], _broker: bool, stack: ExitStack) -> Backend:  # noqa: FBT001
    """Start the bundled PostgreSQL; there is no bundled broker."""
    try:
        postgres = stack.enter_context(EmbeddedPostgres())
    except ServerError as error:
        raise UnavailableError(str(error)) from None
    return Backend(
        name="embedded",
        postgres_admin_url=postgres.uri,
        amqp_uri=None,
        management_uri=None,
    )


LADDER: Sequence[tuple[str, Rung]] = (
    ("env", from_environment),
    ("docker", from_docker),
    ("local", from_this_machine),
    ("packages", from_packages),
    ("embedded", from_wheel),
)
FORCIBLE = {name: rung for name, rung in LADDER if name != "packages"}


def postgres_version(admin_url: str) -> str:
    """Return the version of the server at *admin_url*."""
    engine = sa.create_engine(admin_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        version = str(connection.scalar(sa.text("SHOW server_version")))
    return version.split(maxsplit=1)[0]


def _management_beside(amqp: str | None) -> str | None:
    """Guess the management API at its usual port on the broker's host, with the same user."""
    if not amqp:
        return None
    address = urlsplit(amqp)
    credentials = address.netloc.rpartition("@")[0]
    return f"http://{credentials}@{address.hostname}:15672"
