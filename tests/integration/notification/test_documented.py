"""The documented receiver takes what we sign, as it stands, once, and nothing else."""

from pathlib import Path

import httpx

from onward.servers.process import free_port
from tests.integration.notification.conftest import World
from tests.integration.notification.story import accepted, requested
from tests.support.documented import python, running_in, written
from tests.support.waiting import eventually

PORT = "3000"


def listens(url: str) -> bool:
    try:
        return httpx.get(url).is_error
    except httpx.TransportError:
        return False


def test_the_documented_receiver_prints_what_is_signed_once_and_refuses_the_rest(
    world: World, tmp_path: Path
) -> None:
    secret, port = world.add_webhook()["secret"], str(free_port())
    request = requested()
    world.hear(request)
    world.hear(accepted(request))
    world.deliver()
    first, second = world.receiver.calls
    program = written("docs/partners.md", "standardwebhooks.webhooks").replace(PORT, port)
    url = f"http://127.0.0.1:{port}/hooks"
    with running_in(tmp_path, python(tmp_path, program, secret)) as said:
        eventually(lambda: listens(url), within=20)
        answers = [
            httpx.post(url, content=body, headers=call.headers).status_code
            for call, body in (
                (first, first.body[::-1]),
                (first, first.body),
                (first, first.body),
                (second, second.body),
            )
        ]
        lines = [said.line().split() for _ in range(2)]
    assert answers == [400, 204, 204, 204]
    page = f"http://127.0.0.1:8080/referrals/{request.referral_id}"
    assert lines == [
        ["referral.handoff-requested.v1", page],
        ["referral.handoff-accepted.v1", page],
    ]
