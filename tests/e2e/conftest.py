"""Lends the whole platform, in both ways of running, to the end-to-end tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.backends import Backend
from tests.support.databases import Databases
from tests.support.fixtures import NOT_RUN
from tests.support.platforms import Platform, distributed, embedded


@pytest.fixture(
    scope="package", params=["embedded", pytest.param("distributed", marks=pytest.mark.broker)]
)
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """Lend a seeded platform; what one test leaves there the next one finds."""
    folder: Path = tmp_path_factory.mktemp(f"platform-{request.param}")
    if request.param == "embedded":
        with embedded(folder) as here:
            yield here
        return
    backend: Backend = request.getfixturevalue("backend")
    databases: Databases = request.getfixturevalue("databases")
    if backend.amqp_uri is None:
        pytest.skip(NOT_RUN)
    admin = request.getfixturevalue("broker_admin")
    with (
        admin.virtual_host() as amqp_uri,
        distributed(folder, databases, amqp_uri) as here,
    ):
        yield here
