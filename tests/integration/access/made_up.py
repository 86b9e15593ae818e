"""What is made up in a sandbox, and where the rest of the world may see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from werkzeug.test import TestResponse

from tests.integration.access.rows import Route
from tests.integration.pathways.trying import Trying

SHOWN: Final[Mapping[str, str]] = {
    "/api/v1/audit/entries": "the log holds a sandbox's events as anybody's",
    "/audit/entries": "the log holds a sandbox's events as anybody's",
    "/api/v1/partners": "an operator keeps the systems of sandboxes, too",
    "/api/v1/sandboxes": "an operator keeps every sandbox",
    "/directory/sandboxes": "an operator keeps every sandbox",
}
"""Where others than a sandbox's own see it, and why."""


@dataclass(slots=True)
class MadeUp:
    """A sandbox in which something of every kind has happened."""

    trying: Trying
    marks: tuple[bytes, ...] = field(init=False)
    """What an answer that shows any of it holds."""

    def __post_init__(self) -> None:
        """Refer twice, of which one waits, ask for advice, and listen."""
        trying, opened = self.trying, self.trying.opened
        taken, service = trying.refers(), str(opened.services[0].id)
        trying.does(taken, "accept")
        said = uuid4().hex
        question = {"service_id": service, "text": f"With a dog? {said}"}
        trying.made("referral", trying.ward, "/api/v1/advice", **question)
        hook = {"url": f"pull:{said}", "events": ["*"]}
        trying.made("notification", trying.house, "/api/v1/webhooks", **hook)
        rule = {"whom": "role", "name": "team_lead", "service_id": service}
        trying.made("notification", trying.house, "/api/v1/subscriptions/rules", **rule)
        made_up = (
            opened.sandbox.id,
            *opened.sandbox.organisations,
            *(one.id for one in opened.services),
            *(taken, trying.refers()),
        )
        self.marks = (b"(sandbox)", said.encode(), *(str(id_).encode() for id_ in made_up))

    @property
    def organisations(self) -> tuple[UUID, ...]:
        """Both of its sides."""
        return self.trying.opened.sandbox.organisations

    def is_in(self, told: bytes) -> bool:
        """Return whether *told* shows any of it."""
        return any(mark in told for mark in self.marks)

    def leak(self, route: Route, answer: TestResponse) -> str:
        """Return what is wrong with an *answer* to others; a list cut short might show more further on."""
        if route[2] in SHOWN:
            return ""
        told = answer.get_data()
        if self.is_in(told):
            return " shows what is in a sandbox "
        cut = "Link" in answer.headers or b'rel="next">' in told
        return " shows its first page alone " if cut else ""
