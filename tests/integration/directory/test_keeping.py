"""The directory's database and its published API document."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from onward import migrate
from onward.clock import ManualClock
from onward.service import RunningService
from services.directory import timers
from services.directory.app import SERVICE
from services.directory.handlers.tries import Guess, count_try


def test_the_revisions_build_what_the_tables_say_and_go_back(
    empty_database: Callable[[str], Any],
) -> None:
    database = empty_database("directory")
    migrate.upgrade(SERVICE, database.owner_url)
    engine = sa.create_engine(database.owner_url)
    with engine.connect() as connection:
        assert list(migrate.differences(SERVICE, connection)) == []
    migrate.downgrade(SERVICE, database.owner_url)
    with engine.connect() as connection:
        left = set(sa.inspect(connection).get_table_names()) & set(SERVICE.metadata.tables)
    engine.dispose()
    assert left == set()


def test_the_openapi_document_is_valid_and_every_operation_says_what_it_does(
    client: FlaskClient,
) -> None:
    from openapi_spec_validator import validate  # noqa: PLC0415 - slow to import

    document: Any = client.get("/api/v1/directory/openapi.json").json

    validate(document)
    for path, item in document["paths"].items():
        for method in {"get", "post", "put", "patch"} & item.keys():
            assert item[method].get("summary"), (method, path)
            assert len(item[method]["responses"]) > 1, (method, path)


def test_old_tries_are_forgotten(running: RunningService, clock: ManualClock) -> None:
    guess = Guess.of_worker(b"key", username="kim", address="10.0.0.1")
    with running.database.transaction() as uow:
        count_try(uow, guess)

    clock.advance(timedelta(minutes=16))
    timers.forget(running)

    with running.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM attempts")).scalar() == 0
