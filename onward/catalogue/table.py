"""The table of events that people read, kept between two marks in ``docs/events.md``."""

from typing import Final

from onward.catalogue.fields import EventField, described, description
from onward.contracts import declared
from onward.contracts.base import Event

BEGIN: Final = "<!-- events: written by python -m onward.catalogue --write -->"
END: Final = "<!-- end of events -->"
ANYBODY: Final = "access"
"""The one stream that every service may publish to."""


def events_table() -> str:
    """Return every event in Markdown, one section per stream."""
    streams: dict[str, list[type[Event]]] = {}
    for event in declared().values():
        streams.setdefault(event.stream, []).append(event)
    return "\n".join(_section(stream, events) for stream, events in sorted(streams.items()))


def _section(stream: str, events: list[type[Event]]) -> str:
    who = "any service" if stream == ANYBODY else f"the {stream} service"
    rows = "\n".join(
        f"| `{event.key}` | {description(event)} | `{event.subject_field}` |"
        f" {', '.join(_field(field) for field in described(event))} |"
        for event in events
    )
    return (
        f"### `{stream}.#`, published by {who}\n\n"
        f"| key | says | about | data |\n|---|---|---|---|\n{rows}\n"
    )


def _field(field: EventField) -> str:
    return f"`{field.name}{'[]' if field.many else ''}{'' if field.required else '?'}`"


def put_between_marks(page: str, table: str) -> str:
    """Return *page* with *table* in its place. Raises `ValueError` when the marks are not there."""
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"
