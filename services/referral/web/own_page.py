"""A person's own page, and the page on which a worker makes it, prints it and closes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from onward.database import UnitOfWork
from onward.errors import ConflictError, InvalidError, NotFoundError
from onward.web import allow, current_running, public, transactional
from onward.web.context import current_correlation_id
from onward.web.languages import speak_wholly, translated
from onward.web.pages import moment
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Status
from services.referral.domain.own_page import LASTS
from services.referral.domain.pack import CONTACT, IDENTITY
from services.referral.handlers.consenting import withdraw
from services.referral.handlers.own_page import (
    Own,
    close_page,
    make_page,
    open_page,
    read_lent,
    read_own,
    who_reads,
)
from services.referral.handlers.wishing import read_told
from services.referral.storage.copies import Claim
from services.referral.storage.packs import Disclosure
from services.referral.storage.store import Store
from services.referral.web.news_wording import RESULTS, TIMES, WAYS, ways_set_up
from services.referral.web.refusing import refused
from services.referral.web.request import this_uow, this_vault
from services.referral.web.texts import Texts, texts_of
from services.referral.web.wording import section_title
from services.referral.web.workers import WORKERS

own_page = Blueprint("own_page", __name__, template_folder="templates")
USUAL: Final = 90
"""Days."""
PAGE: Final = "own_page"
"""Its texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one recipient was told at one time, by the headings of what it said."""

    who: str
    at: datetime
    sections: Sequence[str]
    state: str
    """``open``, ``partly`` or ``closed``: whether they can still read it."""


@own_page.get("/referrals/<uuid:referral_id>/own-page")
@allow(*WORKERS)
@transactional
def lent(referral_id: UUID) -> str:
    """Show the person's page to whoever hands it over: its address, to be printed or copied."""
    found = read_lent(this_uow(), this_vault(), referral_id)
    address = f"{current_running().settings.public_url}/my/{found.token}" if found.token else ""
    told = read_told(this_uow(), this_vault(), referral_id, set_up=ways_set_up())
    return render_template(
        "referral/own_page.html",
        referral_id=referral_id,
        page=found.page,
        address=address,
        lasts=LASTS,
        usual=USUAL,
        told=told,
        ways=WAYS,
        times=TIMES,
        results=RESULTS,
    )


@own_page.post("/referrals/<uuid:referral_id>/own-page")
@allow(*WORKERS)
@transactional
def make(referral_id: UUID) -> Any:
    """Make a page for the person."""
    days = request.form.get("days", "")
    number = int(days) if days.isascii() and days.isdigit() else 0
    try:
        make_page(this_uow(), this_vault(), referral_id, days=number)
    except (ConflictError, InvalidError) as refusal:
        return refused(refusal, f"/referrals/{referral_id}")
    flash(
        translated("The page is open. Hand its address over yourself: Onward sends it to nobody."),
        "success",
    )
    return redirect(request.path, 303)


@own_page.post("/referrals/<uuid:referral_id>/own-page/close")
@allow(*WORKERS)
@transactional
def close(referral_id: UUID) -> Any:
    """Close it: its address leads nowhere from now on."""
    close_page(this_uow(), referral_id)
    flash(translated("The page is closed. Its address leads nowhere any more."), "success")
    return redirect(f"/referrals/{referral_id}/own-page", 303)


@own_page.get("/my/<token>")
@public
def mine(token: str) -> Any:
    """Show a person where their referral is."""
    try:
        with as_person(token) as uow:
            return _drawn(read_own(uow, this_vault(), token), token)
    except NotFoundError:
        return nothing_here()


@own_page.get("/my/<token>/stop")
@public
def before_stopping(token: str) -> Any:
    """Say what stopping does, and ask."""
    try:
        with as_person(token):
            return render_template("referral/my_stop.html", token=token, **person_said())
    except NotFoundError:
        return nothing_here()


@own_page.post("/my/<token>/stop")
@public
def stop(token: str) -> Any:
    """Record that the person does not want anything shared any more."""
    said = person_texts()
    try:
        with as_person(token) as uow:
            withdraw(uow, open_page(uow, token).id)
    except NotFoundError:
        return nothing_here()
    flash(said("stop_done"), "success")
    return redirect(f"/my/{token}", 303)


@contextmanager
def as_person(token: str) -> Iterator[UnitOfWork[Store]]:
    """Open a transaction in which the person whose page it is acts, whoever else is signed in here."""
    database, journey = current_running().database, current_correlation_id()
    with database.transaction() as looking:
        actor = who_reads(looking, this_vault(), token)
    with database.transaction(actor=actor, correlation_id=journey) as uow:
        yield uow


def _drawn(own: Own, token: str) -> str:
    said = person_texts()
    names = {**own.names}
    mentioned = {
        "sender": names.get(own.handoff.sender, said("unknown")),
        "recipient": names.get(own.handoff.recipient, said("unknown")),
        "service": names.get(own.handoff.service_id, said("unknown")),
    }
    return render_template(
        "referral/my.html",
        token=token,
        own=own,
        stands=_stands(said, own.handoff, own.claim, mentioned),
        follows=_follows(said, own.handoff, mentioned),
        reach=[
            (mentioned[side], said(f"reach_{side}"), own.phones.get(id_))
            for side, id_ in _parties(own.handoff)
        ],
        told=list(_told(said, own.disclosures)),
        maker=names.get(own.page.organisation, said("unknown")),
        **person_said(),
    )


def _parties(handoff: Handoff) -> list[tuple[str, UUID]]:
    sides = [("recipient", handoff.recipient), ("sender", handoff.sender)]
    return sides if handoff.recipient != handoff.sender else sides[1:]


def _stands(said: Texts, handoff: Handoff, claim: Claim | None, names: dict[str, str]) -> str:
    """Return who has the person now."""
    if _stays(handoff):
        return said("now.handed_over", **names)
    if handoff.status is Status.WAITLISTED and claim and claim.position:
        return said("now.waitlisted_at", position=claim.position, **names)
    return said(f"now.{handoff.status}", **names)


def _follows(said: Texts, handoff: Handoff, names: dict[str, str]) -> str:
    """Return what happens next, with the moment where there is one that still lies ahead."""
    if _stays(handoff):
        return said("next.handed_over", **names)
    due = handoff.due
    by = {
        Status.REQUESTED: due.acknowledge_by,
        Status.ACKNOWLEDGED: due.answer_by,
        Status.OFFERED: due.lapses_at,
        Status.IN_PROGRESS: due.stay_ends,
    }.get(handoff.status)
    if by is not None and by > current_running().clock.now():
        opening = "_opening" if handoff.waits_for_opening else ""
        return said(f"next.{handoff.status}_by{opening}", moment=moment(by), **names)
    return said(f"next.{handoff.status}", **names)


def _stays(handoff: Handoff) -> bool:
    """Tell whether the person stays with whoever took them over, although that has ended early."""
    return handoff.is_handed_over and handoff.status in {Status.FAILED, Status.CANCELLED}


def _told(said: Texts, disclosures: Sequence[Disclosure]) -> Iterator[Told]:
    for _, group in groupby(disclosures, key=lambda one: (one.handoff_id, one.disclosed_at)):
        told = list(group)
        closed = sum(one.stopped_at is not None for one in told)
        state = "open" if not closed else "closed" if closed == len(told) else "partly"
        names = {one.field.partition(".")[0] for one in told}
        yield Told(
            who=told[0].recipient_name or said("unknown"),
            at=told[0].disclosed_at,
            sections=[_section(said, name) for name in sorted(names, key=_rank)],
            state=state,
        )


def _rank(section: str) -> tuple[bool, bool, str]:
    """Return where a section stands: who somebody is first, then how to reach them."""
    return section != IDENTITY, section != CONTACT, section


def _section(said: Texts, name: str) -> str:
    return said(f"section.{name}") if f"section.{name}" in said else section_title(name)


def person_texts() -> Texts:
    """Return the texts; the page is in the language that the person reads where all of it can be."""
    said = texts_of(PAGE)
    speak_wholly(said.english)
    return said


def person_said() -> dict[str, Any]:
    """Return what each of the person's pages is drawn with."""
    return {"said": person_texts()}


def nothing_here() -> tuple[str, int]:
    """Answer the same for an address that never was, has ended or was closed."""
    return render_template("referral/my_closed.html", **person_said()), 404
