"""Messages come twice, shuffled, poisoned or deadly, and each good one has its effect once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pika
import pytest

from onward.codec import encode
from tests.chaos.conftest import Note
from tests.chaos.test_messages import HOSTILE
from tests.support import queues
from tests.support.events import told
from tests.support.processes import Process
from tests.support.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(300)]
SOURCE, TYPE = "directory", "place-queued"
"""What `tests.chaos.stock_nameko` hears, which only a process of its own may import."""
QUEUE = f"evt-{SOURCE}-{TYPE}--keeper.keep"
GOOD = 8
STARTS = 7
"""How often a supervisor starts it again before somebody is called."""


@dataclass(slots=True, kw_only=True)
class Stock:
    """The service as Nameko's documentation writes it, and its supervisor."""

    uri: str
    process: Process
    written: Path
    starts: int = 0
    good: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Start it once more; return when it listens, or has died of what it heard."""
        self.starts += 1
        self.process.start()
        log = self.process.log
        eventually(
            lambda: log.read_text().count("listening") == self.starts or not self.process.alive,
            within=30,
        )

    def put(self, body: bytes, *, key: str = TYPE, hostile: bool = False) -> None:
        """Publish as Nameko's dispatcher does, or as a stranger who knows it might."""
        properties = pika.BasicProperties(
            content_type="application/json",
            delivery_mode=2,
            headers=HOSTILE if hostile else None,
        )
        with queues.channel(self.uri) as channel:
            channel.confirm_delivery()
            channel.basic_publish(f"{SOURCE}.events", key, body, properties)

    def put_good(self) -> None:
        """Publish what any handler can handle."""
        for envelope in [told(uuid4(), 1) for _ in range(GOOD)]:
            self.good.add(str(envelope.id))
            self.put(encode(envelope))

    @property
    def handled(self) -> int:
        """How many of the good ones it has handled."""
        return len(self.good & set(self.written.read_text().split()))

    def supervise(self) -> None:
        """Start it again whenever it dies, until it is done or somebody has to be called."""
        while True:
            eventually(lambda: self.handled == GOOD or not self.process.alive, within=30)
            if self.handled == GOOD or self.starts == STARTS:
                return
            self.start()

    def left(self) -> int:
        """Return how many messages lie in its queue once it has acknowledged all it ever will."""
        with queues.channel(self.uri) as channel:
            count: int = channel.queue_declare(QUEUE, passive=True).method.message_count
            return count


@pytest.fixture
def stock(amqp_uri: str, tmp_path: Path) -> Iterator[Stock]:
    written, log = tmp_path / "written", tmp_path / "log"
    written.touch()
    log.touch()
    process = Process(
        arguments=("-m", "tests.chaos.stock_nameko", amqp_uri, str(written)),
        environ={"PYTHONWARNINGS": "ignore"},
        log=log,
    )
    lent = Stock(uri=amqp_uri, process=process, written=written)
    lent.start()
    yield lent
    process.close()


def failing(what: str) -> Callable[[Stock], None]:
    return lambda stock: stock.put(encode(told(uuid4(), 1, what=what)))


POISONS: Mapping[str, tuple[Callable[[Stock], None], int, int]] = {
    "hostile headers": (lambda it: it.put(encode(told(uuid4(), 1)), hostile=True), 0, 0),
    "broken JSON": (lambda it: it.put(encode(told(uuid4(), 1))[:-9]), GOOD, 1),
    "wrong schema": (
        lambda it: it.put(encode(told(uuid4(), 1)).replace(b"band", b"bend")),
        GOOD,
        1,
    ),
    "unknown type": (lambda it: it.put(encode(told(uuid4(), 1)), key="roof-mended"), GOOD, 1),
    "a handler that crashes": (failing("broken"), GOOD, 1),
    "a handler that never ends": (failing("stuck"), GOOD, 1),
    "a handler that ends its process": (failing("deadly"), 0, 0),
}
"""What is put before the good ones, how many of those are handled then, and whether it is gone for good."""


@pytest.mark.parametrize("name", POISONS)
def test_what_the_same_poison_does_to_a_stock_consumer(
    stock: Stock, name: str, note: Note
) -> None:
    put, handled, gone = POISONS[name]
    put(stock)
    stock.put_good()
    stock.supervise()
    assert stock.handled == handled
    if stock.process.alive:
        eventually(lambda: stock.left() == 0)
    else:
        assert stock.left() == GOOD + 1
    note(
        f"poison, {name}: stock Nameko",
        handled=stock.handled,
        of=GOOD,
        parked=0,
        gone_without_a_trace=gone,
        starts=stock.starts,
    )
