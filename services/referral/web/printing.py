"""The handoff pack on paper: what the asker may read of it, rules for getting in touch first, as a PDF."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Blueprint, Response

from onward.ids import reference
from onward.languages import marked
from onward.web import allow, current_caller, transactional
from onward.web.languages import translated
from onward.web.pages import moment, words
from services.referral.handlers.reading import read_pack, read_referral, tell_printed
from services.referral.web.request import own_organisation, this_uow, this_vault
from services.referral.web.story import facts
from services.referral.web.wording import URGENCIES
from services.referral.web.workers import WORKERS

if TYPE_CHECKING:
    from services.referral.web.paper import Paper

printing = Blueprint("printing", __name__)

LOST: Final = marked(
    "Some letters could not be printed: names may be spelt wrongly. Look at the page."
)


@printing.get("/referrals/<uuid:referral_id>/pack.pdf")
@allow(*WORKERS)
@transactional
def pack(referral_id: UUID) -> Response:
    """Print what the asker may read; the print is told to audit as one, beside the reads."""
    uow, vault, organisation = this_uow(), this_vault(), own_organisation()
    story = read_referral(uow, vault, referral_id)
    newest = story.seen.newest
    told = None if story.seen.as_sender else read_pack(uow, vault, newest.id)
    tell_printed(uow, story.seen)
    caller = current_caller()
    who = caller.session.label if caller and caller.session else None
    below = translated(
        "Printed %(moment)s by %(who)s. This print is recorded."
        if who
        else "Printed %(moment)s. This print is recorded.",
        moment=moment(uow.now),
        who=who,
    )
    shown = facts(story, told, now=uow.now, organisation=organisation)
    headers = {"Content-Disposition": f'attachment; filename="handoff-{reference(newest.id)}.pdf"'}
    return Response(on_paper(shown, below), content_type="application/pdf", headers=headers)


def on_paper(shown: Mapping[str, Any], below: str) -> bytes:
    """Return the PDF of what the page of a referral shows."""
    from services.referral.web.paper import Paper  # noqa: PLC0415 - its fonts take a while to import

    paper = Paper(below)
    handoff, name = shown["handoff"], shown["name"]
    quoted = reference(handoff.id)
    paper.set_title(translated("Handoff %(reference)s", reference=quoted))
    paper.heading(shown["person"] or translated("Somebody you were not told of"), 18)
    paper.say(
        translated(
            "%(service)s, reference %(reference)s",
            service=name(handoff.service_id),
            reference=quoted,
        )
    )
    paper.say(shown["who"], bold=True)
    paper.ln(3)
    if shown["rules"]:
        paper.warn(f"{translated('Safe to contact:')} {'; '.join(shown['rules'])}.")
    for key, value in _head(shown):
        if value:
            paper.row(key, value)
    for at, names in shown["corrections"]:
        paper.row(translated("Corrected"), f"{moment(at)}: {names}")
    _sections(paper, [(translated("About the person"), shown["about_person"]), *shown["told"]])
    if paper.lost:
        paper.ln(3)
        paper.warn(translated(LOST))
    return bytes(paper.output())


def _head(shown: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return who asks whom for what, and on which basis."""
    handoff, name = shown["handoff"], shown["name"]
    return (
        (translated("From"), name(handoff.sender)),
        (translated("To"), name(handoff.recipient)),
        (translated("Sent"), moment(handoff.requested_at)),
        (translated("Urgency"), translated(URGENCIES[handoff.urgency][0])),
        (translated("Needs"), ", ".join(translated(words(need)) for need in handoff.needs)),
        (translated("Basis"), translated(words(handoff.lawful_basis))),
        (translated("Consent"), shown["consent"]),
    )


def _sections(paper: "Paper", sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    for title, fields in sections:
        if fields:
            paper.heading(title)
        for key, value in fields:
            if key == translated("Summary"):
                paper.say(value)
            else:
                paper.row(key, value)
