"""Codes are written out where people read them: in the catalogues of pages, in the declared events."""

import re

import pytest

from onward.catalogue import described
from onward.contracts import referral
from onward.contracts.base import Event
from onward.web.pages import words
from services.referral.domain.handoff import Intent
from services.referral.domain.measures import COUNTS
from services.referral.domain.moves import Action
from services.referral.domain.reasons import OUTCOMES, REASONS
from services.referral.domain.routing import BASES
from services.referral.web.codes import SPELT
from services.referral.web.wording import NEEDS


def test_every_code_that_is_written_as_words_can_be_translated() -> None:
    codes = [*Intent, *BASES, *COUNTS, *NEEDS, "identity", "contact", "day", "month", "year"]
    assert {words(code) for code in codes} <= set(SPELT)


@pytest.mark.parametrize(
    ("event", "field", "codes"),
    [
        (referral.HandoffRejected, "reason", [each.code for each in REASONS[Action.REJECT]]),
        (referral.HandoffCancelled, "reason", [each.code for each in REASONS[Action.CANCEL]]),
        (referral.HandoffPutOnHold, "reason", [each.code for each in REASONS[Action.HOLD]]),
        (referral.HandoffFailed, "reason", [each.code for each in REASONS[Action.FAIL]]),
        (
            referral.HandoffEnteredInError,
            "reason",
            [each.code for each in REASONS[Action.MARK_IN_ERROR]],
        ),
        (referral.HandoffCompleted, "outcome", list(OUTCOMES)),
    ],
)
def test_who_hears_an_event_reads_every_code_that_it_may_carry(
    event: type[Event], field: str, codes: list[str]
) -> None:
    (text,) = [each.description for each in described(event) if each.name == field]
    assert re.findall("`(.+?)`", text) == codes
