"""A service that hears events as Nameko's documentation writes it, to feed it the same poison.

``python -m tests.chaos.stock_nameko AMQP_URI FILE`` appends the id of each event it handled to FILE.
Never import it: it patches whatever process it is imported into.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

import eventlet

eventlet.monkey_patch()

from nameko.events import event_handler  # noqa: E402 - everything else comes after the patching
from nameko.runners import ServiceRunner  # noqa: E402

IO = 0.02
"""Seconds that a handler waits for what it depends on: a commit, another service."""


class Keeper:
    """Writes down what it handled."""

    name = "keeper"

    @event_handler("directory", "place-queued")  # type: ignore[untyped-decorator]
    def keep(self, payload: Mapping[str, Any]) -> None:
        """Do as the event's band says, as the sample service does."""
        match payload["data"]["band"]:
            case "broken" | "poison":
                raise ValueError
            case "slow":
                eventlet.sleep(1)
            case "stuck":
                eventlet.sleep(0.1)
                raise TimeoutError
            case "deadly":
                os._exit(1)
        eventlet.sleep(IO)
        with open(sys.argv[2], "a") as handled:  # noqa: PTH123
            handled.write(f"{payload['id']}\n")


def main() -> None:
    """Run until told to stop, or until killed by what it heard."""
    runner = ServiceRunner({"AMQP_URI": sys.argv[1]})
    runner.add_service(Keeper)
    runner.start()
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    runner.wait()


if __name__ == "__main__":
    main()
