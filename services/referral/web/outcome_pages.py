"""Outcomes on pages: the form for an instrument, the picture of before and after, the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from marshmallow import ValidationError

from onward.errors import InvalidError
from onward.languages import marked
from onward.web import allow, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated
from onward.web.pages import words
from services.referral.domain.goals import CLOSEST, MOST, Goal, Progress
from services.referral.domain.handoff import Handoff
from services.referral.domain.measures import COUNTS
from services.referral.domain.moves import Party
from services.referral.domain.outcomes import Change, Occasion, Outcome, changes
from services.referral.handlers.conversing import party_to
from services.referral.handlers.measuring import instrument, measures
from services.referral.storage.instruments import instruments
from services.referral.web.outcomes import MeasuresQuery, OutcomeBody, named, record_from
from services.referral.web.refusing import refused
from services.referral.web.request import this_uow, this_vault
from services.referral.web.workers import WORKERS

outcome_pages = Blueprint("outcome_pages", __name__, template_folder="templates")

OCCASIONS: Final = {
    Occasion.BEFORE: marked("At the beginning"),
    Occasion.REVIEW: marked("At a review"),
    Occasion.AFTER: marked("At the end"),
}
PROGRESS: Final = {
    None: (marked("Set"), "blue"),
    Progress.ON_THE_WAY: (marked("On the way"), "blue"),
    Progress.ACHIEVED: (marked("Achieved"), "green"),
    Progress.NOT_ACHIEVED: (marked("Not achieved"), "orange"),
    Progress.NO_LONGER_WANTED: (marked("No longer wanted"), "grey"),
}
"""How a goal stands, and the colour of its tag."""
LEFT: Final = 170
"""Width of the picture's column of names."""
WIDTH: Final = 260
ROW: Final = 30
QUARTER: Final = timedelta(days=91)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One score before and after, drawn on its own scale."""

    name: str
    y: int
    from_x: int
    to_x: int
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The changes of one instrument."""

    code: str
    name: str
    height: int
    bars: tuple[Bar, ...]


def outcome_facts(
    handoff: Handoff, outcomes: Sequence[Outcome], organisation: UUID
) -> dict[str, Any]:
    """Return what the template draws of *outcomes*."""
    own = [one for one in outcomes if one.handoff_id == handoff.id]
    return {
        "outcomes": [
            (instruments()[one.instrument].name, OCCASIONS[one.occasion], one) for one in own
        ],
        "pictures": [
            _picture(code, list(group))
            for code, group in groupby(changes(own, instruments()), key=lambda one: one.instrument)
        ],
        "can_measure": organisation == handoff.recipient and handoff.started_at is not None,
        "measure_href": f"/referrals/{handoff.referral_id}/handoffs/{handoff.id}/outcomes",
        "INSTRUMENTS": instruments(),
        "LEFT": LEFT,
        "WIDTH": LEFT + WIDTH + 20,
    }


def goal_facts(handoff: Handoff, goals: Sequence[Goal]) -> dict[str, Any]:
    """Return what the template draws of *goals*, beside `outcome_facts`."""
    reviewed = [
        (translated("Goal %(number)s", number=number), goal.change)
        for number, goal in enumerate(goals, 1)
        if goal.change
    ]
    drawn = _drawn("goals", translated("Goals"), [(*one, (0, CLOSEST)) for one in reviewed])
    return {
        "goals": [(goal, PROGRESS[goal.progress]) for goal in goals],
        "goal_pictures": [drawn] if reviewed else [],
        "goals_href": f"/referrals/{handoff.referral_id}/handoffs/{handoff.id}/goals",
        "PROGRESS": {code: said[0] for code, said in PROGRESS.items() if code},
        "CLOSEST": CLOSEST,
        "MOST_GOALS": MOST,
    }


def _picture(code: str, found: Sequence[Change]) -> Picture:
    known = instruments()[code]
    scales = {score.code: known.scale(score) for score in known.scores}
    named = [(translated(words(change.score)), change, scales[change.score]) for change in found]
    return _drawn(code, known.name, named)


def _drawn(
    code: str, name: str, found: Sequence[tuple[str, Change, tuple[float, float]]]
) -> Picture:
    """Return the picture of changes, each with its name and its scale."""
    bars = tuple(
        Bar(
            name=called,
            y=ROW * row + ROW // 2,
            from_x=_along(change.before, *scale),
            to_x=_along(change.after, *scale),
            change=change,
        )
        for row, (called, change, scale) in enumerate(found)
    )
    return Picture(code=code, name=name, height=ROW * len(found), bars=bars)


def _along(value: float, low: float, high: float) -> int:
    return LEFT + round(WIDTH * (value - low) / (high - low))


@outcome_pages.get("/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/outcomes")
@allow(*WORKERS)
@transactional
def ask(referral_id: UUID, handoff_id: UUID) -> Any:
    """Show the form of one instrument."""
    party_to(this_uow(), this_vault(), handoff_id)
    try:
        chosen = instrument(request.args.get("instrument", ""))
    except InvalidError as refusal:
        return refused(refusal, f"/referrals/{referral_id}")
    return _form(referral_id, handoff_id, chosen.code, [])


@outcome_pages.post("/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/outcomes")
@allow(*WORKERS)
@transactional
def keep(referral_id: UUID, handoff_id: UUID) -> Any:
    """Record the answers, or show the form again with what to change."""
    code = request.form.get("instrument", "")
    chosen = instrument(code)
    answers = {
        item: _number(text)
        for item in chosen.items
        if (text := request.form.get(f"answers.{item}", "").strip())
    }
    typed = {
        "instrument": code,
        "answers": answers,
        **{
            name: text
            for name in ("occasion", "taken_on", "visibility")
            if (text := request.form.get(name, "").strip())
        },
    }
    try:
        record_from(_loaded(typed), handoff_id)
    except InvalidError as refusal:
        found = [(error.pointer, error.detail) for error in refusal.errors]
        return _form(referral_id, handoff_id, code, found or [("", refusal.detail)]), 422
    flash(translated("Recorded."), "success")
    return redirect(f"/referrals/{referral_id}#outcomes", 303)


@outcome_pages.get("/referrals/measures")
@allow(*WORKERS)
@transactional
def figures() -> Any:
    """Show the figures of a period: the last quarter where none is named."""
    uow = this_uow()
    today = uow.now.date()
    asked = {
        "since": request.args.get("since") or (today - QUARTER).isoformat(),
        "until": request.args.get("until") or today.isoformat(),
        "side": request.args.get("side") or Party.RECIPIENT.value,
    }
    try:
        query = MeasuresQuery().load(asked)
        rows = named(measures(uow, this_vault(), **query))
    except ValidationError as error:
        return refused(invalid(error), "/referrals/measures")
    except InvalidError as refusal:
        return refused(refusal, "/referrals/measures")
    return render_template("referral/measures.html", rows=rows, asked=asked, COUNTS=COUNTS)


def _form(referral_id: UUID, handoff_id: UUID, code: str, mistakes: list[tuple[str, str]]) -> str:
    return render_template(
        "referral/outcome_form.html",
        instrument=instruments()[code],
        back=f"/referrals/{referral_id}",
        action=f"/referrals/{referral_id}/handoffs/{handoff_id}/outcomes",
        OCCASIONS=OCCASIONS,
        values=request.form,
        mistakes=mistakes,
        wrong=dict(mistakes),
        today=this_uow().now.date().isoformat(),
    )


def _loaded(typed: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(OutcomeBody().load(typed))
    except ValidationError as error:
        raise invalid(error) from None


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text
