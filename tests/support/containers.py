"""PostgreSQL and RabbitMQ in containers, where a Docker engine really starts them."""

import importlib
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
    container = _library("postgres").PostgresContainer(
        environ.get("ONWARD_TEST_POSTGRES_IMAGE", POSTGRES_IMAGE),
        username=USER,
        password=token_hex(16),
        dbname="postgres",
    )
    if not _started(container.with_command(THROW_AWAY), stack):
        return None
    return str(container.get_connection_url())


def start_rabbit(environ: Mapping[str, str], stack: ExitStack) -> tuple[str, str] | None:
    """Return the AMQP URI and the management URI of a RabbitMQ in a container, or None."""
    password = token_hex(16)
    container = _library("rabbitmq").RabbitMqContainer(
        environ.get("ONWARD_TEST_RABBITMQ_IMAGE", RABBITMQ_IMAGE),
        username=USER,
        password=password,
    )
    if not _started(container.with_exposed_ports(5672, 15672), stack):
        return None
    host, port = container.get_container_host_ip(), container.get_exposed_port
    management = f"http://{USER}:{password}@{host}:{port(15672)}"
    eventually(lambda: _answers(management), within=60, why="the management API answers")
    return f"amqp://{USER}:{password}@{host}:{port(5672)}/%2F", management


def _library(name: str) -> Any:
    """Import one of testcontainers' modules, past what it says about itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(f"testcontainers.community.{name}")


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
