"""What pages write as words out of codes stands in the catalogues."""

from onward.web.pages import words
from services.referral.domain.handoff import Intent
from services.referral.domain.measures import COUNTS
from services.referral.domain.routing import BASES
from services.referral.web.codes import SPELT
from services.referral.web.wording import NEEDS


def test_every_code_that_is_written_as_words_can_be_translated() -> None:
    codes = [*Intent, *BASES, *COUNTS, *NEEDS, "identity", "contact", "day", "month", "year"]
    assert {words(code) for code in codes} <= set(SPELT)
