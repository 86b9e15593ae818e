"""Who signs in the log's name: one per process."""

from dataclasses import dataclass
from typing import Final, cast

from onward.service import RunningService
from onward.settings import Settings
from services.audit.domain.checkpoint import Checkpoint, origin_of
from services.audit.domain.notes import NoteKey, Signer

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
        running.extras[_NAME] = Notary(signer_for(running.settings))
    return cast("Notary", running.extras[_NAME])


def signer_for(settings: Settings) -> Signer:
    """Return the signer whose key derives from the signing secret, under the log's name.

    Raises `ValueError` without one: the settings of the audit service always have it.
    """
    if settings.signing_key is None:
        raise ValueError("the audit service needs ONWARD_SIGNING_KEY")
    return Signer(settings.signing_key, origin_of(settings.public_url))
