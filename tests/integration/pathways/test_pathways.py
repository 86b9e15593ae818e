"""What each partnership says it does, done from start to end, by a clock that runs ahead."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from onward.clock import ManualClock
from tests.chaos.together import together
from tests.integration.pathways.partners import AMHT, OMHP, Partners, settle
from tests.support.databases import Databases

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
TEATIME, NO_DAY, DAY = time(16, 30), timedelta(), timedelta(days=1)
FAMILY_ACTION, CO_OPERATIVE = "Family Action", "Arts and Craft Co-operative"


@pytest.fixture(scope="module")
def partners(databases: Databases) -> Iterator[Partners]:
    """Lend the seeded partnerships; each test refers people of its own, and leaves no place taken."""
    with together(databases, ManualClock(MONDAY), "directory", "referral") as here:
        yield settle(here)


def test_a_step_down_is_reviewed_overstays_and_moves_on_and_the_next_gets_the_bed(
    partners: Partners,
) -> None:
    ward, house = partners.at(AMHT), partners.of("Stepdown House")
    sam, jo = ward.refers("Stepdown House"), ward.refers("Stepdown House", "Jo")
    assert house.does(sam, "accept") == "offered"
    assert house.does(jo, "accept") == "waitlisted"
    assert house.does(sam, "start") == "in_progress"
    partners.waits(days=10, minutes=1)
    assert [event.kind for event in partners.told("deadline-reached", sam)] == ["review"]
    partners.waits(days=4)
    assert {event.kind for event in partners.told("deadline-reached", sam)} == {"review", "stay"}
    assert house.does(sam, "complete", outcome="moved-on-to-supported-home") == "completed"
    assert house.status(jo) == "offered"
    assert house.does(jo, "start") == "in_progress"
    house.does(jo, "complete", outcome="moved-on-to-family")


def test_an_offer_that_nobody_takes_up_goes_to_the_next(partners: Partners) -> None:
    ward, house = partners.at(AMHT), partners.of("Stepdown House")
    first, second = ward.refers("Stepdown House"), ward.refers("Stepdown House", "Jo")
    house.does(first, "accept")
    house.does(second, "accept")
    partners.waits(days=3)
    assert partners.told("offer-lapsed", first)
    assert [house.status(first), house.status(second)] == ["waitlisted", "offered"]
    for one in (first, second):
        ward.does(one, "cancel", reason="no-longer-needed", sentence="Both have gone home.")


def test_housing_first_queues_for_a_flat_and_a_tenancy_is_sustained(partners: Partners) -> None:
    house, ward = partners.of("Stepdown House"), partners.at(AMHT)
    homes = partners.of("Housing First")
    stay = ward.refers("Stepdown House")
    house.does(stay, "accept", "start")
    onward = house.refers("Housing First", based_on=stay["referral_id"], intent="onward")
    assert onward["based_on"] == stay["referral_id"]
    others = [ward.refers("Housing First", f"Person {number}") for number in range(3)]
    stands = [homes.does(one, "accept") for one in (onward, *others)]
    assert stands == ["offered", "offered", "offered", "waitlisted"]  # three flats are there
    for one in (onward, *others[:2]):
        homes.does(one, "start")
    house.does(stay, "complete", outcome="moved-on-to-own-home")
    partners.waits(days=180)
    assert homes.status(onward) == "in_progress"
    assert homes.does(onward, "complete", outcome="tenancy-sustained") == "completed"
    assert homes.status(others[2]) == "offered"
    for one in others:
        homes.does(one, "cancel", reason="found-elsewhere", sentence="Housed by the council.")


def test_a_wellbeing_worker_gives_six_sessions_and_no_seventh(partners: Partners) -> None:
    workers = partners.of("Wellbeing Workers")
    handoff = partners.at(AMHT).refers("Wellbeing Workers")
    assert workers.does(handoff, "accept", "start") == "in_progress"
    workers.measures(handoff, "before", satisfied=3, worthwhile=4, happy=3, anxious=8)
    for _ in range(6):
        partners.waits(days=7)
        assert workers.meets(handoff).status_code == 200
    seventh = workers.meets(handoff)
    assert (seventh.status_code, seventh.json["code"]) == (409, "sessions-used-up")
    workers.measures(handoff, "after", satisfied=6, worthwhile=6, happy=6, anxious=4)
    assert workers.does(handoff, "complete", outcome="goals-reached") == "completed"
    assert partners.told("attendance-recorded", handoff)[-1].sessions == 6


def test_information_and_options_is_one_session(partners: Partners) -> None:
    workers = partners.of("Information and Option Workers")
    handoff = partners.at(AMHT).refers("Information and Option Workers")
    workers.does(handoff, "accept", "start")
    assert workers.meets(handoff).status_code == 200
    assert workers.meets(handoff).json["code"] == "sessions-used-up"
    assert workers.does(handoff, "complete", outcome="advice-given") == "completed"


def test_the_recovery_college_enrols_whoever_asks_until_its_course_is_full(
    partners: Partners,
) -> None:
    college = partners.at(OMHP)
    begins = date.fromordinal(partners.here.clock.now().toordinal() + 14)
    partners.add_place(
        "Oxfordshire Recovery College",
        label="Sleep, Abingdon",
        seats=2,
        enrols_until=str(begins),
        starts_on=str(begins),
        ends_on=str(begins + timedelta(weeks=6)),
    )
    asked = [
        college.refers(
            "Oxfordshire Recovery College",
            f"Student {number}",
            intent="self-referral",
            lawful_basis={"code": "consent"},
        )
        for number in range(3)
    ]
    stands = [college.does(one, "accept") for one in asked]
    assert stands == ["offered", "offered", "waitlisted"]
    assert college.does(asked[0], "start") == "in_progress"
    college.does(asked[1], "cancel", reason="person-withdrew", sentence="Has found work.")
    assert college.status(asked[2]) == "offered"
    college.does(asked[2], "start")
    assert college.does(asked[0], "complete", outcome="course-finished") == "completed"
    college.does(asked[2], "complete", outcome="course-finished")


def test_a_practice_a_social_prescriber_and_three_activities(partners: Partners) -> None:
    partners.agree("Riverside Surgery", FAMILY_ACTION)
    practice, prescriber = partners.at("Riverside Surgery"), partners.at(FAMILY_ACTION)
    handoff = practice.refers("Family Action Social Prescribing", needs=["company"])
    prescriber.does(handoff, "accept", "start")
    activities = {
        "Weekly arts and crafts": CO_OPERATIVE,
        "HIP volunteering groups": "Isle of Dogs Primary Care Network",
        "Restore Employment Specialists": "Restore",
    }
    for service, provider in activities.items():
        partners.agree(FAMILY_ACTION, provider)
        further = prescriber.tries(service, based_on=handoff["referral_id"], intent="onward")
        if service == "Restore Employment Specialists":
            assert further.json["code"] == "no-agreement"  # nothing covers what it asks for: work
            assert further.json["missing"] == {"sections": ["work"]}
            continue
        assert further.status_code == 201, further.json
        taken = further.json["handoff"]
        partners.of(service).does(taken, "accept", "start")
    assert prescriber.does(handoff, "complete", outcome="goals-reached") == "completed"


def test_benefits_advice_within_a_team_secures_an_income(partners: Partners) -> None:
    advisers = partners.of("Benefits for Better Mental Health")
    handoff = partners.at(AMHT).refers("Benefits for Better Mental Health", needs=["benefits"])
    assert (
        advisers.does(handoff, "ask", sentence="Is there a decision letter?") == "info_requested"
    )
    partners.at(AMHT).does(handoff, "answer", sentence="Yes, of 1 October.")
    assert advisers.does(handoff, "accept", "start") == "in_progress"
    partners.waits(days=200)
    assert advisers.does(handoff, "complete", outcome="benefits-secured") == "completed"


def test_a_tenancy_worker_declines_and_the_referral_goes_to_another(partners: Partners) -> None:
    ward = partners.at(AMHT)
    handoff = ward.refers("Tenancy sustainment worker")
    said = {"reason": "outside-area", "sentence": "Lives outside the city."}
    assert partners.of("Tenancy sustainment worker").does(handoff, "reject", **said) == "rejected"
    other = partners.services["Connection Support Mental Health Workers"]
    answer = ward.ask(
        "POST",
        f"/referrals/{handoff['referral_id']}/handoffs",
        json={
            "service_id": str(other["id"]),
            "sections": {"benefits": {"summary": "Two months of arrears."}},
        },
    )
    assert answer.status_code == 201, answer.json
    again = answer.json["handoff"]
    assert again["number"] == 2
    desk = partners.of("Connection Support Mental Health Workers")
    assert desk.does(again, "accept", "start") == "in_progress"
    assert desk.does(again, "complete", outcome="tenancy-sustained") == "completed"


def test_safe_haven_is_told_in_an_emergency_at_night(partners: Partners) -> None:
    partners.waits(hours=14)
    handoff = partners.at(AMHT).refers("Safe Haven", urgency="emergency", needs=["crisis"])
    haven = partners.of("Safe Haven")
    assert haven.get("/handoffs?urgency=emergency")[0]["handoff"]["id"] == handoff["id"]
    assert haven.does(handoff, "accept", "start") == "in_progress"
    assert haven.does(handoff, "complete", outcome="advice-given") == "completed"


def test_what_comes_on_friday_afternoon_is_due_on_monday_in_working_hours(
    partners: Partners,
) -> None:
    service = "Connection Support Mental Health Workers"
    partners.counts_in_its_hours(service, answer_hours=8)
    now = partners.here.clock.now()
    day = now.date() + timedelta(days=7 + 4 - now.weekday())
    friday, monday = (
        datetime.combine(day + later, TEATIME, LONDON) for later in (NO_DAY, 3 * DAY)
    )
    partners.waits(seconds=(friday.astimezone(UTC) - now).total_seconds())
    ward = partners.at(AMHT)
    routine = ward.refers(service, urgency="routine")
    urgent = ward.refers(service, "Jo", urgency="urgent")
    assert routine["counted_in"] == "working-hours"
    assert datetime.fromisoformat(routine["due"]["answer_by"]) == monday
    assert urgent["counted_in"] == "elapsed"
    assert datetime.fromisoformat(urgent["due"]["answer_by"]) == friday + timedelta(hours=8)
    partners.waits(days=2)
    assert partners.told("deadline-reached", routine) == []
    assert [event.due_at for event in partners.told("deadline-reached", urgent)][:1] == [
        friday + timedelta(hours=8)
    ]
    partners.waits(days=1, hours=1)
    reminded = partners.told("deadline-reached", routine)
    assert [(event.kind, event.rung) for event in reminded] == [("answer", 1)]
    for one in (routine, urgent):
        ward.does(one, "cancel", reason="no-longer-needed", sentence="Has found help.")


def test_what_is_only_planned_is_refused_politely(partners: Partners) -> None:
    refused = partners.at(AMHT).tries("OurSpace")
    assert (refused.status_code, refused.json["code"]) == (409, "service-planned")
    assert refused.json["detail"] == "The service has not opened yet: choose another."


def test_a_co_operative_with_more_demand_than_places_keeps_a_waiting_list(
    partners: Partners,
) -> None:
    partners.add_place("Weekly arts and crafts", label="Tuesdays", seats=2)
    circle = partners.at(CO_OPERATIVE)
    asked = [
        circle.refers(
            "Weekly arts and crafts",
            f"Maker {number}",
            intent="self-referral",
            lawful_basis={"code": "consent"},
        )
        for number in range(4)
    ]
    stands = [circle.does(one, "accept") for one in asked]
    assert stands == ["offered", "offered", "waitlisted", "waitlisted"]
    waiting = circle.get("/handoffs?status=waitlisted")
    assert [item["position"] for item in waiting] == [1, 2]
    circle.does(asked[0], "start")
    circle.does(asked[0], "fail", reason="person-left", sentence="Has moved to Bangor.")
    assert [circle.status(one) for one in asked[1:]] == ["offered", "offered", "waitlisted"]
    given_up = {"reason": "service-withdrew", "sentence": "No room this year."}
    assert circle.does(asked[3], "cancel", **given_up) == "cancelled"
