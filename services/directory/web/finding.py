"""Find the services that suit somebody: what is needed, few questions, and each service with its reasons."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import flask
from flask import request
from werkzeug.datastructures import MultiDict

from onward.errors import InvalidError
from onward.web import allow, current_actor, transactional
from services.directory.domain.eligibility.assessing import Outcome
from services.directory.domain.eligibility.facts import ONS_CODE, SHARED, Fact, Kind, read_facts
from services.directory.domain.facts import Need
from services.directory.domain.matching import Search
from services.directory.domain.matching_reasons import Explained, Weight
from services.directory.handlers.matching import Matches, find_matches
from services.directory.web.matches import LONDON
from services.directory.web.pages import REFERS
from services.directory.web.reach import this_uow
from services.directory.web.wording import NEEDS

finding = flask.Blueprint("finding", __name__, template_folder="templates")
SHOWN: Final = 10
"""Services told of in full; of those that do not take the person as many at most."""
LOOKED_AT: Final = 40
ASKED: Final = 5
"""Questions at once: the rest may not matter any more once these are answered."""
FIRST: Final = ("age", "outcode")
"""Questions that nearly every service's rules and area turn on."""
HINTS: Final = {
    "outcode": "The first half, such as OX4",
    "practice": "Its code, such as K84001",
    "diagnosis": "With commas between them, such as depression, bipolar-disorder",
}
_FIELD: Final = re.compile(r"fact\.(number|flag|code|codes)\.([a-z][a-z0-9_]{0,39})")
_FLAGS: Final = {"yes": True, "no": False}
TAGS: Final = {
    Outcome.ELIGIBLE: ("Takes the person", "green"),
    Outcome.NEEDS_ASSESSMENT: ("May take the person", "yellow"),
    Outcome.INELIGIBLE: ("Does not take the person", "red"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One fact as a field of the form."""

    fact: Fact
    said: str
    """What was typed so far."""

    @property
    def field(self) -> str:
        """The field's name, which tells its kind, too: services may ask questions of their own."""
        return f"fact.{self.fact.kind}.{self.fact.name}"


@finding.get("/directory/find")
@allow()
@transactional
def begin() -> str:
    """Ask what is needed."""
    return _page(MultiDict(request.args))


@finding.post("/directory/find")
@allow()
@transactional
def find() -> Any:
    """Show what suits, why, and what is still to be asked. Nothing of it is kept."""
    said = request.form
    try:
        search = _search(said)
    except InvalidError as refusal:
        return _page(said, mistakes=[error.detail for error in refusal.errors]), 422
    return _page(said, find_matches(this_uow(), search, limit=LOOKED_AT, with_ineligible=True))


def _search(said: MultiDict[str, str]) -> Search:
    uow = this_uow()
    needs = _needs(said)
    facts = dict(read_facts(dict(_facts(said))))
    return Search(
        needs=needs,
        facts={**facts, "needs": needs} if needs else facts,
        place=None,
        at=uow.now,
        open_then=False,
        sender=current_actor().organisation,
        on=uow.now.astimezone(LONDON).date(),
    )


def _needs(said: MultiDict[str, str]) -> frozenset[str]:
    return frozenset(said.getlist("needs")) & {need.value for need in Need}


def _facts(said: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield what was answered, by the fact's name, as JSON would have it."""
    for field, text in said.items():
        found = _FIELD.fullmatch(field)
        if found and text.strip():
            yield found[2], _valued(Kind(found[1]), found[2], text.strip())


def _valued(kind: Kind, name: str, text: str) -> Any:
    if kind is Kind.FLAG:
        return _FLAGS.get(text)
    if kind is Kind.NUMBER:
        return int(text) if text.isascii() and text.isdigit() else text
    if kind is Kind.CODES:
        return [part.strip().lower().replace(" ", "-") for part in text.split(",") if part.strip()]
    return text.upper() if name in {"outcode", "practice"} else text


def _page(
    said: MultiDict[str, str], found: Matches | None = None, mistakes: Sequence[str] = ()
) -> str:
    matches = list(found.matches) if found else []
    takes = [one for one in matches if one.standing.outcome is not Outcome.INELIGIBLE][:SHOWN]
    others = [one for one in matches if one.standing.outcome is Outcome.INELIGIBLE][:SHOWN]
    return flask.render_template(
        "directory/find.html",
        needs=NEEDS,
        chosen=_needs(said),
        based_on=_uuid(said.get("based_on", "")),
        answered=list(_answered(said, matches)),
        open_questions=list(_open(said, takes)),
        found=found,
        takes=takes,
        others=others,
        mistakes=mistakes,
        may_refer=current_actor().role in REFERS,
        TAGS=TAGS,
        HINTS=HINTS,
        against=Weight.AGAINST,
    )


def _answered(said: Mapping[str, str], matches: Iterable[Explained]) -> Iterator[Question]:
    """Yield the first questions and those that were answered, to be changed."""
    known = dict(SHARED)
    for match in matches:
        known |= {one.fact.name: one.fact for one in match.assessment.findings if one.fact}
    for name in FIRST:
        yield _question(known[name], said)
    for field, text in said.items():
        part = _FIELD.fullmatch(field)
        if part and text and part[2] not in FIRST and (fact := known.get(part[2])):
            yield _question(fact, said)


def _open(said: Mapping[str, str], takes: Iterable[Explained]) -> Iterator[Question]:
    """Yield what would bring the foremost services nearer to a yes or a no, the foremost's first."""
    answered = {name for name, _ in _facts(said)} | {*FIRST, "needs"}
    missing = {fact.name: fact for one in takes for fact in one.assessment.missing}
    asked = [
        fact
        for name, fact in missing.items()
        if name not in answered and fact.pattern != ONS_CODE  # nobody knows those by heart
    ]
    for fact in asked[:ASKED]:
        yield Question(fact=fact, said="")


def _question(fact: Fact, said: Mapping[str, str]) -> Question:
    return Question(fact=fact, said=said.get(f"fact.{fact.kind}.{fact.name}", ""))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
