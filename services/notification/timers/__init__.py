"""Work by the clock: sending what waits to be sent."""

from onward.service import Tick
from services.notification.domain.messages import Channel
from services.notification.timers.mail import send_digests, send_mail
from services.notification.timers.queues import send_to_queues
from services.notification.timers.texts import send_texts
from services.notification.timers.webhooks import send_webhooks

TICKS = (
    Tick(name="send-mail", every=1.0, run=send_mail),
    Tick(name="send-digests", every=5.0, run=send_digests),
    Tick(name="send-texts", every=1.0, run=send_texts),
    Tick(name="send-to-queues", every=0.5, run=send_to_queues, woken=Channel.QUEUE),
    Tick(name="send-webhooks", every=0.5, run=send_webhooks, woken=Channel.WEBHOOK),
)
