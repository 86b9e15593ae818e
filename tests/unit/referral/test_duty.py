"""The duty to refer: to whom, and how little travels with it."""

from typing import Any

import pytest

from onward.errors import InvalidError
from services.referral.domain.duty import notification

TOLD: dict[str, Any] = {
    "identity": {"given_name": "Samuel", "family_name": "Quillfeather"},
    "contact": {"phone": "07700 900123"},
    "housing": {"summary": "Asked to leave by Friday."},
    "health": {"summary": "Asthma."},
}


def test_a_notification_tells_who_why_and_how_to_reach_them_and_no_more() -> None:
    assert list(notification(TOLD, recipient_kind="council")) == ["identity", "contact", "housing"]


@pytest.mark.parametrize(
    ("without", "pointer"),
    [
        ({"contact": {"rules": ["never-call"]}}, "/person/contact"),
        ({"housing": {}}, "/sections/housing"),
        ({"identity": {}}, "/person"),
    ],
)
def test_a_notification_that_could_not_be_followed_up_is_refused(
    without: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidError, match="duty-to-refer-incomplete") as refusal:
        notification({**TOLD, **without}, recipient_kind="council")
    assert [error.pointer for error in refusal.value.errors] == [pointer]


@pytest.mark.parametrize("kind", ["charity", None])
def test_the_duty_is_owed_to_a_council(kind: str | None) -> None:
    with pytest.raises(InvalidError, match="duty-to-refer-to-council"):
        notification(TOLD, recipient_kind=kind)
