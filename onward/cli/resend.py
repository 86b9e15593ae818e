"""``onward resend``: make good what a broker took and then lost."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from onward import outbox
from onward.cli.settings import Data, configured
from onward.console import out
from onward.plurals import counted

Hours = Annotated[
    float, typer.Option(min=0, max=168, help="How far to reach back; a week at most.")
]


def resend(hours: Hours, data: Data = None) -> None:
    """Send once more what was sent lately, after a broker lost its queues or its disk.

    Nothing happens twice: receivers drop what they have heard already.
    """
    since = datetime.now(UTC) - timedelta(hours=hours)
    for running in configured(data):
        with running.engine.begin() as connection:
            again = outbox.send_again(connection, since)
        out.print(f"{running.service.name}: {counted(again, 'event')} will be sent again.")
