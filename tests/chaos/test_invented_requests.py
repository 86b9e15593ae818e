"""Requests invented from each service's own document: none ends in a fault of ours."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from onward.clock import ManualClock
from onward.identity import Actor, Role
from onward.topology import HEARS
from onward.web.problems import MEDIA_TYPE
from tests.chaos import town
from tests.chaos.conftest import Note
from tests.chaos.filled_town import Town
from tests.chaos.together import Together, together
from tests.support.databases import Databases

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXAMPLES = 5
"""Per operation, seed and mode."""
STREAMS = {"/api/v1/notifications/stream"}
"""Never ends by itself."""


@pytest.fixture(scope="module")
def here(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), *sorted(HEARS)) as running:
        yield running


@pytest.fixture(scope="module")
def known(here: Together) -> dict[str, str]:
    """Return ids that are there, by the names that paths give them."""
    filled = Town(here)
    webhook, _, delivery = filled.delivery().partition("/deliveries/")
    return {
        "referral_id": filled.referral_id(),
        "handoff_id": str(filled.handoff),
        "service_id": str(town.HOUSE.id),
        "organisation_id": str(town.WARD),
        "place_id": filled.place().rpartition("/")[2],
        "worker_id": filled.worker()["id"],
        "client_id": filled.partner()["client_id"],
        "agreement_id": filled.agreement()["id"],
        "notification_id": filled.notifications()[0]["id"],
        "webhook_id": webhook.rpartition("/")[2],
        "delivery_id": delivery,
    }


def actors(operation: Any) -> list[Actor]:
    """Return those whom the operation's document lets ask."""
    roles = operation.definition.raw.get("x-roles") or [Role.CASEWORKER]
    return [
        Actor(principal="system:invented", organisation=organisation, role=Role(role))
        for role in roles
        for organisation in (town.WARD, town.RESPONSE)
    ]


@pytest.mark.parametrize("service", sorted(HEARS))
def test_no_invented_request_ends_in_a_fault_of_ours(
    here: Together, known: dict[str, str], service: str, seed: int, note: Note
) -> None:
    document = schemathesis.openapi.from_wsgi(
        f"/api/v1/{service}/openapi.json", here.apps[service]
    )
    answered: Counter[int] = Counter()
    operations: list[Any] = [found.ok() for found in document.get_all_operations()]  # type: ignore[union-attr]
    for operation in operations:
        if operation.path in STREAMS:
            continue
        for mode in GenerationMode:
            _invent(here, operation, mode, known, answered, seed)
    note(
        "requests invented by schemathesis",
        operations=len(operations),
        requests=sum(answered.values()),
        taken=sum(count for status, count in answered.items() if status < 400),
        faults=sum(count for status, count in answered.items() if status >= 500),
    )


def _invent(
    here: Together,
    operation: Any,
    mode: GenerationMode,
    known: dict[str, str],
    answered: Counter[int],
    seed: int,
) -> None:
    @seeded(seed)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        actor=st.sampled_from(actors(operation)),
        there=st.booleans(),
    )
    def ask(case: Any, actor: Actor, there: bool) -> None:  # noqa: FBT001
        if there:
            ids = {name: known[name] for name in case.path_parameters or {} if name in known}
            case.path_parameters = {**(case.path_parameters or {}), **ids}
        headers = here.headers(actor) | ({"If-Match": '"1"'} if there else {})
        answer = case.call(headers=headers)
        answered[answer.status_code] += 1
        kind = answer.headers.get("content-type", [""])[0].partition(";")[0]
        oauth = operation.path.endswith("/token")
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        assert answer.status_code < 400 or kind == MEDIA_TYPE or oauth, answer.text

    with suppress(Unsatisfiable):  # where nothing can be sent, nothing wrong can be
        ask()
