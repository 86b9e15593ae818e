"""Schemas of the directory's entries: organisations, programmes and services, as sent and as listed."""

from typing import Any, Final

from marshmallow import fields, validate

from onward.web import PageQuery
from onward.web.schemas import Code, Many, Schema, Text, Truth, Whole
from services.directory.domain.facts import By, Mode, Need, Position, Relation, WayIn, is_outcode
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import CountedIn, Nation, ServiceStatus

HOURS: Final = 24 * 90
"""Longest term, in hours."""
DAYS: Final = 366
WEEKS: Final = 104
PEOPLE: Final = 100_000
FEW: Final = 20
MANY: Final = 100


class Outcode(fields.String):
    """First half of a postcode, in any case of letters."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own convention
        "outcode": "Give the first half of a postcode, such as OX4; a whole one can say who lives there."
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip().upper()
        if not is_outcode(text):
            raise self.make_error("outcode")
        return text


class Degrees(fields.Float):
    """Degrees of a circle as a JSON number; never a text or a truth value."""

    def __init__(self, most: int, **options: Any) -> None:
        """Take minus *most* to *most*, both included."""
        bounds = validate.Range(-most, most, error="Use a number from {min} to {max}.")
        super().__init__(validate=bounds, **options)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        degrees: float = super()._deserialize(value, *rest, **more)
        return degrees


def _optional(field: type[fields.Field[Any]], *args: Any, **options: Any) -> Any:
    """Return a field that may be null, and is when it is missing."""
    return field(*args, allow_none=True, load_default=None, **options)


def _words(codes: Any, most: int = FEW) -> Many:
    return Many(fields.Enum(codes, by_value=True), most=most, load_default=list)


class ListQuery(PageQuery):
    """Which entries to list."""

    q = Text(100, metadata={"description": "Part of the name, in any case of letters."})


class ProgrammeQuery(ListQuery):
    """Which programmes to list."""

    lead = fields.UUID(metadata={"description": "Only programmes this organisation leads."})


class ServiceQuery(ListQuery):
    """Which services to list."""

    status = fields.Enum(ServiceStatus, by_value=True)
    provider = fields.UUID(metadata={"description": "Only services this organisation provides."})
    programme = fields.UUID(metadata={"description": "Only services of this programme."})
    need = fields.Enum(Need, by_value=True, metadata={"description": "Only help with this."})
    outcode = Outcode(
        metadata={
            "description": "First half of a postcode: only services for people there, or whose area"
            " is not known.",
            "example": "OX4",
        }
    )
    has_room = fields.Boolean(
        metadata={
            "description": "Only services known to have room now: a free place, or no limit."
        }
    )
    open_now = fields.Boolean(metadata={"description": "Only services known to be open now."})


class ProvenanceSchema(Schema):
    """How well an entry is known."""

    source = _optional(Text, 300, metadata={"description": "Who published the facts, and where."})
    unstated = Many(Code(), most=FEW, load_default=list)
    inferred = Many(Code(), most=FEW, load_default=list)


class Known(Schema):
    """What every entry says of its own facts."""

    provenance = fields.Nested(ProvenanceSchema, load_default=lambda: ProvenanceSchema().load({}))


class OrganisationBody(Known):
    """An organisation's entry, as it is sent."""

    name = Text(200, required=True, metadata={"example": "Response"})
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    incorporated = Truth(load_default=True)
    ods_code = _optional(Text, 9, metadata={"example": "RNU"})
    charity_number = _optional(Text, 14, metadata={"example": "1089331"})
    summary = _optional(Text, 1000, multiline=True)
    website = _optional(Text, 300, metadata={"example": "https://www.example.org"})
    phone = _optional(Text, 20, metadata={"example": "0300 000 0000"})
    part_of = _optional(fields.UUID)
    mailbox = _optional(Text, 254)
    active = Truth(load_default=True)


class Listed(Schema):
    """What the directory adds to every entry."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)


class OrganisationSchema(Listed, OrganisationBody):
    """An organisation's entry, as it is listed."""


class SiteSchema(Schema):
    """Where a service is found; never an address that must stay secret."""

    name = Text(200, required=True)
    locality = Text(100, required=True, metadata={"example": "Oxford"})
    postcode = _optional(Text, 8, metadata={"example": "OX3 9DU"})
    latitude = _optional(Degrees, 90)
    longitude = _optional(Degrees, 180)
    position = _optional(
        fields.Enum,
        Position,
        by_value=True,
        metadata={"description": "Whether they are the door's own, or the middle of the town."},
    )


class AreaSchema(Schema):
    """Whose people a service is for."""

    name = Text(200, required=True, metadata={"example": "Oxfordshire"})
    by = fields.Enum(By, by_value=True, load_default=By.RESIDENCE)
    code = _optional(Text, 9, metadata={"example": "E10000025"})
    outcodes = Many(Text(4), most=500, load_default=list)


class HostSchema(Schema):
    """Where a service's workers sit."""

    name = Text(200, required=True, metadata={"example": "GP practices in City and Hackney"})
    organisation = _optional(fields.UUID)
    count = _optional(Whole, 1, PEOPLE)


class PostSchema(Schema):
    """Work that somebody is employed to do."""

    title = Text(100, required=True, metadata={"example": "Wellbeing co-ordinator"})
    count = _optional(Whole, 1, PEOPLE)
    full_time = _optional(Truth)
    employer = _optional(fields.UUID)


class FunderSchema(Schema):
    """Who pays, under which scheme."""

    organisation = _optional(fields.UUID)
    scheme = _optional(Text, 200)


class RelatedSchema(Schema):
    """A service that goes with this one."""

    kind = fields.Enum(Relation, by_value=True, required=True)
    service = _optional(fields.UUID)
    name = _optional(Text, 200)


class CourseSchema(Schema):
    """One run of a course."""

    label = Text(100, required=True, metadata={"example": "Spring"})
    starts_on = _optional(fields.Date)
    ends_on = _optional(fields.Date)
    places = _optional(Whole, 1, PEOPLE)
    note = _optional(Text, 300)


class LimitsSchema(Schema):
    """How much of the service one person can have, and how many people it takes."""

    maximum_stay_days = _optional(Whole, 1, DAYS)
    review_day = _optional(Whole, 1, DAYS)
    sessions_per_person = _optional(Whole, 1, 1000)
    course_weeks = _optional(Whole, 1, WEEKS)
    course_places = _optional(Whole, 1, PEOPLE)
    people_per_worker = _optional(Whole, 1, PEOPLE)
    ends_with = _optional(Text, 100, metadata={"example": "the tribunal"})


class TermsSchema(Schema):
    """How quickly each side answers."""

    acknowledge_hours = Whole(1, HOURS, load_default=24)
    answer_hours = Whole(1, HOURS, load_default=72)
    offer_hours = Whole(1, HOURS, load_default=48)
    expire_days = Whole(1, DAYS, load_default=14)
    counted_in = fields.Enum(
        CountedIn,
        by_value=True,
        load_default=CountedIn.ELAPSED,
        metadata={
            "description": "Whether acknowledge_hours and answer_hours count every hour, or only those "
            "in which it is open (weekly hours; for routine referrals)."
        },
    )


class Document(fields.Dict):
    """A JSON object that the domain reads, and refuses by the path of each mistake."""

    def __init__(self, description: str) -> None:
        """Take any object, or null; *description* says what it holds."""
        super().__init__(
            keys=fields.String(),
            allow_none=True,
            load_default=None,
            metadata={"description": description},
        )


class ProgrammeBody(Known):
    """A programme's entry, as it is sent."""

    name = Text(200, required=True, metadata={"example": "Health Equality Partnership"})
    summary = Text(1000, multiline=True, required=True)
    status = fields.Enum(ServiceStatus, by_value=True, required=True)
    pilot = Truth(load_default=False)
    lead = fields.UUID(required=True)
    part_of = _optional(fields.UUID)
    funders = Many(fields.Nested(FunderSchema), most=FEW, load_default=list)
    areas = Many(fields.Nested(AreaSchema), most=MANY, load_default=list)
    eligibility = Document("Whom its services are for; null where nobody says.")
    began = _optional(Text, 10, metadata={"example": "2019-11"})
    website = _optional(Text, 300)


class ProgrammeSchema(Listed, ProgrammeBody):
    """A programme's entry, as it is listed."""


class ServiceBody(Known):
    """A service's entry, as it is sent."""

    name = Text(200, required=True, metadata={"example": "Stepdown House"})
    summary = Text(1000, multiline=True, required=True)
    status = fields.Enum(ServiceStatus, by_value=True, required=True)
    recipient = fields.UUID(required=True)
    providers = Many(fields.UUID(), most=FEW, required=True)
    capacity_kind = fields.Enum(CapacityKind, by_value=True, required=True)
    nation = fields.Enum(Nation, by_value=True, load_default=Nation.ENGLAND)
    limits = fields.Nested(LimitsSchema, load_default=lambda: LimitsSchema().load({}))
    terms = fields.Nested(TermsSchema, load_default=lambda: TermsSchema().load({}))
    asks_for = Many(Code(), most=40, load_default=list)
    needs = _words(Need)
    programme = _optional(fields.UUID)
    sites = Many(fields.Nested(SiteSchema), most=MANY, load_default=list)
    areas = Many(fields.Nested(AreaSchema), most=MANY, load_default=list)
    modes = _words(Mode)
    ways_in = _words(WayIn)
    languages = Many(Code(), most=FEW, load_default=list, metadata={"example": ["en", "cy"]})
    eligibility = Document("Whom it takes; null: as its programme says, or nobody does.")
    opening = Document("When it is open; null where nobody says.")
    hosts = Many(fields.Nested(HostSchema), most=FEW, load_default=list)
    posts = Many(fields.Nested(PostSchema), most=FEW, load_default=list)
    funders = Many(fields.Nested(FunderSchema), most=FEW, load_default=list)
    related = Many(fields.Nested(RelatedSchema), most=FEW, load_default=list)
    courses = Many(fields.Nested(CourseSchema), most=MANY, load_default=list)
    began = _optional(Text, 10, metadata={"example": "2019-11"})
    website = _optional(Text, 300)
    mailbox = _optional(Text, 254)


class ServiceSchema(Listed, ServiceBody):
    """A service's entry, as it is listed."""

    has_ledger = fields.Boolean(required=True)
