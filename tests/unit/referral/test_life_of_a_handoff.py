"""Whatever order people, timers and the ledger act in, a handoff keeps its promises."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from onward.errors import ConflictError
from services.referral.domain.deciding import decide
from services.referral.domain.handoff import Handoff, allowed_actions
from services.referral.domain.moves import TERMINAL, UNANSWERED, Action, Party, Status
from services.referral.domain.routing import Route, send
from services.referral.domain.timing import Kind, running
from tests.unit.referral import examples

MOVING = sorted(set(Action) - {Action.SEND})


class LifeOfAHandoff(RuleBasedStateMachine):
    """Somebody does something, again and again."""

    def __init__(self) -> None:
        super().__init__()
        route = Route(service=examples.service(), agreement=examples.agreement())
        self.now = examples.NOON
        self.handoff = send(examples.handoff(), route, (), at=self.now).handoff
        self.before = self.handoff
        self.expiry = self.handoff.due.expires_at
        self.ever_held = False

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(action=st.sampled_from(MOVING), party=st.sampled_from(Party), ledger=st.booleans())
    def somebody_acts(self, action: Action, party: Party, *, ledger: bool) -> None:
        self.before = self.handoff
        command = examples.command(action, needs_place=ledger)
        legal = action in allowed_actions(self.before, party)
        try:
            decision = decide(self.before, command, by=party, at=self.now)
        except ConflictError:
            assert not legal
            return
        assert legal
        self._moved_on(self.before, decision.handoff)
        self.handoff = decision.handoff
        self.ever_held |= self.handoff.status is Status.OFFERED

    def _moved_on(self, before: Handoff, after: Handoff) -> None:
        assert after.version == before.version + 1
        if before.is_over:
            assert after.status is Status.ENTERED_IN_ERROR

    @invariant()
    def expiry_was_frozen_at_sending(self) -> None:
        assert self.handoff.due.expires_at == self.expiry

    @invariant()
    def nobody_moves_in_without_a_place(self) -> None:
        if self.handoff.needs_place and self.handoff.status is Status.IN_PROGRESS:
            assert self.ever_held

    @invariant()
    def what_has_ended_has_an_end_and_nothing_due(self) -> None:
        over = self.handoff.status in TERMINAL
        assert over == (self.handoff.ended_at is not None)
        assert not (over and running(self.handoff.status, self.handoff.due))

    @invariant()
    def what_waits_for_an_answer_can_expire(self) -> None:
        expires = Kind.EXPIRE in running(self.handoff.status, self.handoff.due)
        assert expires == (self.handoff.status in UNANSWERED)

    @precondition(lambda self: not self.handoff.is_over)
    @invariant()
    def there_is_a_way_on(self) -> None:
        parties = (Party.SENDER, Party.RECIPIENT)
        assert allowed_actions(self.handoff, *parties)


TestLifeOfAHandoff = LifeOfAHandoff.TestCase
TestLifeOfAHandoff.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
