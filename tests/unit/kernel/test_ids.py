"""Ids and what people quote of them."""

from uuid import UUID

import pytest

from onward.ids import new_id, quoted, reference, spelt


def test_a_reference_is_short_enough_to_read_out() -> None:
    assert reference(UUID("01a20497-0000-7000-8000-00003f2a91bc")) == "3F2A-91BC"


def test_what_is_made_at_the_same_time_is_quoted_differently() -> None:
    assert len({reference(new_id()) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "heard",
    [
        "3F2A-91B0",
        "3f2a91b0",
        " 3f2a 91b0 ",
        "3F2A \N{EN DASH} 91BO",
        "3F2A-9lBo",
        "3 F 2 A 9 i b 0",
    ],
)
def test_a_reference_is_understood_as_people_write_it_down(heard: str) -> None:
    found = quoted(heard)
    assert found
    assert spelt(found) == "3F2A-91B0"


@pytest.mark.parametrize(
    "typed", ["", "3F2A", "3F2A-91B", "3F2A-91B0-1", "Sam Marsh", "3F2A-91BG", "\u0663" * 8]
)
def test_what_is_no_reference_is_not_taken_for_one(typed: str) -> None:
    assert quoted(typed) is None
