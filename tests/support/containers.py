"""PostgreSQL and RabbitMQ in containers, where a Docker engine really starts them."""

import os
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from secrets import token_hex
from typing import Any

import httpx

from tests.support.waiting import eventually

POSTGRES_IMAGE = "postgres:16"
RABBITMQ_IMAGE = "rabbitmq:3.13-management"
USER = "onward"
THROW_AWAY = "postgres -c fsync=off -c full_page_writes=off -c max_connections=200"

# The reaper is one more image to pull; containers are removed when the session ends.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")


def start_postgres(environ: Mapping[str, str], stack: ExitStack) -> str | None:
    """Return the administrator's URL of a PostgreSQL in a container, or None."""
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow to import

    container = PostgresContainer(
        environ.get("ONWARD_TEST_POSTGRES_IMAGE", POSTGRES_IMAGE),
        username=USER,
        password=token_hex(16),
        dbname="postgres",
    ).with_command(THROW_AWAY)
    return str(container.get_connection_url()) if _started(container, stack) else None


def start_rabbit(environ: Mapping[str, str], stack: ExitStack) -> tuple[str, str] | None:
    """Return the AMQP URI and the management URI of a RabbitMQ in a container, or None."""
    from testcontainers.community.rabbitmq import RabbitMqContainer  # noqa: PLC0415 - slow to import

    password = token_hex(16)
    container = RabbitMqContainer(
        environ.get("ONWARD_TEST_RABBITMQ_IMAGE", RABBITMQ_IMAGE),
        username=USER,
        password=password,
    ).with_exposed_ports(5672, 15672)
    if not _started(container, stack):
        return None
    host = container.get_container_host_ip()
    management = f"http://{USER}:{password}@{host}:{container.get_exposed_port(15672)}"
    eventually(lambda: _answers(management), within=60, why="the management API answers")
    return f"amqp://{USER}:{password}@{host}:{container.get_exposed_port(5672)}/%2F", management


def _started(container: Any, stack: ExitStack) -> bool:
    """Start *container*; only that proves an engine, for one can answer and still fail to pull."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            stack.enter_context(container)
        except Exception:  # noqa: BLE001 - whatever the engine's trouble is, the next rung may work
            return False
    return True


def _answers(management: str) -> bool:
    try:
        return httpx.get(f"{management}/api/overview", trust_env=False).is_success
    except httpx.TransportError:
        return False
