"""A sender killed between sending and noting it: the message comes again, under the same id."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from onward.clock import ManualClock, SystemClock
from onward.service import RunningService
from services.notification.timers.mail import send_mail
from tests.integration.notification.conftest import Hear, Rows, World
from tests.integration.notification.story import requested
from tests.support.receiver import Receiver
from tests.support.smtp import MailServer

KILLED = 137


def killed_while_sending(running: RunningService, what: str, *, commit: int) -> int:
    """Send in another process that dies before its *commit*-th commit of a change; return its exit code."""
    settings = running.settings
    environment = {
        **os.environ,
        "ONWARD_CRASH_AT": f"before-commit:{commit}",
        "ONWARD_NOTIFICATION_DATABASE_URL": settings.database_url,
        "ONWARD_AMQP_URI": settings.amqp_uri,
        "ONWARD_SECRET_KEY": settings.secret_key,
        "ONWARD_SMTP_URL": settings.smtp_url or "",
        "ONWARD_WEBHOOK_ALLOW": " ".join(settings.webhook_allow),
    }
    command = [sys.executable, "-m", "tests.integration.notification.dying_sender", what]
    return subprocess.run(command, env=environment, check=False, timeout=60).returncode


@pytest.fixture
def clock() -> ManualClock:
    """Stand at this moment: the dying process, whose clock is the machine's, finds due what is due now."""
    return ManualClock(SystemClock().now())


def test_webhooks_sent_but_not_noted_are_sent_again_in_their_order_and_noted_once(
    directory: None, world: World, rows: Rows, receiver: Receiver
) -> None:
    world.add_webhook()
    told = [str(world.hear(requested())[0].id) for _ in range(3)]
    # claiming, then the commit that notes the deliveries
    assert killed_while_sending(world.running, "webhooks", commit=2) == KILLED
    assert [call.id for call in receiver.calls] == told
    state = "SELECT status, attempts FROM messages WHERE channel = 'webhook'"
    assert rows(state) == [("waiting", 0)] * 3
    world.clock.advance(timedelta(minutes=5))
    world.deliver()
    assert [call.id for call in receiver.calls] == told + told
    assert [call.body for call in receiver.calls[3:]] == [call.body for call in receiver.calls[:3]]
    assert rows(state) == [("delivered", 1)] * 3
    assert len(rows("SELECT 1 FROM outbox WHERE key = 'notification.delivered.v1'")) == 3


def test_a_mail_sent_but_not_noted_is_sent_again_under_the_same_message_id(
    directory: None,
    hear: Hear,
    running: RunningService,
    mail_server: MailServer,
    clock: ManualClock,
    rows: Rows,
) -> None:
    hear(requested())
    # claiming, then the commit that notes the delivery
    assert killed_while_sending(running, "mail", commit=2) == KILLED
    assert len(mail_server.mails) == 1
    clock.advance(timedelta(minutes=10))
    send_mail(running)
    first, second = mail_server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert rows("SELECT status FROM messages WHERE channel = 'email'") == [("delivered",)]
