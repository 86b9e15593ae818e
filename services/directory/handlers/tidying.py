"""Find and take away what systems that were shut out still have on the broker.

Over HTTPS they are shut out by a service, and none holds the broker's administrator: an operator tidies up.
"""

from onward.broker_users import BrokerAdminError, BrokerUsers
from onward.database import UnitOfWork
from onward.plurals import counted
from onward.service import Finding, RunningService
from services.directory.domain.accounts import PartnerSystem
from services.directory.handlers.partners import has_open_systems
from services.directory.storage.store import Store


def left_over(uow: UnitOfWork[Store], broker: BrokerUsers) -> list[PartnerSystem]:
    """Return the systems that are shut out and still have a user. Raises `BrokerAdminError`."""
    return uow.store.accounts.closed_among(broker.names())


def tidy(uow: UnitOfWork[Store], broker: BrokerUsers) -> list[PartnerSystem]:
    """Take away the users of systems that are shut out, and the queues of organisations without another.

    Returns whose it took. Queues go first, so that what was interrupted is found again. Raises
    `BrokerAdminError`.
    """
    found = left_over(uow, broker)
    for organisation in sorted({system.organisation_id for system in found}):
        if not has_open_systems(uow, organisation):
            broker.take_queue_away(organisation)
    for system in found:
        broker.shut_out(system.client_id)
    return found


def check_users(running: RunningService) -> Finding | None:
    """Tell `onward doctor` whether anything is left over; None where it is told no administrator."""
    settings = running.settings
    if settings.amqp_management_url is None:
        return None
    with BrokerUsers(settings.amqp_management_url, settings.amqp_uri) as broker:
        try:
            with running.database.transaction() as uow:
                number = len(left_over(uow, broker))
        except BrokerAdminError as error:
            what = "directory: the broker does not tell who its users are."
            return Finding(good=False, what=what, do=str(error))
    whose = counted(number, "system that is shut out has", "systems that are shut out have")
    what = f"directory: {whose} a user on the broker."
    return Finding(good=number == 0, what=what, do="onward partner tidy")
