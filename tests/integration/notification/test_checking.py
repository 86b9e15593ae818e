"""A developer pastes what their receiver got, and is told whether the signature fits, or what is wrong."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from werkzeug.test import TestResponse

from tests.integration.notification.conftest import Browse, World
from tests.integration.notification.story import EVE, LEE, requested
from tests.integration.notification.test_pages import press
from tests.support.receiver import Call

CURRENT = "The signature fits: it was made with the secret of this webhook."
OLD = "The signature fits the old secret."
REWRITTEN = "your receiver has parsed the body"
NONE = "No signature fits."
LATE = "more than five minutes from now"
Check = Callable[..., str]


@pytest.fixture
def page(world: World) -> str:
    """Add a webhook and let it be called once; return its page."""
    page = f"/integrations/{world.add_webhook()['id']}"
    world.hear(requested())
    world.deliver()
    return page


@pytest.fixture
def call(world: World, page: str) -> Call:
    (call,) = world.receiver.calls
    return call


@pytest.fixture
def check(page: str, call: Call, browse: Browse) -> Check:
    """Paste what was got, but for what is said; return the page that answers."""

    def pasted(**said: str) -> str:
        got = {
            "id": call.headers["webhook-id"],
            "timestamp": call.headers["webhook-timestamp"],
            "signatures": call.headers["webhook-signature"],
            "body": call.body.decode(),
        }
        answer: TestResponse = press(browse(LEE), page, f"{page}/check#check", **{**got, **said})
        assert answer.status_code == 200
        return answer.text

    return pasted


def test_what_was_sent_fits_with_an_end_of_line_too(check: Check, call: Call) -> None:
    assert CURRENT in check()
    said = check(body=f"{call.body.decode()}\r\n")
    assert CURRENT in said
    assert LATE not in said


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "01900000-0000-7000-8000-000000000000"},
        {"timestamp": "1"},
        {"timestamp": "now"},
        {"timestamp": "9" * 40},
        {"signatures": "v1,AAAA"},
        {"signatures": ""},
        {"body": "{}"},
        {"body": "Sam\N{SNOWMAN}"},
    ],
    ids=lambda changed: "-".join(f"{name}" for name in changed),
)
def test_what_was_not_sent_so_does_not_fit(check: Check, changed: dict[str, str]) -> None:
    said = check(**changed)
    assert NONE in said
    assert CURRENT not in said


def test_a_body_that_was_parsed_and_written_anew_is_known_as_such(
    check: Check, call: Call
) -> None:
    assert REWRITTEN in check(body=json.dumps(json.loads(call.body), indent=2))


def test_an_old_message_fits_and_is_said_to_be_too_old(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC) + timedelta(minutes=6)
    monkeypatch.setattr("services.notification.web.integrations.signing_clock.now", lambda: later)
    said = check()
    assert CURRENT in said
    assert LATE in said


def test_the_secret_before_a_rotation_is_named_while_it_signs(
    world: World, page: str, check: Check, browse: Browse
) -> None:
    press(browse(LEE), page, f"{page}/rotate")
    assert OLD in check()
    world.clock.advance(timedelta(hours=24))
    assert NONE in check()


def test_nobody_checks_by_anothers_secrets_or_those_of_what_is_off(
    page: str, browse: Browse
) -> None:
    lee = browse(LEE)
    press(lee, page, f"{page}/disable")
    assert "Check a signature" not in lee.get(page).text
    token = partial(press, browse(EVE), "/integrations")
    with pytest.raises(AssertionError, match="no form"):
        token(f"{page}/check")
    assert browse(EVE).get(page).status_code == 404
