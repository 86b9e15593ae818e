"""What the audit service does: append what it hears, sign it, check it, and let it be read."""

from typing import Final

from onward.contracts.base import Event
from onward.inbox import Handlers
from services.audit.handlers.appending import hear
from services.audit.storage.store import Store

HANDLERS: Final[Handlers[Store]] = {Event: hear}
