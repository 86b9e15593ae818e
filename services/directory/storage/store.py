"""The one way into the directory's database: a store per concern, all on one connection."""

from functools import cached_property

import sqlalchemy as sa

from services.directory.storage.accounts import Accounts
from services.directory.storage.agreements import Agreements
from services.directory.storage.history import History
from services.directory.storage.imports import Imports
from services.directory.storage.ledgers import Ledgers
from services.directory.storage.measures import Histories
from services.directory.storage.names import Names
from services.directory.storage.offers import Offers
from services.directory.storage.open_referral import PublicListing
from services.directory.storage.organisations import Organisations
from services.directory.storage.placements import Placements
from services.directory.storage.programmes import Programmes
from services.directory.storage.sandboxes import Sandboxes
from services.directory.storage.services import Services
from services.directory.storage.uncounted import Uncounted


class Store:
    """What a transaction of the directory can read and write."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self.connection = connection

    @cached_property
    def organisations(self) -> Organisations:
        """Who there is."""
        return Organisations(self.connection)

    @cached_property
    def programmes(self) -> Programmes:
        """What several services belong to."""
        return Programmes(self.connection)

    @cached_property
    def services(self) -> Services:
        """What is offered."""
        return Services(self.connection)

    @cached_property
    def agreements(self) -> Agreements:
        """Who may share what."""
        return Agreements(self.connection)

    @cached_property
    def names(self) -> Names:
        """What everything is called."""
        return Names(self.connection)

    @cached_property
    def history(self) -> History:
        """How entries became what they are."""
        return History(self.connection)

    @cached_property
    def offers(self) -> Offers:
        """What may suit whom."""
        return Offers(self.connection)

    @cached_property
    def imports(self) -> Imports:
        """Which files are on their way in."""
        return Imports(self.connection)

    @cached_property
    def public(self) -> PublicListing:
        """What everybody may see."""
        return PublicListing(self.connection)

    @cached_property
    def ledgers(self) -> Ledgers:
        """Who has, or waits for, which place."""
        return Ledgers(self.connection)

    @cached_property
    def uncounted(self) -> Uncounted:
        """Who is with services that count no places."""
        return Uncounted(self.connection)

    @cached_property
    def histories(self) -> Histories:
        """What happened at places."""
        return Histories(self.connection)

    @cached_property
    def placements(self) -> Placements:
        """In whose teams workers sit."""
        return Placements(self.connection)

    @cached_property
    def sandboxes(self) -> Sandboxes:
        """What was made up, to try systems out with."""
        return Sandboxes(self.connection)

    @cached_property
    def accounts(self) -> Accounts:
        """Who may sign in, and which systems may ask for tokens."""
        return Accounts(self.connection)
