"""What the routes of the directory share: their transaction, their part of a list, who sees what."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.database import UnitOfWork
from onward.errors import ForbiddenError
from onward.identity import Role
from onward.web import Page, current_actor, current_uow
from services.directory.domain.agreements import Agreement
from services.directory.domain.days import day_of
from services.directory.domain.services import Service
from services.directory.storage.listing import Part
from services.directory.storage.services import Wanted
from services.directory.storage.store import Store

SEES_ALL = frozenset({Role.AUDITOR, Role.OPERATOR})
"""Roles that see every organisation's agreements."""


def this_uow() -> UnitOfWork[Store]:
    """Return this request's transaction."""
    return cast("UnitOfWork[Store]", current_uow())


def part_of(page: Page) -> Part:
    """Return which rows to read for *page*."""
    return Part(limit=page.fetch, after=page.after)


def wanted_by(query: Mapping[str, Any]) -> Wanted:
    """Return which services a loaded `ServiceQuery` asks for."""
    return Wanted(
        text=query.get("q"),
        status=query.get("status"),
        provider=query.get("provider"),
        programme=query.get("programme"),
        need=query.get("need"),
        outcode=query.get("outcode"),
        sandbox=own_sandbox(),
        has_room_on=day_of(this_uow().now) if query.get("has_room") else None,
    )


def own_sandbox() -> UUID | None:
    """Return the sandbox that the caller's organisation was made up for, None for a real one."""
    return this_uow().store.sandboxes.of(current_actor().organisation)


def is_provider(service: Service) -> bool:
    """Tell whether the caller works for an organisation that provides *service*."""
    return current_actor().organisation in service.keepers


def require_provider(service: Service) -> None:
    """Raise `ForbiddenError` unless the caller works for a provider of *service*."""
    if not is_provider(service):
        raise ForbiddenError("only-provider", "Only the organisations that provide it see this.")


def is_visible(agreement: Agreement) -> bool:
    """Tell whether the caller is a party to *agreement*, or sees all."""
    actor = current_actor()
    parties = {agreement.from_organisation, agreement.to_organisation}
    return actor.role in SEES_ALL or actor.organisation in parties


def note_read(what: str, records: int) -> None:
    """Tell audit that the caller saw who has, or waits for, places."""
    organisation = current_actor().organisation
    if organisation is not None and records:
        read = RecordRead(
            about=organisation, what=what, purpose="service-management", records=records
        )
        this_uow().emit(read)
