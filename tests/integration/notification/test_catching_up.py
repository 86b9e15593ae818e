"""A partner's developer catches up: what was missed again, what waits when asked, made-up events to try."""

import json
import os
import re
import signal
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from standardwebhooks.webhooks import Webhook
from typer.testing import CliRunner

from onward.cli import events
from onward.cli.listening import this_machine
from onward.demo.client import System, UnexpectedError
from onward.ids import reference
from tests.integration.notification.conftest import World
from tests.integration.notification.story import CRM, EVE, LEE, MORNING, accepted, requested
from tests.integration.notification.test_pages import press
from tests.support.receiver import Receiver

WEBHOOKS = "/api/v1/webhooks"


def ask(world: World, method: str, path: str, body: Any = None, who: Any = CRM) -> Any:
    answer = world.client.open(path, method=method, json=body, headers=world.proof(who))
    return answer.json if answer.is_json else answer.status_code


def test_whatever_was_missed_since_a_moment_is_sent_again_under_its_own_ids(
    world: World, receiver: Receiver
) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}"
    world.hear(requested())
    world.deliver()
    world.clock.advance(timedelta(hours=1))
    receiver.answer = lambda _: 500
    world.hear(requested(), requested())
    world.deliver()
    receiver.answer = lambda _: 204
    receiver.calls.clear()
    since = (MORNING + timedelta(minutes=30)).isoformat()
    assert ask(world, "POST", f"{path}/replay", {"since": since}) == {"waiting": 2}
    world.deliver()
    assert ask(world, "GET", f"{path}/replay") == {"waiting": 0}
    assert len({call.id for call in receiver.calls}) == 2
    assert ask(world, "POST", f"{path}/replay", {"since": since}, EVE)["code"] == "not-found"
    ask(world, "POST", f"{path}/disable")
    refused = ask(world, "POST", f"{path}/replay", {"since": since})
    assert refused["code"] == "endpoint-disabled"
    ask(world, "POST", f"{path}/enable")
    to_come = (MORNING + timedelta(hours=2)).isoformat()
    refused = ask(world, "POST", f"{path}/replay", {"since": to_come})
    assert refused["code"] == "since-to-come"
    assert refused["errors"][0]["pointer"] == "/since"


def test_the_delivery_log_is_searched_by_outcome_event_and_referral(
    world: World, receiver: Receiver
) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}/deliveries"
    one, other = requested(), requested()
    receiver.answer = lambda call: 204 if str(one.referral_id) in str(call.said) else 500
    world.hear(one)
    world.deliver()
    world.hear(accepted(one))
    world.deliver()
    world.hear(other)
    world.deliver()
    found = partial(ask, world, "GET")
    (failed,) = found(f"{path}?status=waiting")
    assert failed["about"] == str(other.referral_id)
    assert len(found(f"{path}?type=referral.handoff-requested.v1")) == 2
    assert len(found(f"{path}?referral_id={one.referral_id}")) == 2
    assert found(f"{path}?type=referral.no-such.v1")["code"] == "invalid"
    assert len(found(f"{path}?reference={reference(one.handoff_id)}")) == 2
    page = found(f"{path}?referral_id={one.referral_id}&limit=1")
    assert len(page) == 1


def test_an_event_of_any_kind_can_be_made_up_and_says_so(world: World, receiver: Receiver) -> None:
    path = f"{WEBHOOKS}/{world.add_webhook()['id']}/test"
    for kind in ("referral.handoff-offered.v1", "directory.place-refused.v1"):
        assert ask(world, "POST", path, {"type": kind})["type"] == kind
    world.deliver()
    for call in receiver.calls:
        assert call.said["data"]["made_up"] is True
    offered, refused = (call.said for call in receiver.calls)
    facts = offered["data"]
    assert facts["lapses_at"]
    assert offered["links"]["handoff"].endswith(f"/api/v1/handoffs/{facts['handoff_id']}")
    assert offered["links"]["page"].endswith(f"/referrals/{facts['referral_id']}")
    assert len({facts[name] for name in ("handoff_id", "referral_id", "sender", "recipient")}) == 4
    assert refused["data"]["code"] == "no-ledger"
    assert ask(world, "POST", path, {"type": "referral.no-such.v1"})["code"] == "invalid"


def test_who_asks_for_what_waits_gets_it_signed_until_it_is_settled(world: World) -> None:
    made = ask(world, "POST", WEBHOOKS, {"url": "pull:laptop", "events": ["*"]})
    path = f"{WEBHOOKS}/{made['id']}/pull"
    world.hear(requested())
    world.deliver()
    (first,) = ask(world, "POST", path)
    told = Webhook(made["secret"]).verify(first["body"], first["headers"])
    assert told["type"] == "referral.handoff-requested.v1"
    assert ask(world, "POST", path) == []
    world.clock.advance(timedelta(seconds=31))
    (again,) = ask(world, "POST", path)
    assert again["id"] == first["id"]
    failed = {"settled": [{"id": again["id"], "code": "http-500", "status_code": 500}]}
    assert ask(world, "POST", path, failed) == []
    world.clock.advance(timedelta(seconds=5))
    (third,) = ask(world, "POST", path)
    assert ask(world, "POST", path, {"settled": [{"id": third["id"]}]}) == []
    (logged,) = ask(world, "GET", f"{WEBHOOKS}/{made['id']}/deliveries")
    assert logged["status"] == "delivered"
    assert [attempt["code"] for attempt in logged["attempts"]] == [None, "http-500"]
    sent_to = world.add_webhook()
    assert ask(world, "POST", f"{WEBHOOKS}/{sent_to['id']}/pull")["code"] == "endpoint-sent-to"
    for address in ("pull:", "pull:two words", "pull:" + "x" * 41):
        refused = ask(world, "POST", WEBHOOKS, {"url": address, "events": ["*"]})
        assert refused["code"] == "webhook-url"


def test_a_mark_says_which_notices_were_not_there(world: World) -> None:
    world.hear(requested())
    (notice,) = ask(world, "GET", "/api/v1/notifications")
    unknown = "0190cafe-0000-7000-8000-000000000000"
    marked = ask(world, "POST", "/api/v1/notifications/read", {"ids": [unknown, notice["id"]]})
    assert marked == {"marked": 1, "missing": [unknown]}


def test_what_was_missed_is_sent_again_on_the_page_and_found_there(
    world: World, receiver: Receiver, browse: Any
) -> None:
    page = f"/integrations/{world.add_webhook()['id']}"
    asked = requested()
    (sent,) = world.hear(asked)
    world.deliver()
    lee = browse(LEE)
    wrong = press(lee, page, f"{page}/replay", since="")
    assert wrong.status_code == 422
    assert "Choose a day." in wrong.text
    to_come = press(lee, page, f"{page}/replay", since=f"{MORNING + timedelta(days=1):%Y-%m-%d}")
    assert to_come.status_code == 422
    assert "Choose a day that has begun." in to_come.text
    done = press(lee, page, f"{page}/replay", since=f"{MORNING:%Y-%m-%d}")
    assert "1 message is on its way" in done.text
    world.deliver()
    assert len(receiver.calls) == 2
    assert "Nothing here matches." in lee.get(f"{page}?status=given_up&type=&referral=").text
    for sought in (reference(asked.handoff_id).lower(), str(asked.referral_id)):
        assert str(sent.id) in lee.get(f"{page}?referral={sought}").text, sought
    assert "Nothing here matches." in lee.get(f"{page}?referral=0000-0000").text
    misread = lee.get(f"{page}?referral=Sam")
    assert misread.status_code == 422
    assert "A reference has eight digits" in misread.text
    assert 'value="Sam"' in misread.text


@pytest.fixture
def me(tmp_path: Path) -> Path:
    """Lend a credentials file."""
    file = tmp_path / "me.json"
    kept = {"client_id": "crm", "client_secret": "s", "token_url": "http://onward.test/oauth"}
    file.write_text(json.dumps(kept))
    return file


@pytest.fixture
def reached(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Let the commands reach the service as Response's system."""
    real = httpx.Client

    def client(**options: Any) -> httpx.Client:
        transport = httpx.WSGITransport(app=world.client.application)
        return real(**{**options, "transport": transport})

    def authorise(self: System, request: httpx.Request) -> None:
        request.headers.update(world.proof(CRM))

    monkeypatch.setattr("onward.demo.client.httpx.Client", client)
    monkeypatch.setattr(System, "_authorise", authorise)
    return world


def test_a_developer_listens_on_a_laptop_and_passes_events_on(
    reached: World, me: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_: float) -> None:
        done = CliRunner().invoke(
            events.app, ["trigger", "referral.handoff-started.v1", "--credentials", str(me)]
        )
        assert "is on its way" in done.output, done.output

    monkeypatch.setattr("onward.cli.listening.time.sleep", Mock(side_effect=meanwhile))
    monkeypatch.setattr("onward.cli.listening.httpx.post", Mock(side_effect=_post))
    words = ["--forward-to", receiver.url, "--stop-after", "1"]
    first, again = listen(me, *words), listen(me, *words)
    assert "referral.handoff-started.v1" in first
    assert "taken" in first
    assert [call.said["data"]["made_up"] for call in receiver.calls] == [True, True]
    assert secret_in(first) == secret_in(again), "a program has to be told it once"
    (webhook,) = ask(reached, "GET", WEBHOOKS)
    assert (webhook["url"], webhook["status"]) == (f"pull:{this_machine()}", "disabled")
    log = ask(reached, "GET", f"{WEBHOOKS}/{webhook['id']}/deliveries")
    assert [each["status"] for each in log] == ["delivered", "delivered"]
    kept = me.with_stem("me-listening")
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()
    assert secret_in(listen(me, *words)) != secret_in(first)
    assert len(ask(reached, "GET", WEBHOOKS)) == 1


def listen(me: Path, *words: str) -> str:
    done = CliRunner().invoke(
        events.app, ["listen", "--credentials", str(me), *words], catch_exceptions=False
    )
    return done.output


def secret_in(said: str) -> str:
    return said.partition("signatures: ")[2].split()[0]


def test_who_listens_hears_on_when_the_platform_is_back(
    reached: World, me: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    troubles: list[Exception] = [
        httpx.ConnectError("refused"),
        UnexpectedError("Later.", status=503),
    ]
    really = System.post

    def post(self: System, path: str, *body: Any) -> Any:
        if path.endswith("/pull") and troubles:
            raise troubles.pop(0)
        return really(self, path, *body)

    def meanwhile(seconds: float) -> None:
        slept.append(seconds)
        if not troubles:
            reached.hear(requested())

    monkeypatch.setattr(System, "post", post)
    monkeypatch.setattr("onward.cli.listening.time.sleep", meanwhile)
    said = listen(me, "--stop-after", "1")
    assert slept[:2] == [0.2, 0.5]
    away, back = "The platform does not answer. Trying again until it does.", "It answers again."
    heard = "referral.handoff-requested.v1"
    assert re.findall(f"{away}|{back}|{heard}", said) == [away, back, heard]


def test_whose_webhook_a_colleague_took_over_is_told_what_to_do(
    reached: World, me: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_: float) -> None:
        (webhook,) = ask(reached, "GET", WEBHOOKS)
        ask(reached, "DELETE", f"{WEBHOOKS}/{webhook['id']}")

    monkeypatch.setattr("onward.cli.listening.time.sleep", meanwhile)
    with pytest.raises(UnexpectedError, match="give another with --name"):
        listen(me)


def test_a_developers_machine_stops_listening_when_it_is_told_to_end(
    reached: World, me: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = Mock(side_effect=lambda _: os.kill(os.getpid(), signal.SIGTERM))
    monkeypatch.setattr("onward.cli.listening.time.sleep", ends)
    assert "Stopped." in listen(me, "--name", "ward-server")
    (webhook,) = ask(reached, "GET", WEBHOOKS)
    assert (webhook["url"], webhook["status"]) == ("pull:ward-server", "disabled")


@pytest.mark.parametrize("address", ["3000", "localhost:3000/hooks", "ftp://x/", "http://"])
def test_an_address_that_nothing_can_be_forwarded_to_is_refused_at_once(
    reached: World, me: Path, address: str
) -> None:
    refused = listen(me, "--forward-to", address)
    assert "http://127.0.0.1:3000/hooks" in refused
    assert ask(reached, "GET", WEBHOOKS) == []


def _post(url: str, **options: Any) -> httpx.Response:
    with httpx.HTTPTransport() as transport:
        request = httpx.Request(
            "POST", url, content=options["content"], headers=options["headers"]
        )
        answer = transport.handle_request(request)
        answer.read()
        return answer


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
def test_a_developer_has_everything_sent_again(
    reached: World, me: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    reached.add_webhook()
    reached.hear(requested())
    reached.deliver()
    monkeypatch.setattr("onward.cli.events.time.sleep", lambda _: reached.deliver())
    words = ["replay", "--credentials", str(me), "--since", f"{MORNING:%Y-%m-%dT%H:%M:%S}{zone}"]
    done = CliRunner().invoke(events.app, [*words, "--webhook", receiver.url])
    assert "1 message to send again." in done.output, done.output
    assert len(receiver.calls) == 2
    nobody = CliRunner().invoke(events.app, [*words, "--webhook", "pull:nobody"])
    assert nobody.exit_code == 1
    assert "onward events listen" in str(getattr(nobody.exception, "detail", ""))
    to_come = ["replay", "--credentials", str(me), "--since", "2199-01-01"]
    refused = CliRunner().invoke(events.app, [*to_come, "--webhook", receiver.url])
    assert str(refused.exception).endswith(
        "since-to-come. Choose a moment that has passed. /since: Choose a moment that has passed."
    )
