"""Outcomes of a handoff, the instruments, and the figures partners report, over the API."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from onward.web import Blueprint, allow, transactional
from onward.web.schemas import Code, Schema, Whole
from services.referral.domain.conversation import Visibility
from services.referral.domain.measures import COUNTS, Row
from services.referral.domain.moves import Party
from services.referral.domain.outcomes import Instrument, Occasion, Outcome
from services.referral.handlers.measuring import measures, read_outcomes, record_outcome
from services.referral.storage.instruments import instruments
from services.referral.web.request import HANDS, this_uow, this_vault

outcomes = Blueprint(
    "outcomes", __name__, url_prefix="/api/v1/handoffs", description="How people are, in numbers."
)
figures = Blueprint(
    "figures",
    __name__,
    url_prefix="/api/v1/referrals",
    description="What partners report.",
)
MOST_ITEMS: Final = 20
LARGEST: Final = 1000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run by a spreadsheet."""


class OutcomeBody(Schema):
    """One use of an instrument."""

    instrument = Code(required=True, metadata={"example": "ons4"})
    occasion = fields.Enum(Occasion, by_value=True, required=True)
    taken_on = fields.Date(metadata={"description": "Today where it is left out."})
    answers = fields.Dict(
        keys=Code(),
        values=Whole(0, LARGEST),
        required=True,
        validate=validate.Length(1, MOST_ITEMS, error="Send 1 to 20 answers."),
        metadata={"example": {"satisfied": 4, "worthwhile": 5, "happy": 3, "anxious": 8}},
    )
    visibility = fields.Enum(
        Visibility,
        by_value=True,
        load_default=Visibility.OWN,
        metadata={"description": "both: the sender may read it, too."},
    )


class OutcomeSchema(Schema):
    """One use of an instrument, with its scores."""

    id = fields.UUID(required=True)
    handoff_id = fields.UUID(required=True)
    instrument = fields.String(required=True)
    occasion = fields.Enum(Occasion, by_value=True, required=True)
    taken_on = fields.Date(required=True)
    answers = fields.Dict(required=True)
    scores = fields.Dict(required=True)
    visibility = fields.Enum(Visibility, by_value=True, required=True)
    at = fields.AwareDateTime(required=True)


class ScoreSchema(Schema):
    """One number an instrument gives."""

    code = fields.String(required=True)
    better = fields.String(required=True, metadata={"description": "higher or lower."})


class InstrumentSchema(Schema):
    """An instrument: numbers and short labels; the wording belongs to its owner."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    licence = fields.String(required=True)
    items = fields.Dict(required=True, metadata={"description": "Lowest and highest answer."})
    scores = fields.List(fields.Nested(ScoreSchema), required=True)


class MeasuresQuery(Schema):
    """For whom, and over which days."""

    side = fields.Enum(
        Party,
        by_value=True,
        load_default=Party.RECIPIENT,
        validate=validate.OneOf((Party.SENDER, Party.RECIPIENT), error="Use sender or recipient."),
    )
    since = fields.Date(required=True)
    until = fields.Date(required=True, metadata={"description": "The last day that counts."})


class MeanChangeSchema(Schema):
    """What changed in one score, over five people at least."""

    instrument = fields.String(required=True)
    score = fields.String(required=True)
    people = fields.Integer(required=True)
    before = fields.Float(required=True)
    after = fields.Float(required=True)
    improved = fields.Integer(allow_none=True)


class MeasureSchema(Schema):
    """What one service did for one partner; null stands for 1 to 4."""

    service_id = fields.UUID(required=True)
    service_name = fields.String(allow_none=True)
    partner = fields.UUID(required=True)
    partner_name = fields.String(allow_none=True)
    counts = fields.Dict(required=True)
    days_to_start = fields.Float(allow_none=True, metadata={"description": "Median."})
    changes = fields.List(fields.Nested(MeanChangeSchema), required=True)


@outcomes.route("/instruments")
class Instruments(MethodView):
    """What outcomes can be taken with."""

    @allow(*HANDS)
    @outcomes.response(200, InstrumentSchema(many=True))
    def get(self) -> Sequence[Instrument]:
        """List the instruments, the answers they take and the scores they give."""
        return list(instruments().values())


@outcomes.route("/<uuid:handoff_id>/outcomes")
class Outcomes(MethodView):
    """How the person is."""

    @allow(*HANDS)
    @transactional
    @outcomes.response(200, OutcomeSchema(many=True))
    @outcomes.alt_response(404, description="There is none that you are party to.")
    def get(self, handoff_id: UUID) -> list[dict[str, Any]]:
        """Read what was recorded: all of it as the recipient, what was shared as the sender."""
        return [shown(one) for one in read_outcomes(this_uow(), this_vault(), handoff_id)]

    @allow(*HANDS)
    @transactional
    @outcomes.arguments(OutcomeBody)
    @outcomes.response(201, OutcomeSchema)
    @outcomes.alt_response(404, description="There is none that you are party to.")
    @outcomes.alt_response(409, description="You have not taken the person on.")
    def post(self, body: Mapping[str, Any], handoff_id: UUID) -> dict[str, Any]:
        """Record one use of an instrument. A correction is another record: the latest counts."""
        return shown(record_from(body, handoff_id))


@figures.route("/measures")
class Measures(MethodView):
    """The figures."""

    @allow(*HANDS)
    @transactional
    @figures.arguments(MeasuresQuery, location="query")
    @figures.response(200, MeasureSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Report what was referred, what became of it and what changed, by service and partner."""
        return named(measures(this_uow(), this_vault(), **query))


@figures.route("/measures.csv")
class MeasuresAsCsv(MethodView):
    """The figures for a spreadsheet."""

    @allow(*HANDS)
    @transactional
    @figures.arguments(MeasuresQuery, location="query")
    @figures.response(200, content_type="text/csv", example="service,partner,measure,value")
    def get(self, query: Mapping[str, Any]) -> Response:
        """Take the same figures as CSV, one a line; an empty value stands for 1 to 4."""
        rows = named(measures(this_uow(), this_vault(), **query))
        headers = {
            "Content-Disposition": 'attachment; filename="measures.csv"',
            "Cache-Control": "no-store",
        }
        return Response(_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)


def record_from(body: Mapping[str, Any], handoff_id: UUID) -> Outcome:
    """Record what a loaded `OutcomeBody` says."""
    return record_outcome(
        this_uow(),
        this_vault(),
        handoff_id,
        code=body["instrument"],
        occasion=body["occasion"],
        taken_on=body.get("taken_on"),
        answers=body["answers"],
        visibility=body["visibility"],
    )


def shown(outcome: Outcome) -> dict[str, Any]:
    """Return *outcome* with its scores."""
    return {
        **asdict(outcome),
        "scores": instruments()[outcome.instrument].scored(outcome.answers),
    }


def named(found: Sequence[Row]) -> list[dict[str, Any]]:
    """Return *found* with the names of services and partners."""
    ids = {id_ for row in found for id_ in (row.service_id, row.partner)}
    names = this_uow().store.copies.names(ids)
    return [
        {
            **asdict(row),
            "service_name": names.get(row.service_id),
            "partner_name": names.get(row.partner),
        }
        for row in found
    ]


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("service", "partner", "measure", "value"))
    for row in rows:
        names = [_cell(row["service_name"]), _cell(row["partner_name"])]
        writer.writerows([*names, measure, value] for measure, value in _measures(row))
    return out.getvalue()


def _measures(row: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name in COUNTS:
        yield name, row["counts"][name]
    yield "days_to_start", row["days_to_start"]
    for change in row["changes"]:
        for part in ("people", "before", "after", "improved"):
            yield f"{change['instrument']}.{change['score']}.{part}", change[part]


def _cell(text: str | None) -> str:
    return f"'{text}" if text and text.startswith(_FORMULA) else text or ""
