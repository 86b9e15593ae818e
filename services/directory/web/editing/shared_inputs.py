"""Sections of forms, and the inputs that forms of several kinds of entry have."""

from dataclasses import dataclass
from typing import Final

from services.directory.domain.facts import By
from services.directory.domain.services import ServiceStatus
from services.directory.web.editing.inputs import Input, Shape
from services.directory.web.wording import (
    FACTS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One page of facts that are changed together."""

    slug: str
    title: str
    inputs: tuple[Input, ...]


SOURCES: Final = "sources"
STATUSES: Final = {
    ServiceStatus.PLANNED: "Planned: listed, nobody can be referred yet",
    ServiceStatus.ACTIVE: "Active: takes referrals",
    ServiceStatus.PAUSED: "Paused: takes no new referrals for now",
    ServiceStatus.CLOSED: "Closed for good",
}
NAME: Final = Input(pointer="/name", label="Name", required=True)
SUMMARY: Final = Input(
    pointer="/summary",
    label="Summary",
    shape=Shape.PARAGRAPH,
    required=True,
    hint="One or two sentences for whoever chooses a service",
)
WEBSITE: Final = Input(pointer="/website", label="Website", hint="Such as https://www.example.org")
MAILBOX: Final = Input(
    pointer="/mailbox", label="Mailbox", hint="A shared one, never a person's own"
)
BEGAN: Final = Input(
    pointer="/began",
    label="Since",
    hint="A year, a month or a day: 2019, 2019-11 or 2019-11-01",
    width=10,
)
STATUS: Final = Input(
    pointer="/status", label="Status", shape=Shape.CHOICE, words=STATUSES, required=True
)
PROGRAMME: Final = "programme"
AREA_ROWS: Final = Input(
    pointer="/areas",
    label="Area",
    shape=Shape.ROWS,
    hint="Whose people it is for. To take one away, empty its fields",
    parts=(
        Input(pointer="/name", label="Name", required=True),
        Input(
            pointer="/by",
            label="Tied to it by",
            shape=Shape.CHOICE,
            words={By.RESIDENCE: "Living there", By.REGISTRATION: "A GP practice there"},
            required=True,
        ),
        Input(pointer="/code", label="GSS code", width=10),
        Input(
            pointer="/outcodes",
            label="First halves of postcodes",
            shape=Shape.WORDS,
            hint="With commas between",
        ),
    ),
)
ELIGIBILITY: Final = Input(
    pointer="/eligibility",
    label="Whom it takes",
    shape=Shape.YAML,
    hint="Rules as YAML. Leave empty where nobody says",
)
FUNDERS: Final = Input(
    pointer="/funders",
    label="Funder",
    shape=Shape.ROWS,
    parts=(
        Input(pointer="/organisation", label="Organisation", shape=Shape.NAMED),
        Input(pointer="/scheme", label="Scheme"),
    ),
)


def sources(*facts: str) -> Section:
    """Return the section that says how well an entry is known, which may leave *facts* open."""
    known = {fact: FACTS[fact] for fact in facts}
    return Section(
        slug=SOURCES,
        title="How well this is known",
        inputs=(
            Input(
                pointer="/provenance/source",
                label="From",
                hint="Who published the facts, and where",
            ),
            Input(
                pointer="/provenance/unstated",
                label="Nobody states",
                shape=Shape.CHOICES,
                words=known,
            ),
            Input(
                pointer="/provenance/inferred",
                label="Concluded, not stated",
                shape=Shape.CHOICES,
                words=known,
            ),
        ),
    )


def number(pointer: str, label: str, hint: str = "") -> Input:
    """Return an input for a whole number."""
    return Input(pointer=pointer, label=label, shape=Shape.NUMBER, hint=hint, width=5)
