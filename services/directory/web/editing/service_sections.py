"""The forms of a service's entry."""

from typing import Final

from onward.web.pages import words
from services.directory.domain.facts import Position
from services.directory.domain.services import Nation
from services.directory.web.editing.inputs import Input, Shape
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
    number,
    sources,
)
from services.directory.web.wording import (
    COUNTED_IN,
    KINDS,
    MODES,
    NEEDS,
    RELATIONS,
    WAYS_IN,
)

SERVICE: Final = (
    Section(
        slug="about",
        title="About it",
        inputs=(
            NAME,
            SUMMARY,
            STATUS,
            Input(pointer="/needs", label="Helps with", shape=Shape.CHOICES, words=NEEDS),
            Input(
                pointer="/programme",
                label="Part of",
                shape=Shape.NAMED,
                names=PROGRAMME,
                hint="The programme's name, as the directory lists it",
            ),
            BEGAN,
            WEBSITE,
            MAILBOX,
        ),
    ),
    Section(slug="whom", title="Whom it takes", inputs=(ELIGIBILITY, AREA_ROWS)),
    Section(
        slug="opening",
        title="When it is open",
        inputs=(
            Input(
                pointer="/opening",
                label="Opening hours",
                shape=Shape.YAML,
                hint="Hours, sessions and exceptions as YAML. Leave empty where nobody says",
            ),
        ),
    ),
    Section(
        slug="where",
        title="Where and how",
        inputs=(
            Input(
                pointer="/sites",
                label="Site",
                shape=Shape.ROWS,
                hint="Never an address that must stay secret. To take one away, empty its fields",
                parts=(
                    Input(pointer="/name", label="Name", required=True),
                    Input(pointer="/locality", label="Town or district", required=True),
                    Input(pointer="/postcode", label="Postcode", width=10),
                    Input(
                        pointer="/latitude", label="Degrees north", shape=Shape.DEGREES, width=10
                    ),
                    Input(
                        pointer="/longitude", label="Degrees east", shape=Shape.DEGREES, width=10
                    ),
                    Input(
                        pointer="/position",
                        label="These are of",
                        shape=Shape.CHOICE,
                        words={
                            Position.SITE: "The door",
                            Position.LOCALITY: "The middle of the town",
                        },
                    ),
                ),
            ),
            Input(pointer="/modes", label="Meets people", shape=Shape.CHOICES, words=MODES),
            Input(pointer="/ways_in", label="How people come", shape=Shape.CHOICES, words=WAYS_IN),
            Input(
                pointer="/languages",
                label="Languages",
                shape=Shape.WORDS,
                hint="ISO 639 codes with commas between, such as en, cy",
                width=10,
            ),
        ),
    ),
    Section(
        slug="capacity",
        title="Capacity and limits",
        inputs=(
            Input(
                pointer="/capacity_kind",
                label="Counts",
                shape=Shape.CHOICE,
                words=KINDS,
                required=True,
            ),
            number("/limits/maximum_stay_days", "Longest stay, in days", "Beds and homes only"),
            number("/limits/review_day", "Looked at again on day"),
            number("/limits/sessions_per_person", "Sessions a person"),
            number("/limits/course_weeks", "Weeks of a course"),
            number("/limits/course_places", "Places on a course"),
            number("/limits/people_per_worker", "People a worker"),
            Input(pointer="/limits/ends_with", label="Its help ends with"),
            Input(
                pointer="/courses",
                label="Course",
                shape=Shape.ROWS,
                hint="Days as 2026-04-07. To take one away, empty its fields",
                parts=(
                    Input(pointer="/label", label="Name", required=True),
                    Input(pointer="/starts_on", label="First day", width=10),
                    Input(pointer="/ends_on", label="Last day", width=10),
                    number("/places", "Places"),
                    Input(pointer="/note", label="Note"),
                ),
            ),
        ),
    ),
    Section(
        slug="terms",
        title="Referrals",
        inputs=(
            Input(
                pointer="/providers",
                label="Provided by",
                shape=Shape.ALL_NAMED,
                hint="Organisations as the directory lists them, one a line",
            ),
            Input(
                pointer="/recipient",
                label="Answers referrals",
                shape=Shape.NAMED,
                hint="One of those",
                required=True,
            ),
            Input(
                pointer="/asks_for",
                label="Asks for",
                shape=Shape.WORDS,
                hint="Sections of the handoff pack, with commas between",
            ),
            number("/terms/acknowledge_hours", "Acknowledges within, in hours"),
            number("/terms/answer_hours", "Answers within, in hours"),
            Input(
                pointer="/terms/counted_in",
                label="These two count",
                shape=Shape.CHOICE,
                words=COUNTED_IN,
                hint="For routine referrals; urgent ones always count every hour",
                required=True,
            ),
            number("/terms/offer_hours", "Keeps an offered place for, in hours"),
            number("/terms/expire_days", "Without an answer a referral expires after, in days"),
            Input(
                pointer="/nation",
                label="Law of",
                shape=Shape.CHOICE,
                words={nation: words(nation) for nation in Nation},
                required=True,
            ),
        ),
    ),
    Section(
        slug="people",
        title="Who works there, who pays, what goes with it",
        inputs=(
            Input(
                pointer="/hosts",
                label="Host",
                shape=Shape.ROWS,
                hint="Where its workers sit, when that is another organisation's place",
                parts=(
                    Input(pointer="/name", label="Name", required=True),
                    Input(pointer="/organisation", label="Organisation", shape=Shape.NAMED),
                    number("/count", "How many"),
                ),
            ),
            Input(
                pointer="/posts",
                label="Post",
                shape=Shape.ROWS,
                parts=(
                    Input(pointer="/title", label="Title", required=True),
                    number("/count", "How many"),
                    Input(
                        pointer="/full_time",
                        label="Full time",
                        shape=Shape.CHOICE,
                        words={"true": "Yes", "false": "No"},
                    ),
                    Input(pointer="/employer", label="Employer", shape=Shape.NAMED),
                ),
            ),
            FUNDERS,
            Input(
                pointer="/related",
                label="Related service",
                shape=Shape.ROWS,
                hint="One of the directory, or else one known by name only",
                parts=(
                    Input(
                        pointer="/kind",
                        label="This service",
                        shape=Shape.CHOICE,
                        words=RELATIONS,
                        required=True,
                    ),
                    Input(
                        pointer="/service",
                        label="Service of the directory",
                        shape=Shape.NAMED,
                        names="service",
                    ),
                    Input(pointer="/name", label="Name of another"),
                ),
            ),
        ),
    ),
    sources(
        "providers",
        "kind",
        "size",
        "limit",
        "dates",
        "needs",
        "sites",
        "areas",
        "eligibility",
        "opening",
        "modes",
        "ways-in",
        "languages",
        "hosts",
        "posts",
        "funders",
        "began",
        "website",
    ),
)
