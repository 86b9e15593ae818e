"""A log kept in memory as the service keeps it in its database, to make bundles from."""

from collections.abc import Sequence
from datetime import UTC, datetime

from onward.envelope import Envelope
from services.audit.domain import checkpoint, proofs
from services.audit.domain.bundle import Contents, Proved, bundle
from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.leaf import Entry, leaf_of, read
from services.audit.domain.notes import Signer
from tests.unit.audit.story import MONDAY
from tests.unit.audit.test_tree import Grown

ORIGIN = "onward.example/audit"
SIGNER = Signer("a secret that nobody else has", ORIGIN)
MADE = datetime(2026, 11, 21, tzinfo=UTC)


class Logbook:
    """Leaves of events, and the tree over them."""

    def __init__(self, told: Sequence[Envelope]) -> None:
        self.bodies = [leaf_of(each, recorded=MONDAY).body for each in told]
        self.tree = Grown(self.bodies)

    @property
    def checkpoint(self) -> Checkpoint:
        """The log, signed."""
        return checkpoint.sign(self.tree.edge, SIGNER, at=MADE)

    @property
    def entries(self) -> list[Entry]:
        """Every leaf, read back."""
        return [
            Entry(number=number, facts=read(body), body=body, hash=b"")
            for number, body in enumerate(self.bodies)
        ]

    def bundle(self, document: bytes | None = b"%PDF-1.7 the same for people") -> bytes:
        """Return the bundle of the referral that the last event is about."""
        entries = self.entries
        referral = entries[-1].facts.referral
        assert referral is not None
        size = self.checkpoint.size
        proved = [
            Proved(entry=entry, path=self.tree.proof(proofs.plan_inclusion(entry.number, size)))
            for entry in entries
            if entry.facts.referral == referral
        ]
        contents = Contents(
            referral=referral,
            leaves=proved,
            checkpoint=self.checkpoint,
            made=MADE,
            document=document,
        )
        return bundle(contents, SIGNER)
