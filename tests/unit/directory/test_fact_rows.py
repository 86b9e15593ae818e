"""What an entry states, as the rows of its page."""

from datetime import date
from uuid import UUID

import pytest

from services.directory.domain.facts import Area, By, Course, Funder, Host, Post, Related, Relation
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Limits, Service, ServiceStatus
from services.directory.web.rows import Names, area_lines, service_rows

MIND, TRUST, HOUSE = UUID(int=1), UUID(int=2), UUID(int=3)
NAMES = Names(
    organisations={MIND: "Mind", TRUST: "Trust"}, services={HOUSE: "Stepdown House"}, programmes={}
)


def service(**said: object) -> Service:
    plain: dict[str, object] = {
        "id": UUID(int=9),
        "name": "Course",
        "summary": "A course.",
        "status": ServiceStatus.ACTIVE,
        "recipient": MIND,
        "providers": (MIND,),
        "capacity_kind": CapacityKind.COHORT,
    }
    return Service(**{**plain, **said})  # type: ignore[arg-type]


def said(row: str, entry: Service) -> list[str]:
    """Return the lines under one key as they read."""
    lines = {one.key: one.lines for one in service_rows(entry, NAMES)}
    return [line.before + line.text for line in lines.get(row, ())]


@pytest.mark.parametrize(
    ("began", "words"),
    [("2015", "2015"), ("2019-11", "November 2019"), ("2018-04-09", "9 April 2018")],
)
def test_a_beginning_is_told_as_exactly_as_it_is_known(began: str, words: str) -> None:
    assert said("Since", service(began=began)) == [words]


def test_a_course_is_told_with_the_dates_that_are_known() -> None:
    spring = Course(label="Spring", starts_on=date(2026, 4, 7), places=8).dated(10)
    third = Course(label="Cohort 3", note="Begins later.")
    entry = service(courses=(spring, third), limits=Limits(course_weeks=10))

    assert said("Courses", entry) == [
        "Spring: from 7 April 2026 to 16 June 2026, 8 places",
        "Cohort 3. Begins later.",
    ]
    assert said("Course", entry) == ["10 weeks"]


def test_embedded_workers_are_told_with_who_employs_and_who_hosts_them() -> None:
    entry = service(
        hosts=(
            Host(name="Inpatient team", organisation=TRUST),
            Host(name="GP practices", count=43),
        ),
        posts=(Post(title="Co-ordinator", count=3, full_time=True, employer=MIND),),
    )

    assert said("Workers sit in", entry) == ["Inpatient team: Trust", "43 GP practices"]
    assert said("Who works there", entry) == ["Co-ordinator: 3, full time, employed by Mind"]


def test_who_pays_and_what_goes_with_it_is_told_by_name_where_the_directory_lists_it() -> None:
    entry = service(
        funders=(Funder(organisation=TRUST, scheme="Grant"), Funder(scheme="National scheme")),
        related=(
            Related(kind=Relation.SUPPORTS, service=HOUSE),
            Related(kind=Relation.SIGNPOSTS_TO, name="Health walks"),
        ),
    )

    assert said("Paid for by", entry) == ["Grant: Trust", "National scheme"]
    assert said("Goes with", entry) == [
        "Helps people into Stepdown House",
        "Points people to Health walks",
    ]


def test_nothing_is_told_of_what_is_not_stated() -> None:
    keys = {row.key for row in service_rows(service(providers=(), recipient=TRUST), NAMES)}

    assert keys == {"Answers referrals", "Counts"}


def test_an_area_says_what_ties_somebody_to_it() -> None:
    entry = service(areas=(Area(name="Oxfordshire"), Area(name="Hackney", by=By.REGISTRATION)))

    assert area_lines(entry) == (
        "People who live in Oxfordshire",
        "People registered with a GP practice in Hackney",
    )
