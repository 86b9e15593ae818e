"""What the audit service does by the clock: sign the log as it grows, and check it against itself."""

from onward.service import RunningService, Tick
from services.audit.handlers import reconciling, sealing
from services.audit.handlers.notary import notary_of


def sign(running: RunningService) -> None:
    """Sign a checkpoint if the log grew since the last."""
    with running.database.transaction() as uow:
        sealing.seal(uow, notary_of(running))


def check(running: RunningService) -> None:
    """Check the next part of the log against what was signed."""
    with running.database.transaction() as uow:
        sealing.check_itself(uow, notary_of(running).key)


def reconcile(running: RunningService) -> None:
    """Hold the log against what services state of their own records."""
    with running.database.transaction() as uow:
        reconciling.reconcile(uow)


TICKS = (
    Tick(name="sign-checkpoint", every=2.0, run=sign),
    Tick(name="check-log", every=1.0, run=check),
    Tick(name="reconcile", every=10.0, run=reconcile),
)
