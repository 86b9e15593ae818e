"""The typed client: what it sends again, what it never does, and what it raises."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from onward_client import AwayError, Handoff, Onward, ProblemError

ID = UUID(int=7)
HANDOFF = {
    "id": str(ID),
    "referral_id": str(ID),
    "service_id": str(ID),
    "status": "requested",
    "version": 3,
}
Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers in turn, and keeps what it was sent; tokens are given without counting."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[httpx.Request] = []
        self.tokens = 0
        self.slept: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/oauth/token":
            self.tokens += 1
            token = {"access_token": f"token-{self.tokens}", "expires_in": 300}
            return httpx.Response(200, json=token)
        self.sent.append(request)
        said = self.answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    def client(self) -> Onward:
        return Onward(
            "https://onward.test",
            "ward",
            "secret",
            transport=httpx.MockTransport(self.answer),
            sleep=self.slept.append,
        )


def busy(seconds: int) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": str(seconds)})


def handoff() -> Handoff:
    return Handoff.of(HANDOFF)


def test_a_line_that_broke_is_mended_under_the_same_key() -> None:
    server = Server(httpx.ReadError("broken"), busy(9), httpx.Response(200, json=HANDOFF))
    with server.client() as onward:
        assert onward.act(handoff(), "accept").version == 3
    keys = {request.headers["Idempotency-Key"] for request in server.sent}
    assert (len(server.sent), len(keys)) == (3, 1)
    assert {request.headers["If-Match"] for request in server.sent} == {'"3"'}
    assert server.slept == [0.2, 9.0]


def test_a_key_of_ones_own_is_used() -> None:
    server = Server(httpx.Response(200, json=HANDOFF))
    with server.client() as onward:
        onward.act(handoff(), "accept", key="record-4711")
    assert server.sent[0].headers["Idempotency-Key"] == "record-4711"


def test_what_cannot_carry_a_key_is_not_sent_again_after_a_line_that_broke() -> None:
    server = Server(httpx.ReadError("broken"))
    with server.client() as onward, pytest.raises(AwayError):
        onward.request("PUT", "/api/v1/subscriptions", body={}, version=0)
    assert len(server.sent) == 1


def test_five_tries_are_enough() -> None:
    server = Server(*[httpx.Response(503)] * 5)
    with server.client() as onward, pytest.raises(AwayError, match="answered 503"):
        onward.handoff(ID)
    assert server.slept == [0.2, 1.0, 3.0, 8.0]


def test_who_never_got_through_reads_why() -> None:
    server = Server(*[httpx.ConnectError("[Errno 111] Connection refused")] * 5)
    with (
        server.client() as onward,
        pytest.raises(AwayError, match=r"ConnectError.*refused") as away,
    ):
        onward.handoff(ID)
    assert isinstance(away.value.__cause__, httpx.ConnectError)


def test_a_secret_that_is_wrong_is_said_in_words() -> None:
    said = {"error": "invalid_client", "error_description": "Unknown client or wrong secret."}
    wrong = httpx.MockTransport(lambda _: httpx.Response(401, json=said))
    with (
        Onward("https://onward.test", "ward", "wrong", transport=wrong) as onward,
        pytest.raises(ProblemError) as refused,
    ):
        onward.handoff(ID)
    assert refused.value.code == "invalid_client"
    assert "wrong secret" in str(refused.value)


def test_a_refusal_says_what_to_change() -> None:
    problem = {
        "code": "invalid",
        "detail": "Change what is listed.",
        "errors": [{"pointer": "/service_id", "detail": "Not a valid UUID."}],
    }
    server = Server(httpx.Response(422, json=problem))
    with server.client() as onward, pytest.raises(ProblemError) as refused:
        onward.submit({})
    assert refused.value.code == "invalid"
    assert refused.value.errors[0].pointer == "/service_id"
    assert len(server.sent) == 1


def test_a_token_that_is_refused_is_fetched_anew_once() -> None:
    unknown = httpx.Response(401, json={"code": "token-expired"})
    server = Server(unknown, httpx.Response(200, json=HANDOFF), unknown, unknown)
    with server.client() as onward:
        onward.handoff(ID)
        assert server.sent[-1].headers["Authorization"] == "Bearer token-2"
        with pytest.raises(ProblemError):
            onward.handoff(ID)


def test_notifications_come_page_by_page() -> None:
    one = {
        "id": str(ID),
        "template": "handoff-requested",
        "urgency": "urgent",
        "text": "New referral for Stepdown House",
        "referral_id": str(ID),
        "handoff_id": None,
        "occurred_at": "2026-11-21T09:30:00+00:00",
        "read": False,
    }
    more = {"Link": '<https://onward.test/api/v1/notifications?after=x>; rel="next"'}
    server = Server(httpx.Response(200, json=[one], headers=more), httpx.Response(200, json=[one]))
    with server.client() as onward:
        assert [told.template for told in onward.notifications()] == ["handoff-requested"] * 2
    assert server.sent[1].url.params["after"] == "x"
