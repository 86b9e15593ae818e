"""Read seed files: each on its own, or with those it includes and what it assumes of their entries."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from marshmallow import INCLUDE, ValidationError, fields

from onward.web.blueprints import invalid
from onward.web.schemas import Many, Schema, Text
from services.directory.web.entry_schemas import OrganisationBody, ProgrammeBody, ServiceBody
from services.directory.web.schemas import AgreementBody, PlaceBody, WorkerBody

MOST: Final = 10_000


class SeedOrganisation(OrganisationBody):
    """An organisation with its fixed id."""

    id = fields.UUID(required=True)


class SeedPlace(PlaceBody):
    """A place of the service it stands under."""

    class Meta(PlaceBody.Meta):
        """The service is known from where the place stands."""

        exclude = ("service_id",)


class SeedService(ServiceBody):
    """A service with its fixed id and its places."""

    id = fields.UUID(required=True)
    places = Many(fields.Nested(SeedPlace), most=MOST, load_default=list)


class SeedProgramme(ProgrammeBody):
    """A programme with its fixed id."""

    id = fields.UUID(required=True)


class SeedAgreement(AgreementBody):
    """An agreement with its fixed id."""

    id = fields.UUID(required=True)


class SeedPerson(WorkerBody):
    """Somebody who may sign in."""

    class Meta(WorkerBody.Meta):
        """The file says organisation."""

        exclude = ("organisation_id",)

    organisation = fields.UUID(required=True)


class SeedSystem(Schema):
    """A system that may ask for tokens, under a fixed id."""

    client_id = Text(64, required=True)
    name = Text(100, required=True)
    organisation = fields.UUID(required=True)


class SeedFile(Schema):
    """The whole file."""

    organisations = Many(fields.Nested(SeedOrganisation), most=MOST, load_default=list)
    programmes = Many(fields.Nested(SeedProgramme), most=MOST, load_default=list)
    services = Many(fields.Nested(SeedService), most=MOST, load_default=list)
    agreements = Many(fields.Nested(SeedAgreement), most=MOST, load_default=list)
    people = Many(fields.Nested(SeedPerson), most=MOST, load_default=list)
    systems = Many(fields.Nested(SeedSystem), most=MOST, load_default=list)


def read_file(path: Path) -> Mapping[str, Any]:
    """Return what a seed file and the files it includes say together. Raises `InvalidError`."""
    said = _parsed(_text_of(path))
    included = [_parsed(_text_of(path.parent / name)) for name in said.pop("includes", [])]
    assumed = said.pop("assumed", {})
    together: dict[str, Any] = {name: [] for name in SeedFile().fields}
    for part in (*included, said):
        for name, listed in part.items():
            together[name] = [*together.get(name, []), *listed]
    for name, additions in assumed.items():
        _add_to(name, together.get(name, []), additions)
    return _checked(together)


def read(text: str) -> Mapping[str, Any]:
    """Return what one seed file says. Raises `InvalidError` with everything that is wrong in it."""
    return _checked(_parsed(text))


class _Loader(yaml.SafeLoader):
    """Reads days as the text they are: the schemas decide what is a date."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Layers(Schema):
    """What a file says before it is put together with others."""

    class Meta(Schema.Meta):
        """The entries themselves are read when they are together."""

        unknown = INCLUDE

    includes = Many(Text(100), most=100)
    assumed = fields.Dict(keys=fields.String(), values=fields.List(fields.Dict()))


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        raise invalid(ValidationError(f"There is no file {path.name} to be read.")) from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = _Layers().load(yaml.load(text, _Loader))  # noqa: S506 - a safe one
    except yaml.YAMLError:
        raise invalid(ValidationError("This is not YAML.")) from None
    except ValidationError as error:
        raise invalid(error) from None
    for name, listed in said.items():
        if name != "assumed" and not isinstance(listed, list):
            raise invalid(ValidationError({name: ["Make this a list."]}))
    return said


def _checked(said: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = SeedFile().load(said)
    except ValidationError as error:
        raise invalid(error) from None
    return found


def _add_to(
    kind: str, listed: Sequence[dict[str, Any]], additions: Sequence[Mapping[str, Any]]
) -> None:
    """Add to entries what is assumed of them: a mapping within one grows, anything else is set."""
    known = {entry.get("id"): entry for entry in listed}
    for number, addition in enumerate(additions):
        entry = known.get(addition.get("id"))
        if entry is None:
            wrong = {"assumed": {kind: {number: {"id": ["No file says anything of it."]}}}}
            raise invalid(ValidationError(wrong))
        for name, value in addition.items():
            entry[name] = {**entry.get(name, {}), **value} if isinstance(value, dict) else value
