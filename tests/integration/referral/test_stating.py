"""The service states from its own tables what was sent, for the audit log to be held against."""

from datetime import timedelta

from onward.clock import ManualClock
from onward.contracts.access import RecordsStated
from onward.service import RunningService
from services.referral import timers
from tests.integration.referral.world import Desk, envelopes


def statements(running: RunningService) -> list[RecordsStated]:
    return [each.event for each in envelopes(running) if isinstance(each.event, RecordsStated)]


def test_what_was_sent_is_stated_once_it_is_settled(
    running: RunningService, clock: ManualClock, ward: Desk
) -> None:

    sent = [ward.sent(), ward.sent()]
    timers.state_to_audit(running)
    assert statements(running) == []
    clock.advance(timedelta(minutes=3))
    for _ in range(2):
        timers.state_to_audit(running)
    (stated,) = statements(running)
    assert stated.total == 2
    assert {str(id_) for id_ in stated.handoffs} == {each["id"] for each in sent}
    assert set(stated.disclosed) == set(stated.handoffs)
