"""Onward's own consumer and inbox in a Nameko container, with a handler that inserts one row per event.

``BENCH_BATCH`` is how many events share a transaction at most, ``BENCH_HANDS`` how many such batches are
under way at once.
"""

from onward.green import make_green

make_green()

import os  # noqa: E402 - everything else comes after the patching
from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from flask import Flask  # noqa: E402

from benchmarks.contestants.where import AMQP_URI, DATABASE_URL  # noqa: E402
from benchmarks.sample import METADATA, TAKEN  # noqa: E402
from onward import rows, runtime  # noqa: E402
from onward.contracts.referral import HandoffRequested  # noqa: E402
from onward.database import UnitOfWork  # noqa: E402
from onward.envelope import Envelope  # noqa: E402
from onward.service import Service, running  # noqa: E402
from onward.settings import read_settings  # noqa: E402

NAME = "notification"
"""The queue it takes over: a service must be one of those the topology knows."""


def keep(uow: UnitOfWork[Any], envelopes: Sequence[Envelope]) -> None:
    """Insert what is kept of each event."""
    rows.insert(uow.connection, TAKEN, [_row(envelope) for envelope in envelopes])


def _row(envelope: Envelope) -> dict[str, Any]:
    event = envelope.event
    assert isinstance(event, HandoffRequested)  # noqa: S101 - the only event it is bound to
    return {
        "event_id": envelope.id,
        "referral_id": event.referral_id,
        "handoff_id": event.handoff_id,
        "service_id": event.service_id,
        "sender": event.sender,
        "recipient": event.recipient,
        "intent": event.intent,
        "urgency": event.urgency,
        "answer_by": event.answer_by,
    }


class SampleService(runtime.EventService):
    """What Nameko runs."""

    name = NAME


def main() -> None:
    """Serve until SIGTERM."""
    service = Service(
        name=NAME,
        store=lambda connection: connection,
        metadata=METADATA,
        migrations=Path(),
        handlers={HandoffRequested: keep},
        create_app=lambda _: Flask(NAME),
        paths=(),
        entrypoints=lambda: SampleService,
    )
    settings = read_settings(
        NAME,
        {
            f"ONWARD_{NAME.upper()}_DATABASE_URL": DATABASE_URL,
            "ONWARD_AMQP_URI": AMQP_URI,
            "ONWARD_SECRET_KEY": "for-a-benchmark-that-serves-no-http",
            "ONWARD_BATCH": os.environ["BENCH_BATCH"],
            "ONWARD_HANDS": os.environ["BENCH_HANDS"],
        },
    )
    runtime.serve(running(service, settings), role="worker")


if __name__ == "__main__":
    main()
