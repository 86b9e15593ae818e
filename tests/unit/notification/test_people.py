"""Which workers are told beside their organisation, how, and when."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from onward.delivery.hours import Hours
from onward.identity import Role
from services.notification.domain.messages import Channel, Subject, Told
from services.notification.domain.people import (
    Circle,
    Preferences,
    TellingRule,
    Whom,
    Worker,
    reached,
)
from services.notification.domain.rules import Telling, Urgency

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HERE, ELSEWHERE = uuid4(), uuid4()
HOUSE, FLATS = uuid4(), uuid4()
TEAM = uuid4()


def told(
    urgency: Urgency = Urgency.ROUTINE,
    *,
    template: str = "handoff-requested",
    service: UUID | None = HOUSE,
    roles: tuple[Role, ...] = (),
) -> Told:
    subject = Subject(
        event_id=uuid4(),
        key="referral.handoff-requested.v1",
        correlation_id=uuid4(),
        about=uuid4(),
        handoff_id=uuid4(),
        service_id=service,
        occurred_at=NOON,
        facts=b"{}",
    )
    telling = Telling(
        organisation=HERE, counterpart=None, template=template, urgency=urgency, roles=roles
    )
    return Told(subject=subject, organisation=HERE, telling=telling)


def worker(name: str, *, of: UUID = HERE, role: Role = Role.CASEWORKER, **more: Any) -> Worker:
    return Worker(principal=f"worker:{name}", organisation=of, role=role, **more)


def rule(whom: Whom, name: str, **more: Any) -> TellingRule:
    return TellingRule(id=uuid4(), organisation=HERE, whom=whom, name=name, **more)


def chose(name: str, *, of: UUID = HERE, **more: Any) -> Preferences:
    more = {"email": f"{name}@here.test"} | more
    return Preferences(principal=f"worker:{name}", organisation=of, **more)


KIM, LEE, SAM = worker("kim"), worker("lee", role=Role.TEAM_LEAD), worker("sam")


def circle(*rules: TellingRule, **more: Any) -> Circle:
    known: dict[str, Any] = {
        "at": NOON,
        "rules": rules,
        "workers": (KIM, LEE, SAM),
        "members": {str(TEAM): frozenset({"worker:kim", "worker:sam"})},
        "preferences": {},
    }
    chosen = more.pop("chosen", ())
    return Circle(**known | {"preferences": {one.principal: one for one in chosen}} | more)


def names(found: list[Any]) -> list[str]:
    return [one.principal.removeprefix("worker:") for one in found]


def test_a_role_a_team_and_a_person_are_told() -> None:
    assert names(reached(told(), circle(rule(Whom.ROLE, "team_lead")))) == ["lee"]
    assert names(reached(told(), circle(rule(Whom.TEAM, str(TEAM))))) == ["kim", "sam"]
    assert names(reached(told(), circle(rule(Whom.PERSON, "worker:sam")))) == ["sam"]
    assert reached(told(), circle()) == []


def test_a_rule_holds_for_its_service_its_wording_and_its_urgency_alone() -> None:
    flats = circle(rule(Whom.ROLE, "team_lead", service_id=FLATS))
    assert reached(told(service=HOUSE), flats) == []
    assert names(reached(told(service=FLATS), flats)) == ["lee"]
    lapses = circle(rule(Whom.ROLE, "team_lead", templates=("offer-lapsed",)))
    assert reached(told(), lapses) == []
    urgent = circle(rule(Whom.ROLE, "team_lead", urgencies=(Urgency.URGENT,)))
    assert reached(told(), urgent) == []
    assert names(reached(told(Urgency.URGENT), urgent)) == ["lee"]


def test_whoever_two_rules_name_is_told_once() -> None:
    both = circle(rule(Whom.PERSON, "worker:kim"), rule(Whom.TEAM, str(TEAM)))
    assert names(reached(told(), both)) == ["kim", "sam"]


def test_a_worker_may_ask_for_all_that_their_organisation_hears() -> None:
    found = reached(told(), circle(chosen=[chose("sam", follow=True)]))
    assert names(found) == ["sam"]
    assert found[0].because is None


def test_somebody_placed_here_is_told_while_they_are_and_never_what_is_for_a_role_here() -> None:
    guest = worker("guest", of=ELSEWHERE, role=Role.TEAM_LEAD, hosts=(HERE,))
    by_name = rule(Whom.PERSON, "worker:guest")
    assert names(reached(told(), circle(by_name, workers=(KIM, guest)))) == ["guest"]
    gone = replace(guest, hosts=())
    assert reached(told(), circle(by_name, workers=(KIM, gone))) == []
    leads = told(roles=(Role.TEAM_LEAD,))
    assert reached(leads, circle(by_name, workers=(KIM, guest))) == []


def test_who_is_away_is_covered_and_the_cover_is_told_for_whom() -> None:
    away = chose("lee", away_from=NOON, cover="worker:kim")
    (found,) = reached(told(), circle(rule(Whom.ROLE, "team_lead"), chosen=[away]))
    assert (found.principal, found.covers) == ("worker:kim", "worker:lee")


def test_whoever_would_be_told_anyway_is_not_told_because_they_cover() -> None:
    away = chose("lee", away_from=NOON, cover="worker:kim")
    lead, own = rule(Whom.ROLE, "team_lead"), rule(Whom.PERSON, "worker:kim")
    for rules in ((lead, own), (own, lead)):
        (found,) = reached(told(), circle(*rules, chosen=[away]))
        assert (found.covers, found.because) == (None, own)


def test_a_cover_who_is_away_too_is_covered_in_turn() -> None:
    lee = chose("lee", away_from=NOON, cover="worker:kim")
    kim = chose("kim", away_from=NOON, cover="worker:sam")
    (found,) = reached(told(), circle(rule(Whom.ROLE, "team_lead"), chosen=[lee, kim]))
    assert (found.principal, found.covers) == ("worker:sam", "worker:lee")


def test_where_everybody_covers_for_each_other_the_one_named_is_told() -> None:
    lee = chose("lee", away_from=NOON, cover="worker:kim")
    kim = chose("kim", away_from=NOON, cover="worker:lee")
    (found,) = reached(told(), circle(rule(Whom.ROLE, "team_lead"), chosen=[lee, kim]))
    assert found.principal == "worker:lee"


def test_a_cover_ends_with_the_absence() -> None:
    back = chose("lee", away_from=NOON - timedelta(days=2), away_until=NOON, cover="worker:kim")
    (found,) = reached(told(), circle(rule(Whom.ROLE, "team_lead"), chosen=[back]))
    assert found.principal == "worker:lee"


def test_what_is_routine_waits_for_the_hours_and_what_is_urgent_does_not() -> None:
    evenings = Hours(begins=time(18), ends=time(22))
    lee = chose("lee", hours=evenings, phone="07700 900123")
    here = circle(rule(Whom.ROLE, "team_lead"), chosen=[lee])
    ((quiet,),) = [one.ways for one in reached(told(), here)]
    assert quiet.due_at == NOON + timedelta(hours=6)
    (found,) = reached(told(Urgency.URGENT), here)
    assert [(way.channel, way.due_at) for way in found.ways] == [
        (Channel.EMAIL, NOON),
        (Channel.SMS, NOON),
    ]


def test_what_is_routine_comes_in_the_digest_and_what_is_urgent_by_itself() -> None:
    lee = chose("lee", digest_at=time(16, 30))
    here = circle(rule(Whom.ROLE, "team_lead"), chosen=[lee])
    ((routine,),) = [one.ways for one in reached(told(), here)]
    assert (routine.digest, routine.due_at) == (True, NOON + timedelta(hours=4, minutes=30))
    ((urgent,),) = [one.ways for one in reached(told(Urgency.URGENT), here)]
    assert (urgent.digest, urgent.due_at) == (False, NOON)


def test_whoever_gave_no_address_is_named_with_no_way() -> None:
    (found,) = reached(told(), circle(rule(Whom.ROLE, "team_lead")))
    assert found.ways == ()
