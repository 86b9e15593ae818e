"""PostgreSQL and RabbitMQ in containers, where a Docker engine really starts them."""

import contextlib
import gc
import importlib
import os
import warnings
from collections.abc import Callable, Mapping
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

    def make() -> Any:
        module = importlib.import_module("testcontainers.community.postgres")
        image = environ.get("ONWARD_TEST_POSTGRES_IMAGE", POSTGRES_IMAGE)
        container = module.PostgresContainer(
            image, username=USER, password=token_hex(16), dbname="postgres"
        )
        return container.with_command(THROW_AWAY)

    container = _started(make, stack)
    return str(container.get_connection_url()) if container else None


def start_rabbit(environ: Mapping[str, str], stack: ExitStack) -> tuple[str, str] | None:
    """Return the AMQP URI and the management URI of a RabbitMQ in a container, or None."""
    password = token_hex(16)

    def make() -> Any:
        module = importlib.import_module("testcontainers.community.rabbitmq")
        image = environ.get("ONWARD_TEST_RABBITMQ_IMAGE", RABBITMQ_IMAGE)
        container = module.RabbitMqContainer(image, username=USER, password=password)
        return container.with_exposed_ports(5672, 15672)

    container = _started(make, stack)
    if container is None:
        return None
    host, port = container.get_container_host_ip(), container.get_exposed_port
    management = f"http://{USER}:{password}@{host}:{port(15672)}"
    eventually(lambda: _answers(management), within=60, why="the management API answers")
    return f"amqp://{USER}:{password}@{host}:{port(5672)}/%2F", management


def _started(make: Callable[[], Any], stack: ExitStack) -> Any:
    """Start what *make* makes, or return None; only that proves an engine, not that it answers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):  # whatever its trouble is, the next rung may work
            return stack.enter_context(make())
        gc.collect()  # sockets that the failed client left open would warn later
        return None


def _answers(management: str) -> bool:
    try:
        return httpx.get(f"{management}/api/overview", trust_env=False).is_success
    except httpx.TransportError:
        return False
