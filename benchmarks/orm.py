"""The baseline's four services as four processes, on databases with the same partnership."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import sqlalchemy as sa
from amqp.exceptions import NotFound

from benchmarks import loading
from benchmarks.baselines import models
from benchmarks.pipeline import HOUSE, NAMES, PLACES, SERVICE_IDS, WARD, Pipeline, service_for
from benchmarks.processes import started
from benchmarks.stand import Stand
from onward import rows

QUEUES = {
    "directory": ("evt-referral-handoff-accepted--directory.hold",),
    "referral": ("evt-directory-place-held--referral.offer",),
    "notification": tuple(
        f"evt-referral-handoff-{name}--notification.{name}"
        for name in ("requested", "accepted", "offered")
    ),
    "audit": (
        "evt-referral-handoff-requested--audit.requested",
        "evt-referral-pack-disclosed--audit.disclosed",
        "evt-referral-handoff-accepted--audit.accepted",
        "evt-directory-place-held--audit.held",
        "evt-referral-handoff-offered--audit.offered",
    ),
}


class OrmPipeline(Pipeline):
    """Stock Nameko with the SQLAlchemy ORM."""

    ends: Mapping[str, tuple[str, str]] = {**Pipeline.ends, "notification": ("notices", "id")}

    def make_backlog(self, handoffs: int) -> None:
        """Write accepted handoffs and their three events, as the requests before would have."""
        kept, told = [], []
        for number in range(handoffs):
            handoff = _handoff(number)
            kept.append(handoff)
            told += [{"name": name, "document": _document(name, handoff)} for name in _TOLD]
        with self.engines["referral"].begin() as connection:
            rows.insert(connection, _table(models.Handoff), kept)
            rows.insert(connection, _table(models.Outgoing), told)

    def free_places(self) -> None:
        """Forget every claim."""
        with self.engines["directory"].begin() as connection:
            connection.execute(sa.text("TRUNCATE claims"))

    def is_quiet(self) -> bool:
        """Tell whether every outbox is sent and every queue is empty."""
        unsent = "SELECT count(*) FROM outgoing WHERE sent_at IS NULL"
        if any(self.value(name, unsent) for name in NAMES):
            return False
        queues = [queue for queues in QUEUES.values() for queue in queues]
        return not any(loading.left_in(self.stand.amqp_uri, queue)[0] for queue in queues)


@contextmanager
def orm_pipeline(stand: Stand) -> Iterator[OrmPipeline]:
    """Run the baseline for the length of the block."""
    with ExitStack() as stack:
        programs, engines = {}, {}
        for name in NAMES:
            url = stand.database(f"orm_{name}")
            engines[name] = sa.create_engine(url)
            stack.callback(engines[name].dispose)
            models.Model.metadata.create_all(engines[name])
            where = {"BENCH_AMQP_URI": stand.amqp_uri, "BENCH_DATABASE_URL": url}
            _found_partnership(engines[name])
            programs[name] = stack.enter_context(
                started("benchmarks.baselines.serve", where, name)
            )
        for name, queues in QUEUES.items():
            for queue in queues:
                programs[name].wait_until(lambda queue=queue: _heard(stand, queue), "listen")  # type: ignore[misc]
        yield OrmPipeline(stand, programs, engines)


def _heard(stand: Stand, queue: str) -> bool:
    with suppress(NotFound):
        return loading.left_in(stand.amqp_uri, queue)[1] > 0
    return False


def _found_partnership(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        rows.insert(
            connection,
            _table(models.Organisation),
            [{"id": id_, "name": str(id_), "mailbox": None} for id_ in (WARD, HOUSE)],
        )
        rows.insert(
            connection, _table(models.Ledger), [{"service_id": id_} for id_ in SERVICE_IDS]
        )
        rows.insert(
            connection,
            _table(models.Place),
            [
                {"id": uuid4(), "service_id": id_, "number": number}
                for id_ in SERVICE_IDS
                for number in range(1, PLACES + 1)
            ],
        )
        rows.insert(connection, _table(models.Tree), [{"id": 1, "size": 0, "edge": b""}])


_TOLD = ("handoff-requested", "pack-disclosed", "handoff-accepted")


def _handoff(number: int) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "referral_id": uuid4(),
        "person_id": uuid4(),
        "service_id": service_for(number),
        "sender": WARD,
        "recipient": HOUSE,
        "status": "accepted",
        "version": 2,
        "intent": "referral",
        "urgency": "urgent",
        "requested_at": datetime.now(UTC),
    }


def _document(name: str, handoff: dict[str, Any]) -> dict[str, Any]:
    """Return the event as the referral service of the baseline would have written it."""
    now = datetime.now(UTC).isoformat()
    parties = ("referral_id", "service_id", "sender", "recipient", "person_id")
    data: dict[str, Any] = {name: str(handoff[name]) for name in parties}
    data |= {"handoff_id": str(handoff["id"]), "urgency": "urgent", "lawful_basis": "direct-care"}
    data |= {"requested_at": now, "offer_hours": 24, "needs": ["housing"], "needs_place": True}
    data |= {"fields": ["identity.name", "housing.summary"], "acknowledge_by": now}
    document = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": name,
        "time": now,
        "correlationid": str(uuid4()),
        "actor": f"worker:{uuid4()}",
        "actorrole": "caseworker",
        "data": data,
    }
    checked: dict[str, Any] = orjson.loads(orjson.dumps(document))
    return checked


def _table(model: type[models.Model]) -> sa.Table:
    table = model.__table__
    if not isinstance(table, sa.Table):
        raise TypeError(model.__name__)
    return table
