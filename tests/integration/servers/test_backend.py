"""The ladder of backends takes the best one, says what it took, and never passes over a forced one."""

from contextlib import ExitStack
from pathlib import Path

import pika
import pytest

from tests.support.backends import Backend, UnavailableError, choose
from tests.support.broker import BrokerAdmin
from tests.support.fixtures import NO_BROKER

pytest_plugins = ["pytester"]

SAMPLE = """
import pytest

def test_that_needs_no_server():
    pass

@pytest.mark.broker
def test_that_needs_a_broker(amqp_uri):
    assert amqp_uri
"""


def test_a_forced_backend_that_is_missing_fails_instead_of_falling_through() -> None:
    with ExitStack() as stack, pytest.raises(UnavailableError, match="ONWARD_TEST_POSTGRES_URL"):
        choose({"ONWARD_TEST_BACKEND": "env"}, broker=True, stack=stack)


def test_an_unknown_backend_is_refused_by_name() -> None:
    with ExitStack() as stack, pytest.raises(UnavailableError, match="must be one of env, docker"):
        choose({"ONWARD_TEST_BACKEND": "vagrant"}, broker=True, stack=stack)


def test_a_server_from_the_environment_that_does_not_answer_is_not_taken() -> None:
    away = {
        "ONWARD_TEST_BACKEND": "env",
        "ONWARD_TEST_POSTGRES_URL": "postgresql://nobody@127.0.0.1:1/none",
        "ONWARD_TEST_AMQP_URI": "amqp://nobody@127.0.0.1:1/",
    }
    with ExitStack() as stack, pytest.raises(UnavailableError, match="does not answer"):
        choose(away, broker=True, stack=stack)


def test_the_first_backend_that_answers_is_taken(backend: Backend) -> None:
    given = {"ONWARD_TEST_POSTGRES_URL": backend.postgres_admin_url}
    with ExitStack() as stack:
        taken, refusals = choose(given, broker=False, stack=stack)
    assert taken.name == "env"
    assert not refusals


def test_broker_tests_are_reported_as_not_run_where_there_is_no_broker(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONWARD_TEST_BACKEND", "embedded")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    pytester.makeini("[pytest]\nmarkers = broker: needs a broker\n")
    pytester.makeconftest('pytest_plugins = ["tests.support.fixtures"]')
    pytester.makepyfile(SAMPLE)
    result = pytester.runpytest_subprocess("-rs", "-p", "no:pytest_nameko")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["backend: embedded (PostgreSQL *)", "1 tests were NOT RUN*", f"*{NO_BROKER}"]
    )


def test_each_test_gets_a_virtual_host_without_anything_of_another(
    broker_admin: BrokerAdmin,
) -> None:
    with broker_admin.virtual_host() as first, broker_admin.virtual_host() as second:
        for uri in (first, second):
            connection = pika.BlockingConnection(pika.URLParameters(uri))
            declared = connection.channel().queue_declare("same", exclusive=False)
            assert declared.method.message_count == 0
            connection.channel().basic_publish("", "same", b"one")
            connection.close()


def test_an_engine_that_is_not_there_is_passed_over(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONWARD_TEST_BACKEND", "docker")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    pytester.makeini("[pytest]\nmarkers = broker: needs a broker\nfilterwarnings = error")
    pytester.makeconftest('pytest_plugins = ["tests.support.fixtures"]')
    pytester.makepyfile(SAMPLE)
    result = pytester.runpytest_subprocess("-p", "no:pytest_nameko")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*No test backend. docker: no Docker engine that starts*"])
    result.stderr.no_fnmatch_line("*unclosed*")
