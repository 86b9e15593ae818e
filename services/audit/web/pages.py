"""The audit pages: find a trail, read it drawn and step by step, search the log, take evidence away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response, redirect, render_template, request
from marshmallow import fields

from onward.errors import FieldError, InvalidError
from onward.ids import reference
from onward.plurals import counted
from onward.web import allow, current_actor, current_uow, transactional
from onward.web.blueprints import invalid
from onward.web.pages import LONDON
from onward.web.paging import DEFAULT_LIMIT, After, next_url
from onward.web.schemas import Schema
from services.audit.domain.reports import REPORTS
from services.audit.domain.stalls import Stall
from services.audit.domain.trail import MEANINGS, Kind, said
from services.audit.domain.wording import span
from services.audit.handlers import exporting, reading, reconciling, reporting, witnessing
from services.audit.handlers.reading import ProvedTrail
from services.audit.handlers.writing import formats_here
from services.audit.storage.entries import Filters
from services.audit.web.blueprint import READERS, SEARCHERS, notary
from services.audit.web.drawing import draw
from services.audit.web.exports_api import bundle_file
from services.audit.web.growth import draw_growth
from services.audit.web.log_api import entry_place
from services.audit.web.schemas import ACTION, PRINCIPAL

pages = Blueprint("audit_pages", __name__, template_folder="templates")


class WantedTrail(Schema):
    """Which trail."""

    referral = fields.UUID(
        required=True, error_messages={"invalid_uuid": "Enter the referral's id, all 36 signs."}
    )


class WantedEntries(Schema):
    """Which leaves, as the search page asks."""

    referral = fields.UUID(
        error_messages={"invalid_uuid": "Enter the referral's id, all 36 signs."}
    )
    organisation = fields.UUID()
    principal = fields.String(validate=PRINCIPAL)
    action = fields.String(validate=ACTION)
    since = fields.Date(data_key="from")
    until = fields.Date(data_key="to")
    after = After()


class WantedReport(WantedEntries):
    """What a report is about, as its page asks."""

    person = fields.UUID(error_messages={"invalid_uuid": "Enter the person's id, all 36 signs."})


class WantedPeriod(Schema):
    """Which days count."""

    since = fields.Date(data_key="from")
    until = fields.Date(data_key="to")


class PageAfter(Schema):
    """Where a list goes on."""

    after = After()


CALLED: Final = {"csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}
"""What the formats of files are called."""
SIGNED_SHOWN: Final = 25
"""Checkpoints on one page."""


@pages.get("/audit")
@allow(*READERS)
@transactional
def home() -> Any:
    """Say how the log is, and find a trail."""
    errors: tuple[FieldError, ...] = ()
    if "referral" in request.args:
        try:
            wanted = _loaded(WantedTrail(), {"referral": request.args["referral"].strip()})
            return redirect(f"/audit/trails/{wanted['referral']}", 303)
        except InvalidError as refusal:
            errors = refusal.errors
    state = reading.soundness(current_uow())
    return render_template(
        "audit/home.html",
        checkpoint=state.checkpoint,
        progress=state.progress,
        key=str(notary().key),
        errors=errors,
        said=request.args.get("referral", ""),
        may_search=current_actor().role in SEARCHERS,
    )


@pages.get("/audit/trails/<uuid:referral_id>")
@allow(*READERS)
@transactional
def trail(referral_id: UUID) -> str:
    """Show the story of one referral."""
    read = reading.read_trail(current_uow(), referral_id, notary())
    return render_template("audit/trail.html", **_shown(read))


@pages.get("/audit/trails/<uuid:referral_id>/pdf")
@allow(*READERS)
@transactional
def printed(referral_id: UUID) -> Response:
    """Hand the same story out as a PDF."""
    read = reading.read_trail(current_uow(), referral_id, notary())
    response = Response(
        exporting.printed(read, notary(), current_uow().now), content_type="application/pdf"
    )
    name = f"onward-{referral_id}-{read.checkpoint.size if read.checkpoint else 0}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.post("/audit/trails/<uuid:referral_id>/bundle")
@allow(*READERS)
@transactional
def bundle(referral_id: UUID) -> Response:
    """Hand out the evidence of one referral as a file."""
    return bundle_file(exporting.export_trail(current_uow(), referral_id, notary()))


@pages.get("/audit/entries")
@allow(*SEARCHERS)
@transactional
def entries() -> str:
    """Search the log."""
    asked = {name: value.strip() for name, value in request.args.items() if value.strip()}
    uow = current_uow()
    shared = {
        "said": asked,
        "actions": ACTIONS,
        "organisations": uow.store.partners.organisations(),
    }
    try:
        wanted = _loaded(WantedEntries(), asked)
    except InvalidError as refusal:
        return render_template("audit/entries.html", errors=refusal.errors, **shared)
    found = reading.search(
        uow,
        filters_asked(wanted),
        notary(),
        before=wanted["after"][0] if "after" in wanted else None,
        limit=DEFAULT_LIMIT + 1,
    )
    shown = found[:DEFAULT_LIMIT]
    return render_template(
        "audit/entries.html",
        errors=(),
        entries=shown,
        names=dict(shared["organisations"]),
        next_page=next_url(entry_place(shown[-1])) if len(found) > DEFAULT_LIMIT else None,
        **shared,
    )


@pages.get("/audit/checkpoints")
@allow(*READERS)
@transactional
def checkpoints() -> str:
    """Show how the log grew, what was signed, and who has seen it."""
    store = current_uow().store
    asked = {name: value for name, value in request.args.items() if name == "after"}
    after = _loaded(PageAfter(), asked).get("after")
    found = witnessing.history(store, before=after[0] if after else None, limit=SIGNED_SHOWN + 1)
    signed = found[:SIGNED_SHOWN]
    latest = store.checkpoints.latest()
    size = latest.size if latest else 0
    sights = store.witnesses.sights()
    return render_template(
        "audit/checkpoints.html",
        growth=draw_growth(witnessing.growth(store, size), sights),
        signed=signed,
        sights=sights,
        size=size,
        names=dict(store.partners.organisations()),
        next_page=next_url([signed[-1].checkpoint.size]) if len(found) > SIGNED_SHOWN else None,
    )


@pages.get("/audit/reports")
@allow(*SEARCHERS)
@transactional
def reports() -> str:
    """Offer the questions that are asked most."""
    return render_template("audit/reports.html", reports=REPORTS.values())


@pages.get("/audit/reports/<name>")
@allow(*SEARCHERS)
@transactional
def report(name: str) -> Any:
    """Answer one of them, or hand it out as a file."""
    asked = {key: value.strip() for key, value in request.args.items() if value.strip()}
    uow, wanted = current_uow(), reporting.report_called(name)
    shared = {
        "report": wanted,
        "said": asked,
        "organisations": uow.store.partners.organisations(),
        "file": f"/api/v1/audit/reports/{name}/file?{urlencode(_times(asked))}",
        "formats": [(each, CALLED[each]) for each in formats_here()],
    }
    if wanted.needs and not any(key in asked for key in wanted.needs):
        return render_template("audit/report.html", errors=(), **shared)
    try:
        loaded = _loaded(WantedReport(), asked)
        found = reporting.answer(
            uow,
            wanted,
            replace(filters_asked(loaded), person=loaded.get("person")),
            notary(),
            before=loaded["after"][0] if "after" in loaded else None,
            limit=DEFAULT_LIMIT + 1,
        )
    except InvalidError as refusal:
        return render_template("audit/report.html", errors=refusal.errors, **shared)
    shown = found[:DEFAULT_LIMIT]
    return render_template(
        "audit/report.html",
        errors=(),
        entries=shown,
        answered=True,
        names=dict(shared["organisations"]),
        next_page=next_url(entry_place(shown[-1])) if len(found) > DEFAULT_LIMIT else None,
        **shared,
    )


def _times(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what was asked as the API takes it: moments for days."""
    given = {key: value for key, value in asked.items() if key != "after"}
    for key, days in (("from", 0), ("to", 1)):
        if key in given:
            try:
                moment = _midnight(date.fromisoformat(given[key]), days=days)
            except ValueError:
                continue  # refused beside its field
            given[key] = moment.isoformat() if moment else ""
    return given


@pages.get("/audit/stalls")
@allow(*SEARCHERS)
@transactional
def stalls() -> str:
    """Show where handoffs stall."""
    asked = {key: value.strip() for key, value in request.args.items() if value.strip()}
    found: list[Stall] = []
    errors: tuple[FieldError, ...] = ()
    try:
        wanted = _loaded(WantedPeriod(), asked)
        since, until = _midnight(wanted.get("since")), _midnight(wanted.get("until"), days=1)
        found = reporting.where_handoffs_stall(current_uow(), notary(), since=since, until=until)
    except InvalidError as refusal:
        errors = refusal.errors
    ids = {id_ for stall in found for id_ in (stall.service, stall.recipient)}
    names = current_uow().store.partners.names(ids)
    return render_template(
        "audit/stalls.html", stalls=found, names=names, said=asked, errors=errors
    )


@pages.get("/audit/completeness")
@allow(*SEARCHERS)
@transactional
def completeness() -> str:
    """Show whether the log has everything that the services hold."""
    return render_template(
        "audit/completeness.html", report=reconciling.completeness(current_uow())
    )


pages.add_app_template_filter(span, "span")
pages.add_app_template_filter(said, "told")

ACTIONS: Final = (
    ("referral.", "Handoffs: every step"),
    ("access.", "Reads and refusals"),
    ("directory.", "Directory: services, places, accounts"),
    ("notification.", "Notices"),
    *sorted(((key, meaning.title) for key, meaning in MEANINGS.items()), key=lambda pair: pair[1]),
)
"""What the search offers: groups first, then single events."""


def _shown(read: ProvedTrail) -> dict[str, Any]:
    steps, names = read.trail.steps, read.names
    first, last = steps[0].facts.occurred, steps[-1].facts.occurred
    return {
        "trail": read.trail,
        "reference": reference(read.trail.referral),
        "handoffs": dict.fromkeys(step.facts.handoff for step in steps if step.facts.handoff),
        "names": names,
        "checkpoint": read.checkpoint,
        "proved": read.proved,
        "unproved": [step.number for step in steps if step.number not in read.proved],
        "moves": sum(step.meaning.kind is Kind.MOVE for step in steps),
        "pauses": sum(step.is_after_a_pause for step in steps),
        "lates": sum(step.late is not None for step in steps),
        "drawing": draw(read.trail, names),
        "description": _description(read, span(last - first)),
    }


def _description(read: ProvedTrail, lasted: str) -> str:
    """Say in a sentence what the drawing shows."""
    names = [read.names.get(id_, "an organisation") for id_ in read.trail.parties]
    count = len(read.trail.steps)
    between = " and ".join(names) or "nobody"
    return f"{counted(count, 'step')} in {lasted} between {between}; see the table below."


def filters_asked(wanted: Mapping[str, Any]) -> Filters:
    """Return the filters that a loaded `WantedEntries` asks for."""
    return Filters(
        referral=wanted.get("referral"),
        organisation=wanted.get("organisation"),
        principal=wanted.get("principal"),
        action=wanted.get("action"),
        since=_midnight(wanted.get("since")),
        until=_midnight(wanted.get("until"), days=1),
    )


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """Return when *day* begins in London, or the day *days* after it."""
    return datetime.combine(day + timedelta(days), time(), LONDON) if day else None


def _loaded(schema: ma.Schema, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return *asked* as *schema* reads it. Raises `InvalidError` with a pointer per field."""
    try:
        loaded: dict[str, Any] = schema.load(asked)
    except ma.ValidationError as error:
        raise invalid(error) from None
    return loaded
