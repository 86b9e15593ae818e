"""What a recipient may go on reading as consent changes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.consent import Stop, ended, readable, stopped
from services.referral.domain.pack import Consent, Sections, disclosed, field_names
from services.referral.domain.routing import BASES
from services.referral.domain.sections import Sensitivity, highest, sensitivity

TODAY = date(2026, 11, 22)
TOLD: Sections = {
    "identity": {"given_name": "Samuel"},
    "contact": {"rules": ["never-call"], "phone": "07700 900123"},
    "risk": {"summary": "low"},
}
RESTING = sorted(code for code, basis in BASES.items() if not basis.stands)
STANDING = sorted(code for code, basis in BASES.items() if basis.stands)


@pytest.mark.parametrize("basis", RESTING)
def test_withdrawing_closes_everything_told_on_the_persons_word(basis: str) -> None:
    consent = Consent(given=False, withdrawn=True)
    assert readable(TOLD, consent, basis=basis, on=TODAY) == {}
    assert set(stopped(field_names(TOLD), consent, basis=basis, on=TODAY).values()) == {
        Stop.WITHDRAWN
    }


@pytest.mark.parametrize("basis", STANDING)
def test_what_a_duty_or_a_danger_demands_stays_readable(basis: str) -> None:
    consent = Consent(given=False, withdrawn=True, withheld=frozenset({"risk"}))
    assert readable(TOLD, consent, basis=basis, on=TODAY) == TOLD
    assert ended(consent, basis=basis, on=TODAY) is None


def test_consent_holds_to_the_end_of_its_last_day() -> None:
    consent = Consent(given=True, until=TODAY)
    assert ended(consent, basis="consent", on=TODAY) is None
    assert ended(consent, basis="consent", on=TODAY + timedelta(days=1)) is Stop.EXPIRED


def test_consent_that_was_never_asked_for_ends_nothing() -> None:
    assert readable(TOLD, Consent(given=False), basis="direct-care", on=TODAY) == TOLD


def test_what_must_never_happen_is_read_before_how_to_get_in_touch() -> None:
    consent = Consent(given=True, withheld=frozenset({"contact.rules", "risk"}))
    told = disclosed(TOLD, asked=TOLD, agreed=None, consent=consent)
    assert list(told["contact"]) == ["rules", "phone"]
    assert readable(TOLD, consent, basis="consent", on=TODAY)["contact"] == TOLD["contact"]


@given(
    withheld=st.frozensets(
        st.sampled_from(["identity", "contact", "risk", "risk.summary", "contact.phone"])
    ),
    withdrawn=st.booleans(),
    until=st.none() | st.dates(),
    basis=st.sampled_from([*BASES, None]),
)
def test_every_field_is_either_readable_or_stopped_for_a_reason(
    *, withheld: frozenset[str], withdrawn: bool, until: date | None, basis: str | None
) -> None:
    consent = Consent(given=True, withheld=withheld, until=until, withdrawn=withdrawn)
    open_ = set(field_names(readable(TOLD, consent, basis=basis, on=TODAY)))
    closed = set(stopped(field_names(TOLD), consent, basis=basis, on=TODAY))
    assert open_ | closed == set(field_names(TOLD))
    assert not open_ & closed


def test_a_section_nobody_has_classed_counts_as_sensitive() -> None:
    assert sensitivity("new-thing.summary") is Sensitivity.SPECIAL
    assert sensitivity("contact.address") is Sensitivity.RESTRICTED
    assert highest(["identity.given_name", "risk.summary", "health.summary"]) is (
        Sensitivity.RESTRICTED
    )
    assert highest([]) is None
