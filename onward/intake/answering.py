"""Tell the sender, on their own queue, what became of an event: ids, codes and links, and nothing else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import orjson

from onward.broker import Incoming, Outgoing
from onward.codec import TYPE_PREFIX
from onward.contracts.intake import PartnerEvent
from onward.intake.asking import Outcome
from onward.intake.reading import Sender

ACCEPTED: Final = "intake.accepted.v1"
REFUSED: Final = "intake.refused.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message, as far as its sender has to recognise it in an answer."""

    message: Incoming
    sender: Sender
    event_id: str | None = None
    """None where it could not be read."""

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes: tells it from any other where its id could not be read."""
        return hashlib.sha256(self.message.body).hexdigest()


def accepted(
    received: Received, event: PartnerEvent, outcome: Outcome, *, origin: str, at: datetime
) -> Outgoing:
    """Return the message that says what came of it."""
    told = {name: _at(outcome.document, place) for name, place in event.tells.items()}
    if outcome.version is not None:
        told["version"] = outcome.version
    if outcome.location:
        told["links"] = {"made": f"{origin}{outcome.location}"}
    return _message(received, ACCEPTED, told, origin=origin, at=at)


def refused(
    received: Received, problem: Mapping[str, Any], *, origin: str, at: datetime
) -> Outgoing:
    """Return the message that says why it was not taken, with a problem document (RFC 9457)."""
    return _message(received, REFUSED, {"problem": problem}, origin=origin, at=at)


def about_data(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return *problem* with its pointers into the event, where its application saw the data alone."""
    errors = [
        {**error, "pointer": f"/data{error['pointer']}"} for error in problem.get("errors", ())
    ]
    return {**problem, "errors": errors} if errors else dict(problem)


def _message(
    received: Received, kind: str, told: Mapping[str, Any], *, origin: str, at: datetime
) -> Outgoing:
    sender = received.sender
    # An answer keeps its id when it is sent twice, so that it is known again.
    id_ = uuid5(NAMESPACE_URL, f"{sender.organisation}|{kind}|{received.digest}")
    document = {
        "specversion": "1.0",
        "id": str(id_),
        "source": origin,
        "type": TYPE_PREFIX + kind,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "event_id": received.event_id,
            "name": sender.name,
            "sha256": received.digest,
            **told,
        },
    }
    return Outgoing(id=str(id_), key=str(sender.organisation), body=orjson.dumps(document))


def _at(document: Mapping[str, Any], place: str) -> Any:
    found: Any = document
    for name in place.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
