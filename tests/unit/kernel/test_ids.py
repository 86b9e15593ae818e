"""Ids and what people quote of them."""

from uuid import UUID

from onward.ids import new_id, reference


def test_a_reference_is_short_enough_to_read_out() -> None:
    assert reference(UUID("01a20497-0000-7000-8000-00003f2a91bc")) == "3F2A-91BC"


def test_what_is_made_at_the_same_time_is_quoted_differently() -> None:
    assert len({reference(new_id()) for _ in range(100)}) == 100
