"""What a request to the referral service has at hand, and how its body becomes a command."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast
from uuid import UUID

from flask import request

from onward.contracts.access import AccessRefused
from onward.database import UnitOfWork
from onward.errors import ForbiddenError, InvalidError, Refused
from onward.identity import Role
from onward.ids import new_id
from onward.web import (
    TEAM,
    change_session,
    current_actor,
    current_caller,
    current_correlation_id,
    current_running,
    current_uow,
)
from onward.web.sessions import Session, Team
from services.referral.domain.pack import Consent
from services.referral.domain.person import Contact, Person
from services.referral.domain.routing import REFUSALS
from services.referral.domain.submission import Routing, Submission
from services.referral.handlers.visibility import join_team, organisation_of
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault, vault_of

HANDS: Final = (Role.CASEWORKER, Role.TEAM_LEAD, Role.PARTNER_SYSTEM)
"""Who works with referrals; of the parties' organisations only."""


def this_uow() -> UnitOfWork[Store]:
    """Return this request's transaction, in the team that `TEAM` or the browser's session names.

    Raises `ForbiddenError` for somebody who does not sit there at this moment: ``not-placed``, or
    ``team-over`` where their browser was still there; from the next request on it is not.
    """
    uow = this_own_uow()
    if uow.store.team is None:
        wanted = request.headers.get(TEAM)
        if wanted is not None:
            join_team(uow, _team(wanted))
        elif (caller := current_caller()) and caller.session and caller.session.team:
            _rejoin(uow, caller.session, caller.session.team)
    return uow


def this_own_uow() -> UnitOfWork[Store]:
    """Return this request's transaction, in which the caller acts for their own organisation."""
    return cast("UnitOfWork[Store]", current_uow())


def _rejoin(uow: UnitOfWork[Store], session: Session, team: Team) -> None:
    try:
        join_team(uow, team.host)
    except ForbiddenError:
        change_session(session.within(None))
        raise ForbiddenError(
            "team-over",
            "Your time in that team has ended. From now on you work for your own organisation again.",
        ) from None


def _team(wanted: str) -> UUID:
    try:
        return UUID(wanted)
    except ValueError:
        raise InvalidError(
            "team-unknown", f"Name the host in {TEAM} by its organisation's id."
        ) from None


def this_vault() -> Vault:
    """Return the vault that opens people's keys."""
    return vault_of(current_running().settings)


def own_organisation() -> UUID:
    """Return whom the caller acts for."""
    return organisation_of(this_uow())


@contextmanager
def telling_refused_routing(referral_id: UUID | None = None) -> Iterator[None]:
    """Tell audit, in a transaction of its own, when a rule of routing says no."""
    try:
        yield
    except Refused as refusal:
        if refusal.code in REFUSALS:
            tell_refused(refusal.code, referral_id)
        raise


def tell_refused(code: str, referral_id: UUID | None = None) -> None:
    """Tell audit, in a transaction of its own, that the rule of routing *code* said no."""
    with current_running().database.transaction(
        actor=current_actor(), correlation_id=current_correlation_id()
    ) as uow:
        uow.emit(
            AccessRefused(
                about=referral_id or own_organisation(),
                referral_id=referral_id,
                what="routing",
                code=code,
            )
        )


def submission_from(body: Mapping[str, Any], organisation: UUID) -> Submission:
    """Return what a loaded `ReferralBody` submits in the name of *organisation*."""
    given = dict(body)
    basis = given.pop("lawful_basis", None) or {}
    person = given.pop("person", None)
    return Submission(
        person=person_from_body(person, organisation) if person else None,
        consent=consent_from_body(given.pop("consent")),
        lawful_basis=basis.get("code"),
        basis_note=basis.get("note"),
        needs=tuple(given.pop("needs")),
        **given,
    )


def routing_from(body: Mapping[str, Any]) -> Routing:
    """Return what a loaded `RoutingBody` changes."""
    given = dict(body)
    basis = given.pop("lawful_basis", None)
    consent = given.pop("consent", None)
    needs = given.pop("needs", None)
    return Routing(
        lawful_basis=basis["code"] if basis else None,
        consent=consent_from_body(consent) if consent else None,
        needs=None if needs is None else tuple(needs),
        **given,
    )


def person_from_body(body: Mapping[str, Any], organisation: UUID) -> Person:
    """Return somebody new, as a record of *organisation*."""
    given = dict(body)
    contact = dict(given.pop("contact"))
    rules, formats = tuple(contact.pop("rules")), tuple(given.pop("formats"))
    return Person(
        id=new_id(),
        organisation=organisation,
        contact=Contact(rules=rules, **contact),
        formats=formats,
        **given,
    )


def consent_from_body(body: Mapping[str, Any], *, withdrawn: bool = False) -> Consent:
    """Return what a loaded `ConsentSchema` says."""
    return Consent(
        given=body["given"],
        withheld=frozenset(body["withheld"]),
        until=body["valid_until"],
        withdrawn=withdrawn,
    )
