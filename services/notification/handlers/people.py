"""Whom of its people an organisation wants told: teams, rules, and who would be told of something."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from onward.contracts.notification import TellingChanged
from onward.errors import ConflictError, FieldError, InvalidError, NotFoundError, StaleVersionError
from onward.identity import Role
from onward.ids import new_id
from services.notification.domain.messages import Subject, Told
from services.notification.domain.people import (
    MOST_RULES,
    MOST_TEAMS,
    Circle,
    Reached,
    Team,
    TellingRule,
    Whom,
    reached,
)
from services.notification.domain.rules import Telling, Urgency, keys_of, roles_of
from services.notification.handlers.inbox import organisation_of
from services.notification.storage.store import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Who would be told of something, and whence the answer comes."""

    reached: Sequence[Reached]
    circle: Circle
    mailbox: str | None
    """The organisation's, where e-mail of this urgency goes there."""
    webhooks: int
    """Webhooks that are on and would hear of it."""

    def called(self, principal: str) -> str | None:
        """Return what colleagues call somebody, None where they have not said."""
        chosen = self.circle.preferences.get(principal)
        return chosen.called if chosen else None


def mine(uow: Work) -> tuple[list[TellingRule], list[Team]]:
    """Return the rules and the teams of the actor's organisation."""
    organisation = organisation_of(uow.actor)
    return uow.store.people.rules(organisation), uow.store.people.teams(organisation)


def add_rule(
    uow: Work,
    *,
    whom: Whom,
    name: str,
    templates: Sequence[str],
    service_id: UUID | None,
    urgencies: Sequence[Urgency],
) -> TellingRule:
    """Tell by a new rule from now on.

    Raises `InvalidError` ``whom-unknown`` or ``service-unknown`` for what is not there, `ConflictError`
    with ``too-many-rules`` or ``rule-exists``.
    """
    organisation = organisation_of(uow.actor)
    uow.store.endpoints.lock_all(organisation)
    there = uow.store.people.rules(organisation)
    rule = TellingRule(
        id=new_id(),
        organisation=organisation,
        whom=whom,
        name=name,
        templates=tuple(dict.fromkeys(templates)),
        service_id=service_id,
        urgencies=tuple(urgency for urgency in Urgency if urgency in urgencies),
    )
    _require_known(uow, rule)
    if len(there) >= MOST_RULES:
        raise ConflictError("too-many-rules", f"Delete one first: {MOST_RULES} are allowed.")
    if any(replace(other, id=rule.id) == rule for other in there):
        raise ConflictError("rule-exists", "The same rule is there already.")
    uow.store.people.add_rule(rule, by=uow.actor.principal, now=uow.now)
    _tell(uow, organisation, "rule", "created", rule.id)
    return rule


def delete_rule(uow: Work, id_: UUID) -> None:
    """Tell by a rule no longer. Raises `NotFoundError`."""
    organisation = organisation_of(uow.actor)
    if not uow.store.people.drop_rule(id_, organisation=organisation):
        raise NotFoundError("rule")
    _tell(uow, organisation, "rule", "deleted", id_)


def add_team(uow: Work, *, name: str, members: Sequence[str]) -> Team:
    """Add a team.

    Raises `InvalidError` ``member-unknown``, `ConflictError` with ``team-exists`` or ``too-many-teams``.
    """
    organisation = organisation_of(uow.actor)
    uow.store.endpoints.lock_all(organisation)
    if len(uow.store.people.teams(organisation)) >= MOST_TEAMS:
        raise ConflictError("too-many-teams", f"Delete one first: {MOST_TEAMS} are allowed.")
    team = Team(
        id=new_id(),
        organisation=organisation,
        name=name,
        members=tuple(dict.fromkeys(members)),
        version=1,
    )
    return _keep(uow, team, "created")


def change_team(uow: Work, id_: UUID, *, name: str, members: Sequence[str], version: int) -> Team:
    """Give a team another name or other members. Raises as `add_team`, or `StaleVersionError`."""
    team = _own_team(uow, id_)
    if team.version != version:
        raise StaleVersionError(team.version)
    new = replace(team, name=name, members=tuple(dict.fromkeys(members)), version=team.version + 1)
    return _keep(uow, new, "changed")


def delete_team(uow: Work, id_: UUID) -> None:
    """Take a team away, with the rules that name it. Raises `NotFoundError`."""
    team = _own_team(uow, id_)
    uow.store.people.drop_team(id_)
    _tell(uow, team.organisation, "team", "deleted", id_)


def preview(
    uow: Work, *, template: str, urgency: Urgency, service_id: UUID | None, at: datetime | None
) -> Preview:
    """Return who would be told of *template* if it happened at a moment, now where none is said.

    Without a service, whoever would be told about any.
    """
    organisation = organisation_of(uow.actor)
    moment = at or uow.now
    circle = uow.store.people.everybody([organisation], moment)
    about = [service_id] if service_id else [None, *_services_named(circle)]
    found: dict[str, Reached] = {}
    for each in about:
        told = _imagined(organisation, template, urgency, each, moment)
        found = {one.principal: one for one in reached(told, circle)} | found
    return Preview(
        reached=list(found.values()),
        circle=circle,
        mailbox=_mailbox(uow, organisation, urgency, service_id),
        webhooks=sum(one.hears(keys_of(template)) for one in uow.store.endpoints.of(organisation)),
    )


def _services_named(circle: Circle) -> list[UUID]:
    return sorted({rule.service_id for rule in circle.rules if rule.service_id})


def _imagined(
    organisation: UUID, template: str, urgency: Urgency, service_id: UUID | None, at: datetime
) -> Told:
    subject = Subject(
        event_id=organisation,
        key="preview",
        correlation_id=organisation,
        about=organisation,
        handoff_id=None,
        service_id=service_id,
        occurred_at=at,
        facts=b"{}",
    )
    telling = Telling(
        organisation=organisation,
        counterpart=None,
        template=template,
        urgency=urgency,
        roles=roles_of(template),
    )
    return Told(subject=subject, organisation=organisation, telling=telling)


def _mailbox(
    uow: Work, organisation: UUID, urgency: Urgency, service_id: UUID | None
) -> str | None:
    chosen = uow.store.subscriptions.of(organisation)
    if urgency not in chosen.mail_for:
        return None
    found: str | None = chosen.mailbox or uow.store.copies.mailbox(organisation, service_id)
    return found


def _require_known(uow: Work, rule: TellingRule) -> None:
    known = {
        Whom.ROLE: lambda: rule.name in set(Role) - {Role.SERVICE, Role.PARTNER_SYSTEM},
        Whom.TEAM: lambda: (
            rule.name in {str(team.id) for team in uow.store.people.teams(rule.organisation)}
        ),
        Whom.PERSON: lambda: rule.name in _workers(uow, rule.organisation),
    }
    if not known[rule.whom]():
        raise _wrong("whom-unknown", "/name", "Name a role, a team or a worker of yours.")
    if rule.service_id and not uow.store.copies.service_names([rule.service_id]):
        raise _wrong("service-unknown", "/service_id", "Choose a service of the directory.")


def workers(uow: Work) -> list[tuple[str, str]]:
    """Return who works for the actor's organisation or is placed with it now: each with what to call them.

    Whoever has not said what colleagues call them is called by role and the end of their id.
    """
    circle = uow.store.people.everybody([organisation_of(uow.actor)], uow.now)
    found = []
    for worker in circle.workers:
        chosen = circle.preferences.get(worker.principal)
        plain = f"{worker.role.value.replace('_', ' ')} {worker.principal[-4:]}".capitalize()
        found.append((worker.principal, (chosen and chosen.called) or plain))
    return sorted(found, key=lambda one: (one[1].casefold(), one[0]))


def _workers(uow: Work, organisation: UUID) -> set[str]:
    """Return who works for the organisation or is placed with it now."""
    there = uow.store.people.everybody([organisation], uow.now).workers
    return {worker.principal for worker in there}


def _keep(uow: Work, team: Team, change: str) -> Team:
    known = _workers(uow, team.organisation)
    strange = [number for number, member in enumerate(team.members) if member not in known]
    if strange:
        raise _wrong("member-unknown", f"/members/{strange[0]}", "Choose workers of yours only.")
    others = uow.store.people.teams(team.organisation)
    if any(other.name == team.name and other.id != team.id for other in others):
        raise ConflictError("team-exists", "A team of this name is there already.")
    if not uow.store.people.keep_team(team, uow.now):
        raise StaleVersionError(team.version)
    _tell(uow, team.organisation, "team", change, team.id)
    return team


def _own_team(uow: Work, id_: UUID) -> Team:
    organisation = organisation_of(uow.actor)
    uow.store.endpoints.lock_all(organisation)
    for team in uow.store.people.teams(organisation):
        if team.id == id_:
            return team
    raise NotFoundError("team")


def _wrong(code: str, pointer: str, detail: str) -> InvalidError:
    return InvalidError(code, detail, errors=[FieldError(pointer=pointer, detail=detail)])


def _tell(uow: Work, organisation: UUID, what: str, change: str, id_: UUID) -> None:
    uow.emit(TellingChanged(organisation_id=organisation, what=what, change=change, id=id_))
