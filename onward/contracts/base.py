"""How an event is declared: once, immutable, named, versioned, and owned by one aggregate."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar, dataclass_transform
from uuid import UUID


class Event:
    """A fact that one service tells the others: ids, codes and times, never a personal detail."""

    __slots__ = ()
    key: ClassVar[str]
    """The versioned routing key, ``<stream>.<name>.v<n>``."""
    stream: ClassVar[str]
    """First part of the key: whose story this belongs to. Order holds per stream and subject."""
    subject_field: ClassVar[str]
    """The field that holds the aggregate's id."""
    prompt: ClassVar[bool]
    """Whether somebody waits for it: it is sent at once, and taken over at once where people are told."""

    @property
    def subject(self) -> UUID:
        """The aggregate this fact is about."""
        value: UUID = getattr(self, self.subject_field)
        return value


E = TypeVar("E", bound=Event)
_declared: dict[str, type[Event]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def shared_fields(cls: type[E]) -> type[E]:
    """Make a class whose fields several events inherit; it is no event itself."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(key: str, *, subject: str, prompt: bool = False) -> Callable[[type[E]], type[E]]:
    """Declare a class as the event that travels under *key*, about the aggregate in field *subject*.

    What is not *prompt* is sent and taken over together with what comes within the same moment.
    """

    def declare(cls: type[E]) -> type[E]:
        if key in _declared:
            raise TypeError(f"{key} is already {_declared[key].__qualname__}")
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        if subject not in {field.name for field in fields(made)}:  # type: ignore[arg-type]
            raise TypeError(f"{key} has no field {subject}")
        made.key = key
        made.stream = key.split(".", 1)[0]
        made.subject_field = subject
        made.prompt = prompt
        _declared[key] = made
        return made

    return declare


def declared_as(key: str) -> type[Event] | None:
    """Return the event that travels under *key*, if there is one."""
    return _declared.get(key)


def prompt() -> frozenset[str]:
    """Return the keys of the events that somebody waits for."""
    return frozenset(key for key, declared in _declared.items() if declared.prompt)


def declared() -> dict[str, type[Event]]:
    """Return every declared event by its key."""
    return dict(_declared)
