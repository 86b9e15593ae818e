"""A machine that takes every action on handoffs, rightly and wrongly; the ledger is another service.

What may be done is written down here a second time, from the rules that partners are told.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from onward.contracts import directory, referral
from onward.envelope import Envelope
from services.directory.domain.services import Service
from services.referral.timers import watch_deadlines
from tests.chaos import town
from tests.chaos.place_machine import GAPS, IDLE
from tests.chaos.together import Together, system

UNANSWERED = {"requested", "acknowledged", "info_requested"}
ACTIVE = {"accepted", "waitlisted", "offered", "in_progress", "on_hold"}
OVER = {"rejected", "cancelled", "expired", "completed", "failed", "entered_in_error"}
BUSY = {"accepted", "in_progress", "on_hold"}
WARD, HOUSE = "sender", "recipient"
RULES: dict[str, tuple[set[str], str, set[str]]] = {
    "acknowledge": ({"requested"}, "acknowledged", {HOUSE}),
    "ask": ({"requested", "acknowledged"}, "info_requested", {HOUSE}),
    "answer": ({"info_requested"}, "requested", {WARD}),
    "accept": ({"requested", "acknowledged"}, "accepted", {HOUSE}),
    "reject": ({"requested", "acknowledged"}, "rejected", {HOUSE}),
    "waitlist": ({"accepted"}, "waitlisted", {HOUSE}),
    "offer": ({"accepted", "waitlisted"}, "offered", {HOUSE}),
    "start": ({"accepted", "offered"}, "in_progress", {HOUSE}),
    "hold": ({"accepted", "in_progress"}, "on_hold", {HOUSE}),
    "resume": ({"on_hold"}, "in_progress", {HOUSE}),
    "complete": (BUSY, "completed", {HOUSE}),
    "fail": (BUSY, "failed", {HOUSE}),
    "cancel": (UNANSWERED | ACTIVE, "cancelled", {WARD, HOUSE}),
    "mark-in-error": (
        {"draft"} | UNANSWERED | ACTIVE | OVER - {"entered_in_error"},
        "entered_in_error",
        {WARD},
    ),
}
BODIES: dict[str, dict[str, str]] = {
    "ask": {"sentence": "Which ward?"},
    "answer": {"sentence": "The third."},
    "reject": {"reason": "no-capacity", "sentence": "We are full."},
    "hold": {"reason": "person-away", "sentence": "Away for a week."},
    "complete": {"outcome": "goals-reached"},
    "fail": {"reason": "person-left", "sentence": "Left without a word."},
    "cancel": {"reason": "no-longer-needed", "sentence": "It is settled."},
    "mark-in-error": {"reason": "duplicate", "sentence": "It was there already."},
}
LEDGER_DECIDES = {("accepted", action) for action in ("waitlist", "offer", "start", "hold")} | {
    ("waitlisted", "offer")
}
SAID: dict[type, str] = {
    referral.HandoffRequested: "requested",
    referral.HandoffAcknowledged: "acknowledged",
    referral.InformationRequested: "info_requested",
    referral.InformationAnswered: "requested",
    referral.HandoffAccepted: "accepted",
    referral.HandoffRejected: "rejected",
    referral.HandoffWaitlisted: "waitlisted",
    referral.HandoffOffered: "offered",
    referral.OfferLapsed: "waitlisted",
    referral.HandoffStarted: "in_progress",
    referral.HandoffPutOnHold: "on_hold",
    referral.HandoffResumed: "in_progress",
    referral.HandoffCompleted: "completed",
    referral.HandoffFailed: "failed",
    referral.HandoffCancelled: "cancelled",
    referral.HandoffExpired: "expired",
    referral.HandoffEnteredInError: "entered_in_error",
}
CLAIMS = {"offered": "held", "in_progress": "taken", "on_hold": "taken", "waitlisted": "queued"}
"""What the ledger has for a handoff once everything has arrived."""
EXPIRES, LAPSES = timedelta(days=14), timedelta(hours=48)


@dataclass(slots=True)
class Known:
    """One handoff as the model knows it."""

    id: UUID
    referral: UUID
    service: Service
    status: str
    version: int
    expires: datetime | None = None
    lapses: datetime | None = None
    moves: int = 0
    needs_place: bool = False

    def move(self, to: str) -> None:
        """Take one step."""
        self.status = to
        self.version += 1
        self.moves += 1

    def may(self, action: str, party: str) -> bool:
        """Tell whether *party* may take *action* now."""
        starts, _, parties = RULES[action]
        decided = self.needs_place and (self.status, action) in LEDGER_DECIDES
        whose = parties - {HOUSE} if self.status in UNANSWERED and action == "cancel" else parties
        return self.status in starts and party in whose and not decided


@dataclass(slots=True)
class Line:
    """What one handoff heard of its place, as far as it is next."""

    known: dict[int, Envelope] = field(default_factory=dict)
    handled: int = 0


class StatusMachine(RuleBasedStateMachine):
    """Senders, recipients and strangers act; time passes; the ledger's answers come late, twice, early."""

    here: ClassVar[Together]
    steps: ClassVar[int] = 0
    answers: ClassVar[Counter[int]] = Counter()

    def __init__(self) -> None:
        """Begin with an empty town."""
        super().__init__()
        self.here.forget()
        town.publish(self.here)
        self.handoffs: dict[UUID, Known] = {}
        self.lines: dict[UUID, Line] = defaultdict(Line)

    @initialize(beds=st.integers(0, 2))
    def some_were_accepted(self, beds: int) -> None:
        for number in range(beds):
            town.open_place(self.here, town.HOUSE, f"Bed {number}")
        for service in (town.HOUSE, town.HOUSE, town.ADVICE):
            self.refer(service, draft=False)
            known = list(self.handoffs.values())[-1]
            self._act(known, "accept", HOUSE)

    @rule(service=st.sampled_from([town.HOUSE, town.HOUSE, town.ADVICE]), draft=st.booleans())
    def refer(self, service: Service, draft: bool) -> None:  # noqa: FBT001
        body = town.referral(service, draft=draft)
        answer = self.here.ask("referral", town.NURSE, "POST", "/api/v1/referrals", json=body)
        assert answer.status_code == 201, answer.json
        self._add(answer.json["handoff"], service)

    def _add(self, said: dict[str, Any], service: Service) -> None:
        now, id_ = self.here.clock.now(), UUID(said["id"])
        known = Known(id_, UUID(said["referral_id"]), service, said["status"], said["version"])
        if said["status"] == "requested":
            known.moves, known.expires = 1, now + EXPIRES
        self.handoffs[id_] = known

    @precondition(lambda self: self.handoffs)
    @rule(data=st.data(), service=st.sampled_from([town.HOUSE, town.ADVICE]))
    def send_or_send_again(self, data: st.DataObject, service: Service) -> None:
        one = data.draw(st.sampled_from(list(self.handoffs.values())))
        newest = [each for each in self.handoffs.values() if each.referral == one.referral][-1]
        path = f"/api/v1/referrals/{one.referral}/handoffs"
        body = {"service_id": str(service.id)}
        answer = self.here.ask("referral", town.NURSE, "POST", path, json=body)
        possible = newest.status in {"draft"} | OVER - {"completed", "entered_in_error"}
        assert answer.status_code == (201 if possible else 409), answer.json
        if not possible:
            return
        said = answer.json["handoff"]
        kept = newest.status == "draft"
        assert (UUID(said["id"]) == newest.id) is kept
        self._add(said, service)

    @precondition(lambda self: self.handoffs)
    @rule(
        data=st.data(),
        who=st.sampled_from([WARD, HOUSE, "stranger"]),
        action=st.sampled_from(sorted(RULES)),
        stale=st.sampled_from([0, 0, 0, -1, 1]),
        explained=st.sampled_from([True, True, True, False]),
    )
    def anybody_does_anything(
        self,
        data: st.DataObject,
        who: str,
        action: str,
        stale: int,
        explained: bool,  # noqa: FBT001
    ) -> None:
        one = data.draw(st.sampled_from(list(self.handoffs.values())))
        self._act(one, action, who, stale=stale, explained=explained)

    @precondition(lambda self: self.handoffs)
    @rule(data=st.data(), twice=st.booleans())
    def somebody_does_what_they_may(self, data: st.DataObject, twice: bool) -> None:  # noqa: FBT001
        possible = [
            (one, action, who)
            for one in self.handoffs.values()
            for action in sorted(RULES)
            for who in (WARD, HOUSE)
            if one.may(action, who)
        ]
        if possible:
            one, action, who = data.draw(st.sampled_from(possible))
            self._act(one, action, who, twice=twice)

    def _act(
        self,
        one: Known,
        action: str,
        who: str,
        *,
        stale: int = 0,
        explained: bool = True,
        twice: bool = False,
    ) -> None:
        """Ask, and see that the answer is the one the rules give."""
        expected = self._expected(one, action, who, stale=stale, explained=explained)
        headers = {"If-Match": f'"{one.version + stale}"', "Idempotency-Key": str(uuid4())}
        answers = [
            self.here.ask(
                "referral",
                self._actor(one, who),
                "POST",
                f"/api/v1/handoffs/{one.id}/{action}",
                json=BODIES.get(action, {}) if explained else {},
                headers=headers,
            )
            for _ in range(2 if twice else 1)
        ]
        type(self).answers.update(answer.status_code for answer in answers)
        told = {(answer.status_code, answer.data) for answer in answers}
        assert {status for status, _ in told} == {expected}, (one, action, who, answers[0].json)
        if expected == 200:
            assert len(told) == 1, "the second answer is the first one's"
            self._moved(one, action)

    def _moved(self, one: Known, action: str) -> None:
        now = self.here.clock.now()
        one.move(RULES[action][1])
        one.needs_place |= action == "accept" and one.service is town.HOUSE
        one.lapses = now + LAPSES if action == "offer" else None

    def _expected(self, one: Known, action: str, who: str, *, stale: int, explained: bool) -> int:
        if who == "stranger" or (who == HOUSE and one.status == "draft"):
            return 404
        if stale:
            return 412
        if not one.may(action, who):
            return 409
        return 200 if explained or action not in BODIES else 422

    def _actor(self, one: Known, who: str) -> Any:
        organisation = {WARD: town.WARD, HOUSE: one.service.recipient}.get(who, town.STRANGERS)
        return system(organisation)

    @rule(hours=st.sampled_from([1, 13, 49, 24 * 15]))
    def time_passes(self, hours: int) -> None:
        self.here.clock.advance(timedelta(hours=hours))
        now = self.here.clock.now()
        watch_deadlines(self.here.running["referral"])
        for one in self.handoffs.values():
            if one.status in UNANSWERED and one.expires and one.expires <= now:
                one.move("expired")
            elif one.status == "offered" and one.lapses and one.lapses <= now:
                one.move("waitlisted")
                one.lapses = None

    @rule(data=st.data(), again=st.booleans())
    def a_few_events_arrive(self, data: st.DataObject, again: bool) -> None:  # noqa: FBT001
        """Any of them, in any order, some of them twice."""
        self.here.post.fetch()
        hearer = data.draw(st.sampled_from(["directory", "referral"]))
        if waiting := self.here.post.under_way.get(hearer):
            chosen = data.draw(st.lists(st.sampled_from(waiting), max_size=4, unique_by=id))
            if chosen:
                self._deliver(hearer, chosen)
                if again:
                    self._deliver(hearer, chosen)

    @rule()
    def everything_arrives(self) -> None:
        self.here.post.fetch()
        while any(self.here.post.under_way.values()):
            for hearer, waiting in list(self.here.post.under_way.items()):
                if waiting:
                    self._deliver(hearer, list(waiting))
            self.here.post.fetch()

    def _deliver(self, hearer: str, envelopes: list[Envelope]) -> None:
        self.here.post.deliver(hearer, envelopes)
        if hearer == "referral":
            for each in envelopes:
                line = self.lines[each.subject]
                line.known[each.sequence] = each
                while line.handled + 1 in line.known:
                    line.handled += 1
                    self._hear(line.known[line.handled])

    def _hear(self, envelope: Envelope) -> None:
        """Follow the ledger's word, as far as the handoff still can."""
        one = self.handoffs.get(envelope.subject)
        match envelope.event:
            case directory.PlaceHeld(until=until) if one and one.status in {
                "accepted",
                "waitlisted",
            }:
                one.move("offered")
                one.lapses = until
            case directory.PlaceQueued() if one and one.status == "accepted":
                one.move("waitlisted")

    @invariant()
    def the_service_says_what_the_rules_say(self) -> None:
        type(self).steps += 1
        with self.here.running["referral"].database.transaction() as uow:
            rows = uow.connection.execute(HANDOFFS).all()
            assert uow.connection.execute(GAPS).all() == [], "a line of the outbox has a gap"
        said = {row.id: (row.status, row.version, row.moves, row.ends, row.last) for row in rows}
        assert said == {
            one.id: (
                one.status,
                one.version,
                one.moves,
                one.status in OVER,
                one.status if one.moves else None,
            )
            for one in self.handoffs.values()
        }

    def teardown(self) -> None:
        """Let everything arrive: then the two services agree, and the events tell the same story."""
        self.everything_arrives()
        self.the_service_says_what_the_rules_say()
        self._events_tell_the_story()
        claims = {row.handoff_id: row.state for row in self.here.rows("directory", CLAIMED)}
        assert claims == {
            one.id: CLAIMS[one.status]
            for one in self.handoffs.values()
            if one.needs_place and one.status in CLAIMS
        }
        assert self.here.rows("directory", IDLE) == []
        for name in ("directory", "referral"):
            assert self.here.rows(name, LEFT) == []

    def _events_tell_the_story(self) -> None:
        fold: dict[UUID, list[str]] = defaultdict(list)
        for envelope in self.here.told("referral"):
            event = envelope.event
            if type(event) in SAID and isinstance(event, referral.HandoffEvent):
                fold[event.handoff_id].append(SAID[type(event)])
        for one in self.handoffs.values():
            never_sent = one.status == "entered_in_error" and one.id not in fold
            if one.moves and not never_sent:
                assert (fold[one.id][-1], len(fold[one.id])) == (one.status, one.moves)
            else:
                assert one.id not in fold


HANDOFFS = sa.text(
    """
    SELECT id, status, handoffs.version, count(steps.version) AS moves, ended_at IS NOT NULL AS ends,
        (array_agg(to_status ORDER BY steps.version DESC))[1] AS last
    FROM handoffs LEFT JOIN steps ON handoff_id = handoffs.id GROUP BY handoffs.id
    """
)
CLAIMED = sa.text(
    "SELECT handoff_id, state FROM claims WHERE state IN ('queued', 'held', 'taken')"
)
LEFT = sa.text("SELECT code FROM parked WHERE status IN ('waiting', 'retrying', 'parked')")
