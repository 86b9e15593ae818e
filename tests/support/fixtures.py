"""The fixtures that lend servers, databases and virtual hosts to tests."""

import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from onward.servers import ServiceDatabase
from onward.service import Service
from tests.support.backends import FORCE, Backend, UnavailableError, choose
from tests.support.broker import BrokerAdmin
from tests.support.browser import chromium, prepare
from tests.support.databases import Databases

chosen = pytest.StashKey[Backend]()
said = pytest.StashKey[list[str]]()
"""Which backend it is and why no better one, for the reader."""
NOT_RUN = "not run: "
NO_BROKER = (
    f"{NOT_RUN}needs a real RabbitMQ. Start Docker, or install rabbitmq-server and postgresql, "
    f"and force it with {FORCE}=docker or {FORCE}=local"
)
NO_BROWSER = f"{NOT_RUN}needs Chromium. Install the package chromium"

LendDatabase = Callable[[str | Service], ServiceDatabase]
LendEmptyDatabase = Callable[[str], ServiceDatabase]


# The same examples each time: what passed here passes there. `make chaos` draws new ones.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("alike", UNHURRIED, derandomize=True)
settings.register_profile("afresh", UNHURRIED)
settings.load_profile("afresh" if "ONWARD_CHAOS_SEEDS" in os.environ else "alike")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for the broker or the browser, so that ``-m "not broker"`` leaves it out."""
    for item in items:
        asked = getattr(item, "fixturenames", ())
        if "broker_admin" in asked:
            item.add_marker("broker")
        if "browser" in asked:
            item.add_marker("browser")


def pytest_collection_finish() -> None:
    """Refuse to run where a test module has changed what all the others stand on."""
    patcher = sys.modules.get("eventlet.patcher")
    if patcher and patcher.is_monkey_patched("socket"):
        pytest.exit(
            "A test module makes this whole process green: import it in a process of its own.", 1
        )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Where processes share the work, start the servers once, and lend them to each."""
    config = session.config
    if lent := getattr(config, "workerinput", {}).get("backend"):
        config.stash[chosen] = Backend(**lent)
    elif config.getoption("numprocesses", None):
        prepare()
        _start(config, broker=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process that shares the work which servers it is lent."""
    node.workerinput["backend"] = asdict(node.config.stash[chosen])


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which servers the processes share."""
    return config.stash.get(said, [])


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Start the backend once it is known what the tests need, and say which one it is."""
    if config.option.collectonly or chosen in config.stash:
        return []
    if any(item.get_closest_marker("browser") for item in items):
        prepare()
    broker = any(item.get_closest_marker("broker") for item in items)
    if not broker and not any("backend" in getattr(item, "fixturenames", ()) for item in items):
        return ["backend: none, no test of this run needs one"]
    _start(config, broker=broker)
    return config.stash[said]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out, and later say so, what needs a broker where there is none."""
    backend = item.config.stash.get(chosen, None)
    if backend and backend.amqp_uri is None and item.get_closest_marker("broker"):
        pytest.skip(NO_BROKER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    texts = [str(report.longrepr) for report in skipped]
    why = Counter(text.partition(NOT_RUN)[2].rstrip("')") for text in texts if NOT_RUN in text)
    if not why:
        return
    terminalreporter.section("NOT RUN", red=True, bold=True)
    for reason, number in why.items():
        terminalreporter.line(f"{number} tests were NOT RUN: {reason}.", red=True, bold=True)


def _start(config: pytest.Config, *, broker: bool) -> None:
    stack = ExitStack()
    config.add_cleanup(stack.close)
    try:
        backend, refusals = choose(os.environ, broker=broker, stack=stack)
    except UnavailableError as error:
        pytest.exit(f"No test backend. {error}", returncode=1)
    config.stash[chosen] = backend
    refused = [f"  not {refusal}" for refusal in refusals]
    config.stash[said] = [f"backend: {backend.describe()}", *refused]


@pytest.fixture(autouse=True)
def logging_as_found() -> Iterator[None]:
    """Undo what a command run within a test did to logging: the next test reads its own log."""
    root = logging.getLogger()
    found, handlers, level = structlog.get_config(), root.handlers[:], root.level
    yield
    structlog.configure(**found)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Backend:
    """Lend the servers of this session."""
    if chosen not in request.config.stash:
        _start(request.config, broker=True)
    return request.config.stash[chosen]


@pytest.fixture(scope="session")
def databases(backend: Backend) -> Iterator[Databases]:
    """Lend the means to make databases, for fixtures of a wider scope than one test."""
    databases = Databases(backend.postgres_admin_url)
    yield databases
    databases.close()


@pytest.fixture
def service_database(databases: Databases) -> Iterator[LendDatabase]:
    """Lend a migrated database per call, gone after the test: ``service_database("referral")``."""
    with ExitStack() as stack:
        yield lambda service: stack.enter_context(databases.migrated(service))


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[LendEmptyDatabase]:
    """Lend a database without tables per call, gone after the test."""
    with ExitStack() as stack:
        yield lambda service: stack.enter_context(databases.empty(service))


@pytest.fixture(scope="session")
def broker_admin(backend: Backend) -> Iterator[BrokerAdmin]:
    """Lend the broker's administrator."""
    if backend.amqp_uri is None or backend.management_uri is None:
        pytest.skip(NO_BROKER)
    admin = BrokerAdmin(backend.management_uri, backend.amqp_uri)
    yield admin
    admin.close()


@pytest.fixture
def amqp_uri(broker_admin: BrokerAdmin) -> Iterator[str]:
    """Lend an empty virtual host for one test."""
    with broker_admin.virtual_host() as uri:
        yield uri


@pytest.fixture(scope="module")
def module_amqp_uri(broker_admin: BrokerAdmin) -> Iterator[str]:
    """Lend an empty virtual host for the tests of one module."""
    with broker_admin.virtual_host() as uri:
        yield uri


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Lend a Chromium; open pages with ``browser.new_context()``, one per person."""
    with chromium() as running:
        if running is None:
            pytest.skip(NO_BROWSER)
        yield running
