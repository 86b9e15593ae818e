"""The matrix tells what holds between two organisations, what it lacks, and what will lapse soon."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.agreements import Agreement
from services.directory.domain.sharing import SOON, Standing, between, matrix

TODAY = date(2026, 11, 22)
WARD, HOUSE, ADVISERS = (UUID(int=number) for number in (1, 2, 3))


def agreement(**facts: Any) -> Agreement:
    said: dict[str, Any] = {
        "id": UUID(int=9),
        "from_organisation": WARD,
        "to_organisation": HOUSE,
        "purposes": ("direct-care",),
        "sections": ("housing", "risk"),
        "lawful_basis": "direct-care",
        "valid_from": date(2026, 1, 1),
    }
    return Agreement(**said | facts)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("agreements", "standing"),
    [
        ([], Standing.NOTHING),
        ([agreement(valid_until=day(-1))], Standing.NOTHING),
        ([agreement(valid_from=day(1))], Standing.PLANNED),
        ([agreement(sections=("risk",))], Standing.GAPS),
        ([agreement(sections=("risk",)), agreement(sections=("housing",))], Standing.HOLDS),
        ([agreement(valid_until=TODAY)], Standing.ENDING),
        ([agreement(valid_until=day(29))], Standing.ENDING),
        ([agreement(valid_until=day(30))], Standing.HOLDS),
        ([agreement(valid_until=day(5)), agreement(valid_from=day(6))], Standing.HOLDS),
        (
            [agreement(valid_until=day(5)), agreement(valid_from=day(6), sections=("risk",))],
            Standing.ENDING,
        ),
    ],
    ids=[
        "none",
        "over",
        "begins-later",
        "part",
        "two-parts",
        "ends-today",
        "ends-soon",
        "ends-later",
        "continued",
        "continued-in-part",
    ],
)
def test_how_it_stands_follows_from_what_may_be_shared_today_and_in_thirty_days(
    agreements: list[Agreement], standing: Standing
) -> None:
    found = between((WARD, HOUSE), agreements, {"housing", "risk"}, today=TODAY)

    assert found.standing is standing


def test_what_lacks_is_named_and_the_day_on_which_the_first_part_ends() -> None:
    agreements = [
        agreement(sections=("risk",), valid_until=day(20)),
        agreement(sections=("health",), valid_until=day(10)),
    ]

    found = between((WARD, HOUSE), agreements, {"housing", "risk"}, today=TODAY)

    assert (found.covered, found.missing, found.ends_on) == (
        ("health", "risk"),
        ("housing",),
        day(10),
    )


def test_what_one_shares_says_nothing_of_the_other_way() -> None:
    cells = matrix([WARD, HOUSE, ADVISERS], [agreement()], {WARD: {"housing"}}, today=TODAY)

    assert len(cells) == 6
    assert {pair for pair, cell in cells.items() if cell.standing is not Standing.NOTHING} == {
        (WARD, HOUSE)
    }


@given(
    st.lists(
        st.builds(
            lambda start, length, sections: agreement(
                valid_from=day(start),
                valid_until=None if length is None else day(start + length),
                sections=tuple(sections),
            ),
            st.integers(-100, 100),
            st.none() | st.integers(0, 150),
            st.sets(st.sampled_from(["housing", "risk", "health"]), min_size=1),
        )
    ),
    st.sets(st.sampled_from(["housing", "risk"])),
)
def test_it_says_holds_only_where_everything_asked_for_may_be_shared_today_and_soon(
    agreements: list[Agreement], asked: set[str]
) -> None:
    found = between((WARD, HOUSE), agreements, asked, today=TODAY)

    if found.standing is Standing.HOLDS:
        for on in (TODAY, TODAY + SOON):
            held = {code for one in agreements if one.holds_on(on) for code in one.sections}
            assert asked | set(found.covered) <= held
    assert (found.ends_on is not None) <= (found.ends_on is None or found.ends_on < TODAY + SOON)
