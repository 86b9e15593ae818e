"""The broker is killed in the middle of handoffs, which go on."""

import time

import pytest

from tests.chaos.conftest import Note, Stage
from tests.chaos.traffic import travelling

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.broker,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("seed"),
]


def test_the_broker_dies_and_comes_back(stage: Stage, note: Note) -> None:
    with travelling(stage) as journeys:
        stage.rabbit.kill()
        begun = time.monotonic()
        stage.journey().refer()
        assert time.monotonic() - begun < 20, "intake answers without a broker"
        stage.rabbit.start()
    note("the broker killed, and back", handoffs=len(journeys), kills=1, **stage.promises_hold())
