"""Text messages to workers, and the provider that sends them."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest

from onward.delivery.outcome import Outcome
from onward.delivery.sms import SENDER, GovUkNotify, Provider, read_url
from onward.ids import reference
from onward.service import RunningService
from services.notification.timers.mail import send_mail
from services.notification.timers.texts import send_texts
from tests.integration.notification.conftest import Hear, Prefer, Rows
from tests.integration.notification.story import KIM, LEE, MORNING, requested
from tests.support.receiver import Receiver
from tests.support.smtp import MailServer

KEY = "onward-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


@dataclass(slots=True)
class Recording:
    """Takes text messages in place of a provider."""

    code: str | None = None
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, *, phone: str, text: str, reference: str) -> Outcome:
        self.sent.append((phone, text, reference))
        return Outcome(code=self.code, final=self.code is not None)


@pytest.fixture
def texts(running: RunningService) -> Recording:
    recording = Recording()
    running.extras[SENDER] = recording
    return recording


def test_a_text_message_is_one_line_in_the_workers_language(
    staff: None, prefer: Prefer, hear: Hear, running: RunningService, texts: Recording
) -> None:
    prefer(LEE, phone="07700 900123", follow=True, language="cy")
    request = requested("urgent")
    hear(requested(), request)
    send_texts(running)
    ((phone, text, _),) = texts.sent
    assert phone == "07700 900123"
    assert text == (
        f"Brys: Atgyfeiriad newydd i Stepdown House ({reference(request.handoff_id)})."
        f" http://127.0.0.1:8080/referrals/{request.referral_id}"
    )


@pytest.mark.parametrize(
    "said",
    [
        ("en", ". You cover for a colleague. http"),
        ("cy", ". Rydych yn cyflenwi dros gydweithiwr. http"),
    ],
)
def test_a_text_message_says_that_its_reader_covers_for_somebody(
    staff: None,
    prefer: Prefer,
    hear: Hear,
    running: RunningService,
    texts: Recording,
    said: tuple[str, str],
) -> None:
    language, why = said
    away = {"begins": (MORNING - timedelta(days=1)).isoformat(), "cover": KIM.principal}
    prefer(LEE, called="Lee Quillfeather", follow=True, away=away)
    prefer(KIM, phone="07700 900456", language=language)
    hear(requested("urgent"))
    send_texts(running)
    ((phone, text, _),) = texts.sent
    assert phone == "07700 900456"
    assert why in text
    assert "Quillfeather" not in text


def test_a_text_message_that_cannot_be_delivered_goes_by_mail(
    staff: None,
    prefer: Prefer,
    hear: Hear,
    running: RunningService,
    mail_server: MailServer,
    rows: Rows,
) -> None:
    prefer(LEE, phone="07700 900123", email="lee@response.test", mail_for=[], follow=True)
    hear(requested("urgent"))
    send_texts(running)
    assert rows("SELECT status, code FROM messages WHERE channel = 'sms'") == [
        ("given_up", "sms-not-set-up")
    ]
    send_mail(running)
    assert len(mail_server.sent_to("lee@response.test")) == 1


def test_govuk_notify_is_given_the_text_and_a_reference_that_stays(receiver: Receiver) -> None:
    template = str(uuid4())
    sender = GovUkNotify(read_url(f"govuk-notify://{template}?key={KEY}&at={receiver.origin}"))
    outcome = sender.send(phone="07700 900123", text="New referral", reference="r-1")
    assert outcome.taken
    (call,) = receiver.calls
    assert call.path == "/v2/notifications/sms"
    assert call.headers["authorization"].startswith("Bearer ey")
    assert call.said == {
        "phone_number": "07700 900123",
        "template_id": template,
        "personalisation": {"text": "New referral"},
        "reference": "r-1",
    }


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (403, False), (429, False), (500, False)]
)
def test_only_a_message_that_is_wrong_itself_is_not_tried_again(
    receiver: Receiver, status: int, *, final: bool
) -> None:
    receiver.answer = lambda _: status
    provider = Provider(template=str(uuid4()), key=KEY, origin=receiver.origin)
    outcome = GovUkNotify(provider).send(phone="1", text="x", reference="r")
    assert (outcome.code, outcome.final) == (f"sms-{status}", final)
