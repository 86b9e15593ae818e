"""Everything the audit service keeps, behind one facade per transaction."""

import sqlalchemy as sa

from services.audit.storage.cases import Cases
from services.audit.storage.checkpoints import Checkpoints, SelfChecks
from services.audit.storage.completeness import Completeness
from services.audit.storage.entries import Entries
from services.audit.storage.exports import Exports
from services.audit.storage.log import Log
from services.audit.storage.partners import Partners
from services.audit.storage.stalls import Stalls
from services.audit.storage.witnesses import Witnesses


class Store:
    """One attribute per concern."""

    def __init__(self, connection: sa.Connection) -> None:
        """Work within the transaction of *connection*."""
        self.log = Log(connection)
        self.entries = Entries(connection)
        self.checkpoints = Checkpoints(connection)
        self.checks = SelfChecks(connection)
        self.partners = Partners(connection)
        self.exports = Exports(connection)
        self.cases = Cases(connection)
        self.stalls = Stalls(connection)
        self.witnesses = Witnesses(connection)
        self.completeness = Completeness(connection)
