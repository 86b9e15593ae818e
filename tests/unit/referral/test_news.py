"""What is news to the person it is about, and what the one message may be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.delivery.hours import LONDON
from services.referral.domain.handoff import Intent
from services.referral.domain.moves import Status
from services.referral.domain.news import HOURS, Kind, Times, news_of, next_safe
from services.referral.domain.news_words import ENGLISH, WELSH, Words, words_in
from tests.unit.referral import examples

MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(times=st.sampled_from(Times), at=MOMENTS)
def test_nobody_is_ever_told_outside_the_hours_they_chose(times: Times, at: datetime) -> None:
    safe = next_safe(times, at)
    assert safe >= at
    assert HOURS[times].begins <= safe.astimezone(LONDON).time() < HOURS[times].ends


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.ACCEPTED, Kind.ACCEPTED),
        (Status.OFFERED, Kind.OFFERED),
        (Status.REJECTED, Kind.DECLINED),
        (Status.ACKNOWLEDGED, None),
        (Status.ENTERED_IN_ERROR, None),
    ],
)
def test_where_a_move_leads_decides_whether_it_is_news(status: Status, kind: Kind | None) -> None:
    before = examples.handoff(status=Status.REQUESTED)
    assert news_of(before, replace(before, status=status)) is kind
    after = replace(before, status=status)
    assert news_of(after, replace(after, version=9)) is None, "nothing moved"


def test_a_transfer_that_begins_is_news_and_its_end_is_not() -> None:
    before = examples.handoff(status=Status.OFFERED, intent=Intent.TRANSFER)
    begun = replace(before, status=Status.IN_PROGRESS, started_at=before.created_at)
    assert news_of(before, begun) is Kind.HANDED_OVER
    assert news_of(begun, replace(begun, status=Status.COMPLETED)) is None


@pytest.mark.parametrize("words", [ENGLISH, WELSH])
def test_the_message_fits_into_one_text_message(words: Words) -> None:
    assert len(words.text) <= 160
    assert words.text.isascii(), "another alphabet halves what fits"


@pytest.mark.parametrize(
    ("language", "words"),
    [("cy", WELSH), ("cy-GB", WELSH), ("Welsh", WELSH), ("Polish", ENGLISH), (None, ENGLISH)],
)
def test_the_message_is_in_welsh_for_who_reads_welsh(language: str | None, words: Words) -> None:
    assert words_in(language) is words
