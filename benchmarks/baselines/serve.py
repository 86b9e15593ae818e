"""Run one of the baseline's four services: ``python -m benchmarks.baselines.serve directory``."""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402 - everything else comes after the patching
from datetime import UTC, datetime, timedelta  # noqa: E402
from typing import Any  # noqa: E402
from uuid import UUID  # noqa: E402

import orjson  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

from benchmarks.baselines import models  # noqa: E402
from benchmarks.baselines.kit import AMQP_URI, Document, Relay, Sessions, hears, tell  # noqa: E402
from services.audit.domain.tree import Edge, grow, leaf_hash  # noqa: E402

PARTIES = ("referral_id", "handoff_id", "service_id", "sender", "recipient")


class Directory:
    """Holds a place for each accepted handoff."""

    name = "directory"
    sessions = Sessions()
    relay = Relay()

    @hears("referral", "handoff-accepted")
    def hold(self, document: Document) -> None:
        """Give the first free place."""
        data, now = document["data"], datetime.now(UTC)
        with self.sessions() as session:
            ledger = session.get(models.Ledger, UUID(data["service_id"]), with_for_update=True)
            taken = sa.select(models.Claim.place_id).where(
                models.Claim.service_id == ledger.service_id,
                models.Claim.state.in_(("held", "taken")),
            )
            free = (
                sa.select(models.Place)
                .filter_by(service_id=ledger.service_id)
                .where(models.Place.id.not_in(taken))
                .order_by(models.Place.number)
            )
            place = session.scalars(free.limit(1)).one()
            until = now + timedelta(hours=data["offer_hours"])
            session.add(
                models.Claim(
                    handoff_id=UUID(data["handoff_id"]),
                    referral_id=UUID(data["referral_id"]),
                    service_id=ledger.service_id,
                    place_id=place.id,
                    state="held",
                    urgency=data["urgency"],
                    requested_at=datetime.fromisoformat(data["requested_at"]),
                    held_at=now,
                    held_until=until,
                )
            )
            told = {name: data[name] for name in PARTIES}
            more = {"place_id": str(place.id), "until": until.isoformat()}
            tell(session, "place-held", document, told | more)


class Referral:
    """Offers the place that was held."""

    name = "referral"
    sessions = Sessions()
    relay = Relay()

    @hears("directory", "place-held")
    def offer(self, document: Document) -> None:
        """Move the handoff on."""
        data, now = document["data"], datetime.now(UTC)
        place_id, until = UUID(data["place_id"]), datetime.fromisoformat(data["until"])
        with self.sessions() as session:
            handoff = session.get(models.Handoff, UUID(data["handoff_id"]), with_for_update=True)
            session.merge(
                models.PlaceCopy(
                    handoff_id=handoff.id, state="held", place_id=place_id, changed_at=now
                )
            )
            handoff.status, handoff.place_id, handoff.lapses_at = "offered", place_id, until
            handoff.version += 1
            session.add(
                models.Step(
                    handoff_id=handoff.id,
                    version=handoff.version,
                    action="offer",
                    to_status="offered",
                    at=now,
                )
            )
            session.add(
                models.Deadline(handoff_id=handoff.id, kind="offer", due_at=until, running=True)
            )
            told = {name: data[name] for name in PARTIES}
            more = {"place_id": data["place_id"], "lapses_at": data["until"]}
            tell(session, "handoff-offered", document, told | more)


class Notification:
    """Tells both sides."""

    name = "notification"
    sessions = Sessions()

    @hears("referral", "handoff-requested")
    def requested(self, document: Document) -> None:
        """Tell the recipient."""
        self._tell(document, recipient="handoff-requested")

    @hears("referral", "handoff-accepted")
    def accepted(self, document: Document) -> None:
        """Tell the sender."""
        self._tell(document, sender="handoff-accepted")

    @hears("referral", "handoff-offered")
    def offered(self, document: Document) -> None:
        """Tell both."""
        self._tell(document, recipient="place-held", sender="handoff-offered")

    def _tell(self, document: Document, **templates: str) -> None:
        data = document["data"]
        with self.sessions() as session:
            for side, template in templates.items():
                other = "sender" if side == "recipient" else "recipient"
                organisation = session.get(models.Organisation, UUID(data[side]))
                if organisation.mailbox:
                    raise NotImplementedError("nobody in this benchmark is written to")
                session.add(
                    models.Notice(
                        event_id=UUID(document["id"]),
                        organisation=organisation.id,
                        counterpart=UUID(data[other]),
                        template=template,
                        urgency=data.get("urgency", "urgent"),
                        about=UUID(data["referral_id"]),
                        handoff_id=UUID(data["handoff_id"]),
                        service_id=UUID(data["service_id"]),
                        occurred_at=datetime.fromisoformat(document["time"]),
                    )
                )


class Audit:
    """Appends a leaf per event to the same tree as ours."""

    name = "audit"
    sessions = Sessions()

    @hears("referral", "handoff-requested")
    def requested(self, document: Document) -> None:
        """Append, and remember the parties."""
        self._append(document, parties=True)

    @hears("referral", "pack-disclosed")
    def disclosed(self, document: Document) -> None:
        """Append."""
        self._append(document)

    @hears("referral", "handoff-accepted")
    def accepted(self, document: Document) -> None:
        """Append."""
        self._append(document)

    @hears("directory", "place-held")
    def held(self, document: Document) -> None:
        """Append."""
        self._append(document)

    @hears("referral", "handoff-offered")
    def offered(self, document: Document) -> None:
        """Append."""
        self._append(document)

    def _append(self, document: Document, *, parties: bool = False) -> None:
        data = document["data"]
        body = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        with self.sessions() as session:
            tree = session.get(models.Tree, 1, with_for_update=True)
            hashed = leaf_hash(body)
            growth = grow(Edge.unpacked(tree.size, tree.edge), [hashed])
            session.add(
                models.Leaf(
                    number=tree.size,
                    event_id=UUID(document["id"]),
                    hash=hashed,
                    body=body,
                    action=document["type"],
                    occurred=datetime.fromisoformat(document["time"]),
                    principal=document["actor"],
                    referral=UUID(data["referral_id"]),
                )
            )
            for level, number, node in growth.nodes:
                session.add(models.Node(level=level, number=number, hash=node))
            tree.size, tree.edge = growth.edge.size, growth.edge.packed
            if parties:
                for side in ("sender", "recipient"):
                    session.add(
                        models.Party(
                            referral_id=UUID(data["referral_id"]), organisation=UUID(data[side])
                        )
                    )


SERVICES: dict[str, Any] = {each.name: each for each in (Directory, Referral, Notification, Audit)}


def main() -> None:
    """Run until SIGTERM."""
    runner = ServiceRunner({"AMQP_URI": AMQP_URI})
    runner.add_service(SERVICES[sys.argv[1]])
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main()
