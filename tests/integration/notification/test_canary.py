"""A name and an NHS number that a faulty producer put where codes belong reach nobody."""

from dataclasses import fields
from datetime import datetime
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest

from onward.contracts.referral import HandoffEvent
from services.notification.domain.rules import heard
from services.notification.timers.mail import send_mail
from tests.integration.notification.conftest import Browse, World
from tests.integration.notification.story import ANN, HOUSE, KIM, MORNING, RESPONSE, WARD
from tests.support.smtp import MailServer

NAME, NHS_NUMBER = "Canaria", "9434765919"
CANARY = f"{NAME} {NHS_NUMBER}"
KNOWN = {"sender": WARD, "recipient": RESPONSE, "service_id": HOUSE}
VALUES: dict[Any, Any] = {int: 1, bool: True, datetime: MORNING}


def poisoned(made: type[HandoffEvent]) -> HandoffEvent:
    """Return an event of this type with the canary in each text."""
    hints = get_type_hints(made)
    return made(
        **{
            field.name: KNOWN.get(field.name) or _value(hints[field.name])
            for field in fields(made)
        }
    )


def _value(hint: Any) -> Any:
    kinds = [kind for kind in get_args(hint) or (hint,) if kind not in {type(None), Ellipsis}]
    if get_origin(hint) is tuple:
        return tuple(_value(kind) for kind in kinds)
    if kinds[0] is UUID:
        return uuid4()
    return VALUES.get(kinds[0], CANARY)


def test_it_is_in_no_mail_no_webhook_no_page_no_answer_no_event_and_no_log(
    directory: None,
    world: World,
    browse: Browse,
    mail_server: MailServer,
    capfd: pytest.CaptureFixture[str],
) -> None:
    events = [
        poisoned(made) for made in sorted(heard(), key=str) if issubclass(made, HandoffEvent)
    ]
    assert sum(CANARY in str(event) for event in events) >= 10
    webhook = world.add_webhook()
    world.hear(*events)
    send_mail(world.running)
    world.deliver()
    assert len(world.receiver.calls) == len(events)
    assert len(mail_server.mails) > 10
    shown = [
        *(str(call) for call in world.receiver.calls),
        *(mail.raw.decode() + mail.text for mail in mail_server.mails),
        *(
            world.client.get(path, headers=world.proof(who)).text
            for who in (KIM, ANN)
            for path in ("/api/v1/notifications", f"/api/v1/webhooks/{webhook['id']}/deliveries")
        ),
        browse(KIM).get("/notifications").text,
        *(row for (row,) in world.rows("SELECT convert_from(body, 'utf8') FROM outbox")),
        *(row for (row,) in world.rows("SELECT notices::text FROM notices")),
        *(row for (row,) in world.rows("SELECT messages::text FROM messages")),
        *(
            row
            for (row,) in world.rows(
                "SELECT convert_from(facts, 'utf8') FROM messages WHERE facts IS NOT NULL"
            )
        ),
        "".join(capfd.readouterr()),
    ]
    for text in shown:
        assert NAME not in text
        assert NHS_NUMBER not in text
    assert "New referral for Stepdown House" in "".join(shown)
