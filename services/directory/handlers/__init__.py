"""What the directory does with the events it hears, and for those who ask it to change something."""

from onward.inbox import Handlers
from services.directory.handlers.placing import STEPS, keep_places
from services.directory.storage.store import Store

HANDLERS: Handlers[Store] = dict.fromkeys(STEPS, keep_places)
