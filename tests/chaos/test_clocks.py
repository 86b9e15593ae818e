"""Clocks stand twenty minutes apart: order and deadlines hold, and proofs from too far away are refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import webhooks
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from onward.clock import OffsetClock
from onward.demo.receivers import Hook
from tests.chaos.conftest import Note, Stage
from tests.chaos.journeys import REFERRALS, WENT_WELL, Journey, People, patiently
from tests.chaos.traffic import ready
from tests.support.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(600)]
OFF = timedelta(minutes=10)
"""How far each service's clock is from the right time."""
ELSEWHERE = ("directory", "notification")
"""Their clocks are as slow as the other two are fast, or the other way round."""
SLACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """People who signed in where the clock agrees with the referral service's, and a partner's webhook."""

    people: People
    path: str
    secret: str


@contextmanager
def apart(stage: Stage, by: timedelta, folder: Path) -> Iterator[Apart]:
    """Let every clock be wrong by *by*, two of them in the opposite direction."""
    right, wrong = stage.platform.clock, OffsetClock(folder / "elsewhere")
    wrong.advance(-by)
    right.advance(by)
    people = People.of(stage.platform)
    partner = stage.platform.person("s.begum")
    path = f"/clocks-{by.total_seconds():+.0f}"
    hook = {"url": stage.platform.receivers.hook_origin + path, "events": ["*"]}
    secret = partner.post("/api/v1/webhooks", hook)["secret"]
    restart(stage, ONWARD_CLOCK_OFFSET_FILE=str(wrong.path))
    yield Apart(people=people, path=path, secret=secret)
    right.advance(-by)
    restart(stage)
    people.close()
    partner.close()


def restart(stage: Stage, **settings: str) -> None:
    for name in ELSEWHERE:
        process = stage.platform.processes[name]
        assert process.stop()[0] == 0
        process.start(**settings)
    for name in ELSEWHERE:
        patiently(lambda name=name: ready(stage, name), f"{name} is back")  # type: ignore[misc]


def due(journey: Journey) -> dict[str, timedelta]:
    """Return how far away each deadline of a handoff was when it was sent, by its own service's clock."""
    found = journey.people.house.get(f"/api/v1/handoffs/{journey.handoff}")
    sent = datetime.fromisoformat(found["requested_at"])
    return {
        name: datetime.fromisoformat(moment) - sent
        for name, moment in found["due"].items()
        if moment
    }


def statuses(stage: Stage, asker: People) -> list[tuple[int, str]]:
    """Return what proofs made by another clock are answered."""
    system = stage.platform.system("test-amht-record")
    answers = [
        asker.ward.http.get("/api/v1/notifications"),
        asker.house.http.get("/api/v1/services"),
        system.http.get(REFERRALS),
    ]
    system.close()
    return [(answer.status_code, answer.json()["code"]) for answer in answers]


def verified(hook: Hook, secret: str) -> bool:
    try:
        Webhook(secret).verify(hook.body, hook.headers)
    except WebhookVerificationError:
        return False
    return True


@contextmanager
def receiver_off(by: timedelta) -> Iterator[None]:
    """Let the receiver's clock be off by *by*."""

    class Off(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Off":
            return super().now(tz) + by  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhooks, "datetime", Off)
        yield


@pytest.mark.parametrize("by", [OFF, -OFF], ids=["fast", "slow"])
def test_services_whose_clocks_are_apart_keep_order_and_deadlines_and_refuse_old_proofs(
    stage: Stage, by: timedelta, tmp_path: Path, note: Note
) -> None:
    calm = stage.journey()
    calm.refer()
    usual = due(calm)
    calm.whole()
    with apart(stage, by, tmp_path) as there:
        journeys = [Journey(there.people) for _ in range(4)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Journey.refer, journeys))
            unusual = [due(journey) for journey in journeys]
            list(pool.map(Journey.whole, journeys))
        refused = statuses(stage, there.people)
        hooks = eventually(lambda: of(stage, there), within=30)
    stage.promises.settle()
    assert all(stage.story(journey) in WENT_WELL for journey in journeys)
    for moments in unusual:
        assert moments.keys() == usual.keys()
        assert all(abs(moments[name] - usual[name]) < SLACK for name in usual)
    assert {status for status, _ in refused} == {httpx.codes.UNAUTHORIZED}, refused
    assert all(verified(hook, there.secret) for hook in hooks)
    for way in (by, -by):
        with receiver_off(way):
            assert not any(verified(hook, there.secret) for hook in hooks)
    note(
        "every service's clock ten minutes off, half of them fast and half of them slow",
        handoffs=len(journeys),
        deadlines_off=0,
        proofs_refused=len(refused) + 2 * len(hooks),
        proofs_taken=0,
        **stage.promises_hold(),
    )


def of(stage: Stage, there: Apart) -> list[Hook]:
    """Return what the partner's webhook was told."""
    hooks = stage.platform.receivers.received.hooks
    return [hook for hook in hooks if hook.path == there.path]
