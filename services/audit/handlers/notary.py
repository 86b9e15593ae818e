"""Who signs in the log's name: one per process."""

from dataclasses import dataclass
from typing import Final, cast

from onward.service import RunningService
from onward.settings import Settings
from services.audit.domain.checkpoint import Checkpoint, origin_of
from services.audit.domain.notes import NoteKey, Signer
from services.audit.storage.store import Store

_NAME: Final = "audit.notary"


@dataclass(slots=True)
class Notary:
    """Signs, and remembers for as long as the process lives what it signed last."""

    signer: Signer
    last: Checkpoint | None = None

    @property
    def key(self) -> NoteKey:
        """The public key that the signatures are checked by."""
        return self.signer.key


def notary_of(running: RunningService) -> Notary:
    """Return the notary of this process, made when first asked for."""
    if _NAME not in running.extras:
        with running.database.transaction() as uow:
            running.extras[_NAME] = Notary(signer_for(running.settings, uow.store))
    return cast("Notary", running.extras[_NAME])


def signer_for(settings: Settings, store: Store) -> Signer:
    """Return the signer whose key derives from the signing secret, under the log's name.

    A log keeps the name it was first signed under, even when the platform moves to another address.
    Raises `ValueError` without a secret: the settings of the audit service always have one.
    """
    if settings.signing_key is None:
        raise ValueError("the audit service needs ONWARD_SIGNING_KEY")
    first = store.checkpoints.first()
    name = first.note.partition("\n")[0] if first else origin_of(settings.public_url)
    return Signer(settings.signing_key, name)
