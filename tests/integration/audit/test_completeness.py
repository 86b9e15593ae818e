"""The log is held against what services state of their own records, and a gap is found and told once."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from typer.testing import CliRunner

from onward.clock import ManualClock
from onward.contracts.access import RecordsStated
from onward.envelope import Envelope
from onward.identity import Actor
from onward.service import RunningService
from services.audit import timers
from services.audit.cli import app as commands
from tests.integration.audit.conftest import As, Browse, Hear, Rows
from tests.integration.audit.test_commands import settings_of_log
from tests.unit.audit.story import AUDITOR, HOUSE_LEAD, Story, a_handoff

__all__ = ["settings_of_log"]
SAM = Story()
BOOK = uuid4()


def statement(*others: UUID, total: int) -> Envelope:
    """Return the referral service's statement of Sam's handoff and *others*."""
    event = RecordsStated(
        ledger_id=BOOK,
        total=total,
        referrals=(SAM.referral, *others),
        handoffs=(SAM.handoff, *others),
        disclosed=(SAM.handoff,),
    )
    return Story().tell(event, Actor.service("referral"))


def told(rows: Rows) -> int:
    return len(rows("SELECT FROM outbox WHERE key = 'audit.leaf-missing.v1'"))


def pass_time(running: RunningService, clock: ManualClock) -> None:
    for _ in range(3):
        timers.reconcile(running)
        clock.advance(timedelta(minutes=3))
    timers.reconcile(running)


@pytest.mark.usefixtures("settings_of_log")
def test_a_log_that_has_everything_is_complete(
    running: RunningService,
    clock: ManualClock,
    hear: Hear,
    rows: Rows,
    client: FlaskClient,
    headers_of: As,
) -> None:
    hear([*a_handoff(), statement(total=1)])
    pass_time(running, clock)
    answer = client.get("/api/v1/audit/completeness", headers=headers_of(AUDITOR)).json
    assert answer is not None
    assert answer["complete"]
    assert [(each["kind"], each["stated"], each["found"]) for each in answer["counts"]] == [
        ("sent", 1, 1),
        ("disclosed", 1, 1),
    ]
    assert told(rows) == 0
    assert "GOOD" in CliRunner().invoke(commands, ["completeness"]).output


@pytest.mark.usefixtures("settings_of_log")
def test_a_planted_gap_is_found_named_and_told_once(  # noqa: PLR0913, PLR0917 - fixtures
    running: RunningService,
    clock: ManualClock,
    hear: Hear,
    rows: Rows,
    client: FlaskClient,
    headers_of: As,
    browse: Browse,
) -> None:
    lost = uuid4()
    sent = [event for event in a_handoff() if "disclosed" not in event.event.key]
    hear([*sent[:1], statement(lost, total=2)])  # neither the pack nor the other handoff arrived
    timers.reconcile(running)
    assert told(rows) == 0  # it may be on its way
    pass_time(running, clock)
    assert told(rows) == 2
    headers = headers_of(AUDITOR)
    answer = client.get("/api/v1/audit/completeness", headers=headers).json
    assert answer is not None
    assert not answer["complete"]
    missing = {(each["kind"], each["handoff_id"]) for each in answer["missing"]}
    assert missing == {("disclosed", str(SAM.handoff)), ("sent", str(lost))}
    assert str(lost) in browse(AUDITOR).get("/audit/completeness").text
    result = CliRunner().invoke(commands, ["completeness"])
    assert f"missing    sent, handoff {lost}" in result.output
    assert "records are apart" in str(result.exception)
    refused = client.get("/api/v1/audit/completeness", headers=headers_of(HOUSE_LEAD))
    assert refused.status_code == 403


def test_records_that_vanished_from_the_service_show(
    running: RunningService, hear: Hear, client: FlaskClient, headers_of: As, clock: ManualClock
) -> None:
    hear([*a_handoff(), statement(total=0)])
    pass_time(running, clock)
    answer = client.get("/api/v1/audit/completeness", headers=headers_of(AUDITOR)).json
    assert answer is not None
    assert (answer["complete"], answer["missing"]) == (False, [])
    assert [(book["total"], book["named"]) for book in answer["books"]] == [(0, 1)]
