"""Run one round of sending webhooks in a process of its own, which a crash point may end."""

import os
import sys

from onward.service import running
from onward.settings import read_settings
from services.notification.app import SERVICE
from services.notification.timers.mail import send_mail
from services.notification.timers.webhooks import lanes_of, send_webhooks


def main() -> None:
    """Send what is due, then wait for the lanes."""
    sending = running(SERVICE, read_settings("notification", os.environ))
    if sys.argv[1] == "mail":
        send_mail(sending)
    else:
        send_webhooks(sending)
        lanes_of(sending).wait(within=20)
    sending.close()


if __name__ == "__main__":
    main()
