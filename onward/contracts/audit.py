"""Events published by the audit service about its own log."""

from uuid import UUID

from onward.contracts.base import Event, event


@event("audit.tampering-found.v1", subject="log_id", prompt=True)
class TamperingFound(Event):
    """The log no longer agrees with a checkpoint that was signed over it."""

    log_id: UUID
    checkpoint_size: int
    """Number of leaves the checkpoint covers."""
    first_wrong_leaf: int | None = None
    """Index of the first leaf that differs, where it can be told."""


@event("audit.leaf-missing.v1", subject="handoff_id")
class LeafMissing(Event):
    """A service stated something of which the log has no leaf, long after it should."""

    referral_id: UUID
    handoff_id: UUID
    kind: str
    """``sent`` or ``disclosed``."""


@event("audit.witness-changed.v1", subject="witness_id")
class WitnessChanged(Event):
    """Somebody outside may countersign checkpoints from now on, or no longer may."""

    witness_id: UUID
    of: UUID | None = None
    """The organisation the witness belongs to, where it belongs to one."""
    change: str
    """``added`` or ``removed``."""


@event("audit.case-file-changed.v1", subject="case_id")
class CaseFileChanged(Event):
    """Somebody who looks into something began, added to, or threw away a case file.

    Which referrals are in it is not told: who is looked into could read it.
    """

    case_id: UUID
    change: str
    """``begun``, ``referral-added``, ``noted``, ``looked-at`` or ``dropped``."""
