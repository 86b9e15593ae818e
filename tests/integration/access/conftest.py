"""A town with something there for every route, and a sandbox beside it, made once for all that ask."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from onward.clock import ManualClock
from onward.topology import HEARS
from tests.chaos.filled_town import Town
from tests.chaos.together import together
from tests.integration.access.asking import Asking
from tests.integration.access.made_up import MadeUp
from tests.integration.pathways.trying import tried_out
from tests.support.databases import Databases

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="package")
def asking(databases: Databases) -> Iterator[Asking]:
    with together(databases, ManualClock(NOON), *sorted(HEARS)) as here:
        yield Asking(here, Town(here))


@pytest.fixture(scope="package")
def made_up(asking: Asking) -> MadeUp:
    return MadeUp(tried_out(asking.here))
