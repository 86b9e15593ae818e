"""Serve the notification service as production does: one process, greenlets, eventlet's WSGI server."""

# The first thing a serving process does, before anything else is imported.
from onward.green import make_green

make_green()

import os  # noqa: E402

import eventlet  # noqa: E402
from eventlet import wsgi  # noqa: E402

from onward.runtime import Requests  # noqa: E402
from onward.service import running  # noqa: E402
from onward.settings import read_settings  # noqa: E402
from services.notification.app import SERVICE  # noqa: E402
from services.notification.timers.webhooks import send_webhooks  # noqa: E402
from services.notification.web import notifications  # noqa: E402


def main() -> None:
    """Say which port, then serve and send until killed."""
    notifications.HEARTBEAT = 0.3  # type: ignore[misc]
    serving = running(SERVICE, read_settings("notification", os.environ))
    listening = eventlet.listen(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - told to the test
    eventlet.spawn(_send_for_ever, serving)
    wsgi.server(listening, Requests(SERVICE.create_app(serving)), log_output=False)


def _send_for_ever(serving: object) -> None:
    while True:
        send_webhooks(serving)  # type: ignore[arg-type]
        eventlet.sleep(0.1)


if __name__ == "__main__":
    main()
