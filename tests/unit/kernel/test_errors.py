"""Every refusal has a stable code and says what to do; none repeats what was sent."""

import inspect
import re

import pytest

from onward import errors
from onward.errors import NotFoundError, OnwardError, Poison, Refused, Retryable

RAISED = [
    made
    for _, made in inspect.getmembers(errors, inspect.isclass)
    if issubclass(made, OnwardError) and made is not OnwardError
]


@pytest.mark.parametrize("made", RAISED)
def test_every_error_belongs_to_one_family(made: type[OnwardError]) -> None:
    families = [family for family in (Refused, Retryable, Poison) if issubclass(made, family)]
    assert len(families) == 1
    assert made.__doc__


@pytest.mark.parametrize("refused", [errors.StaleVersionError(7), errors.VersionMissingError()])
def test_a_refusal_tells_what_to_do(refused: Refused) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", refused.code)
    assert refused.detail.endswith(".")


def test_a_stale_version_tells_the_current_one() -> None:
    assert errors.StaleVersionError(7).extra == {"current_version": 7}


def test_what_is_not_there_and_what_is_not_yours_read_the_same() -> None:
    assert "no such handoff, or it is not yours" in NotFoundError("handoff").detail


def test_the_text_of_a_poison_is_its_code_alone() -> None:
    assert str(Poison("no-such-service")) == "no-such-service"
