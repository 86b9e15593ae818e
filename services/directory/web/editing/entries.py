"""From a form to a new or a changed entry: every mistake at its input, every refusal of the rules told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from marshmallow import ValidationError

from onward.errors import FieldError, InvalidError, MalformedError, Refused, StaleVersionError
from onward.identity import Role
from onward.ids import new_id
from onward.web.schemas import Schema
from onward.web.validation import invalid
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.agreements import Agreement
from services.directory.domain.facts import Provenance
from services.directory.domain.history import Entry
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.handlers import entries
from services.directory.handlers.rehearsal import Change, change_entry
from services.directory.web.editing.differences import ids_in
from services.directory.web.editing.drawing import beside
from services.directory.web.editing.inputs import Input, Read, Texts
from services.directory.web.editing.reading import Known, read
from services.directory.web.editing.shared_inputs import SOURCES, Section
from services.directory.web.entries import organisation_from, programme_from, service_from
from services.directory.web.entry_schemas import OrganisationBody, ProgrammeBody, ServiceBody
from services.directory.web.reach import this_uow

Written = Organisation | Programme | Service
"""What forms change."""
EDITORS: Final = (Role.EDITOR, Role.OPERATOR)
_BODIES: Final[Mapping[type[Written], Schema]] = {
    Organisation: OrganisationBody(),
    Programme: ProgrammeBody(),
    Service: ServiceBody(),
}
_MADE: Final[Mapping[type[Written], Callable[..., Written]]] = {
    Organisation: organisation_from,
    Programme: programme_from,
    Service: service_from,
}
_PUBLISH: Final[Mapping[type[Written], Callable[..., Written]]] = {
    Organisation: entries.publish_organisation,
    Programme: entries.publish_programme,
    Service: entries.publish_service,
}


class FormRefusedError(Exception):
    """What is wrong with a form, for the page that shows it once more."""

    def __init__(self, cause: Refused, errors: Sequence[FieldError]) -> None:
        """Carry what was refused, and what to tell beside which input."""
        super().__init__(cause.code)
        self.cause = cause
        self.errors = errors


def keepers(entry: Entry) -> frozenset[Any]:
    """Return the organisations that answer for *entry*."""
    if isinstance(entry, Service):
        return frozenset(entry.keepers)
    if isinstance(entry, Agreement):
        return frozenset({entry.from_organisation, entry.to_organisation})
    return frozenset({entry.lead if isinstance(entry, Programme) else entry.id})


def may_edit(entry: Entry) -> bool:
    """Tell whether the caller may change *entry*."""
    try:
        require_may_edit(this_uow().actor, keepers(entry))
    except Refused:
        return False
    return this_uow().actor.role in EDITORS


def body_of(entry: Written) -> dict[str, Any]:
    """Return *entry* as the API would be sent it."""
    body: dict[str, Any] = _BODIES[type(entry)].dump(entry)
    return body


def publish(made: type[Written], inputs: Sequence[Input], texts: Texts) -> Written:
    """List the new entry that the form of *inputs* describes.

    Raises `FormRefusedError` with everything that is wrong with what it says.
    """
    found = read(inputs, texts, Known(named=this_uow().store.names.called, ids=()))
    try:
        loaded = _loaded(made, {}, found)
        return _PUBLISH[made](this_uow(), _MADE[made](loaded, new_id(), 1))
    except Refused as cause:
        raise FormRefusedError(cause, _told(cause, found)) from None


def wanted_by(entry: Written, section: Section, texts: Texts, version: str) -> Change:
    """Return the change of *entry* that the form of *section* asks for.

    Raises `FormRefusedError` with everything that is wrong with what it says.
    """
    found = read(section.inputs, texts, _known(entry))
    try:
        wanted = _wanted(entry, section, found, version)
    except Refused as cause:
        raise FormRefusedError(cause, _told(cause, found)) from None

    def change(uow: Any) -> Entry:
        try:
            return change_entry(uow, wanted)
        except Refused as cause:
            raise FormRefusedError(cause, _told(cause, found)) from None

    return change


def _wanted(entry: Written, section: Section, found: Read, version: str) -> Written:
    if not version.isdecimal():
        raise MalformedError("version-malformed", "Open the form again: it has lost its version.")
    if int(version) != entry.version:
        raise StaleVersionError(entry.version)
    loaded = _loaded(type(entry), body_of(entry), found)
    wanted = _MADE[type(entry)](loaded, entry.id, entry.version)
    return wanted if section.slug == SOURCES else _without_what_is_stated(wanted)


def _loaded(made: type[Written], body: dict[str, Any], found: Read) -> Any:
    """Return *body* with what was *found* in a form, as the API's schema reads it."""
    if found.errors:
        raise InvalidError("invalid", "Change what is marked.", errors=found.errors)
    for pointer, value in found.values.items():
        _set(body, pointer, value)
    try:
        return _BODIES[made].load(body)
    except ValidationError as error:
        raise invalid(error) from None


def _without_what_is_stated(wanted: Written) -> Written:
    """Take off the list of unknown facts what the entry states now."""
    stated, known = wanted.stated(), wanted.provenance
    unstated = tuple(fact for fact in known.unstated if not stated.get(fact))
    if unstated == known.unstated:
        return wanted
    tidied: Provenance = replace(known, unstated=unstated)
    return replace(wanted, provenance=tidied)


def _known(entry: Written) -> Known:
    ids = {str(id_) for id_ in ids_in(entry)}
    return Known(named=this_uow().store.names.called, ids=ids)


def _set(body: dict[str, Any], pointer: str, value: Any) -> None:
    *above, name = pointer.lstrip("/").split("/")
    for key in above:
        body = body[key]
    body[name] = value


def _told(cause: Refused, found: Read) -> Sequence[FieldError]:
    if isinstance(cause, StaleVersionError):
        told = (
            "Somebody changed this entry meanwhile. Check that your changes still fit, then go on."
        )
        return [FieldError(pointer="", detail=told)]
    if cause.errors:
        return beside(cause.errors, found)
    affected = len(cause.extra.get("affected", ()))
    counted = f" Handoffs it would affect: {affected}." if affected else ""
    return [FieldError(pointer="", detail=cause.detail + counted)]
