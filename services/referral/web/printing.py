"""The handoff pack on paper: what the asker may read of it, rules for getting in touch first, as a PDF."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Blueprint, Response

from onward.languages import marked
from onward.web import allow, current_caller, transactional
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
    below = f"Printed {moment(uow.now)}{f' by {who}' if who else ''}. This print is recorded."
    shown = facts(story, told, now=uow.now, organisation=organisation)
    reference = str(newest.id)[:8]
    headers = {"Content-Disposition": f'attachment; filename="handoff-{reference}.pdf"'}
    return Response(on_paper(shown, below), content_type="application/pdf", headers=headers)


def on_paper(shown: Mapping[str, Any], below: str) -> bytes:
    """Return the PDF of what the page of a referral shows."""
    from services.referral.web.paper import Paper  # noqa: PLC0415 - its fonts take a while to import

    paper = Paper(below)
    handoff, name = shown["handoff"], shown["name"]
    paper.set_title(f"Handoff {str(handoff.id)[:8]}")
    paper.heading(shown["person"] or "Somebody you were not told of", 18)
    paper.say(f"{name(handoff.service_id)}, reference {str(handoff.id)[:8]}")
    paper.say(shown["who"], bold=True)
    paper.ln(3)
    if shown["rules"]:
        paper.warn(f"Safe to contact: {'; '.join(shown['rules'])}.")
    for key, value in (
        ("From", name(handoff.sender)),
        ("To", name(handoff.recipient)),
        ("Sent", moment(handoff.requested_at)),
        ("Urgency", URGENCIES[handoff.urgency][0]),
        ("Needs", ", ".join(words(need) for need in handoff.needs)),
        ("Basis", words(handoff.lawful_basis)),
        ("Consent", shown["consent"]),
    ):
        if value:
            paper.row(key, value)
    _sections(paper, [("About the person", shown["about_person"]), *shown["told"]])
    if paper.lost:
        paper.ln(3)
        paper.warn(LOST)
    return bytes(paper.output())


def _sections(paper: "Paper", sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    for title, fields in sections:
        if fields:
            paper.heading(title)
        for key, value in fields:
            if key == "Summary":
                paper.say(value)
            else:
                paper.row(key, value)
