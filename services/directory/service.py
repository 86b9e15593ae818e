"""Nameko entrypoints of the directory service. No logic lives here."""

from onward.runtime import EventService


class DirectoryService(EventService):
    """The directory service as Nameko runs it: see `services.directory` for what it owns, hears and tells."""

    name = "directory"
