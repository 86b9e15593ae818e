"""Turn what handlers return into what the API's schemas write."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.audit.domain.leaf import Entry, Facts
from services.audit.domain.trail import Step
from services.audit.handlers.reading import ProvedTrail


def trail_view(read: ProvedTrail, steps: list[Step]) -> dict[str, Any]:
    """Return a trail of which *steps* are shown."""
    return {
        "referral_id": read.trail.referral,
        "steps": [step_view(step, read) for step in steps],
        "reads": read.trail.reads,
        "missing": read.trail.missing,
        "proved": read.is_proved,
        "checkpoint": read.checkpoint,
    }


def step_view(step: Step, read: ProvedTrail) -> dict[str, Any]:
    """Return one step with the names of those in it."""
    names = read.names
    return _facts(step.number, step.facts) | {
        "kind": step.meaning.kind,
        "title": step.meaning.title,
        "basis": step.basis,
        "organisation": _named(step.facts.organisation, names),
        "party": _named(step.party, names),
        "to": _named(step.to, names),
        "service": _named(step.facts.service, names),
        "after_seconds": _seconds(step.after),
        "late_seconds": _seconds(step.late),
        "missing_before": step.missing,
        "proved": step.number in read.proved,
    }


def entry_view(entry: Entry) -> dict[str, Any]:
    """Return one leaf."""
    facts = entry.facts
    return _facts(entry.number, facts) | {
        "organisation_id": facts.organisation,
        "referral_id": facts.referral,
        "service_id": facts.service,
    }


def _facts(number: int, facts: Facts) -> dict[str, Any]:
    return {
        "leaf": number,
        "event": facts.event,
        "action": facts.action,
        "who": facts.who,
        "role": facts.role,
        "outcome": facts.outcome,
        "purpose": facts.purpose,
        "basis": facts.basis,
        "occurred": facts.occurred,
        "recorded": facts.recorded,
        "handoff_id": facts.handoff,
        "data": facts.data,
    }


def _named(id_: UUID | None, names: Mapping[UUID, str]) -> dict[str, Any] | None:
    return {"id": id_, "name": names.get(id_)} if id_ else None


def _seconds(span: timedelta | None) -> int | None:
    return int(span.total_seconds()) if span is not None else None
