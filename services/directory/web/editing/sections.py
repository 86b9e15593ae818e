"""The forms of each kind of entry: a section a page, every fact in one of them."""

from collections.abc import Mapping
from typing import Final

from services.directory.domain.history import Kind
from services.directory.web.editing.inputs import Input, Shape
from services.directory.web.editing.service_sections import SERVICE
from services.directory.web.editing.shared_inputs import (
    AREA_ROWS,
    BEGAN,
    ELIGIBILITY,
    FUNDERS,
    MAILBOX,
    NAME,
    PROGRAMME,
    STATUS,
    SUMMARY,
    WEBSITE,
    Section,
    sources,
)
from services.directory.web.wording import (
    ORGANISATIONS,
)

ORGANISATION: Final = (
    Section(
        slug="about",
        title="About it",
        inputs=(
            NAME,
            Input(
                pointer="/kind",
                label="Kind",
                shape=Shape.CHOICE,
                words=ORGANISATIONS,
                required=True,
            ),
            Input(pointer="/summary", label="Summary", shape=Shape.PARAGRAPH),
            Input(
                pointer="/part_of",
                label="Part of",
                shape=Shape.NAMED,
                hint="The larger organisation's name, as the directory lists it",
            ),
            WEBSITE,
            Input(pointer="/phone", label="Phone", hint="A number for everybody", width=20),
            MAILBOX,
        ),
    ),
    Section(
        slug="standing",
        title="Standing and public numbers",
        inputs=(
            Input(pointer="/ods_code", label="ODS code", width=10),
            Input(pointer="/charity_number", label="Charity number", width=10),
            Input(pointer="/incorporated", label="It is incorporated", shape=Shape.TICK),
            Input(
                pointer="/active",
                label="It is active",
                shape=Shape.TICK,
                hint="Without this nobody of it can sign in",
            ),
        ),
    ),
    sources("kind", "identifiers", "part-of", "website", "phone", "name"),
)
PROGRAMMES: Final = (
    Section(
        slug="about",
        title="About it",
        inputs=(
            NAME,
            SUMMARY,
            STATUS,
            Input(pointer="/pilot", label="It is a pilot", shape=Shape.TICK),
            Input(pointer="/lead", label="Led by", shape=Shape.NAMED, required=True),
            Input(pointer="/part_of", label="Part of", shape=Shape.NAMED, names=PROGRAMME),
            BEGAN,
            WEBSITE,
            FUNDERS,
        ),
    ),
    Section(slug="whom", title="Whom it is for", inputs=(ELIGIBILITY, AREA_ROWS)),
    sources("kind", "funders", "areas", "eligibility", "began", "website"),
)
SECTIONS: Final[Mapping[Kind, tuple[Section, ...]]] = {
    Kind.ORGANISATION: ORGANISATION,
    Kind.PROGRAMME: PROGRAMMES,
    Kind.SERVICE: SERVICE,
}
