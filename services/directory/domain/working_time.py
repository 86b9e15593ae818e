"""The working hours in which a service counts its answer times: its opening without sessions."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from onward import working_hours
from onward.working_hours import DAYS, Except, Spans, WorkingHours
from services.directory.domain import opening
from services.directory.domain.checks import invalid
from services.directory.domain.opening.times import DAY, Opening, Span

COUNTED_IN: Final = "/terms/counted_in"


def require_hours(document: Mapping[str, Any] | None) -> None:
    """Raise `InvalidError` unless the opening *document* says when the service works, holidays too."""
    stated = None if document is None else opening.read(document, pointer="/opening")
    if stated is None or not (stated.always or stated.weekly):
        raise invalid(
            COUNTED_IN,
            "Answer times can only count in working hours that are stated: state the hours in which "
            "it is open every week (sessions are none), or let answer times count every hour.",
        )
    if stated.bank_holidays is None:
        raise invalid(
            COUNTED_IN,
            "Answer times can only count in working hours that are stated: say in its opening what "
            "happens on bank_holidays, or let answer times count every hour.",
        )


def written(document: Mapping[str, Any] | None, nation: str) -> str:
    """Return the working hours of an opening *document* that `require_hours` let pass, as they travel."""
    return working_hours.write(of(opening.read(document), nation))


def of(stated: Opening, nation: str) -> WorkingHours:
    """Return the working hours that an opening states."""
    rule = stated.bank_holidays
    differs = rule is not None and not rule.as_usual
    return WorkingHours(
        zone=stated.zone,
        weekly=tuple(_of_weekday(stated, number) for number in range(len(DAYS))),
        nation=str(nation) if differs else None,
        holidays=_spans(rule.spans) if rule and differs else (),
        exceptions=tuple(
            Except(first=one.first, last=one.last, spans=_spans(one.spans))
            for one in stated.exceptions
        ),
    )


def _of_weekday(stated: Opening, number: int) -> Spans:
    if stated.always:
        return ((0, DAY),)
    return _spans(one.span for one in stated.weekly if number in one.days)


def _spans(spans: Iterable[Span]) -> Spans:
    return tuple(sorted((span.begins, span.ends) for span in spans))
