"""The log says what failed and where, never with whose data."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from onward import observability

CANARY = "943 476 5919"
"""Looks like an NHS number; belongs to nobody."""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    written = StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    observability.configure_logging("debug")
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def entries(said: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.getvalue().splitlines()]


def fail() -> None:
    raise ValueError(f"cannot store {CANARY}")


def test_our_own_log_of_a_failure_names_its_type_and_place_only(said: StringIO) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger("onward.sample").exception("tick-failed", tick="remind")
    assert CANARY not in said.getvalue()
    (entry,) = entries(said)
    assert entry["event"] == "tick-failed"
    assert entry["error"] == "ValueError"
    assert "test_observability.py" in entry["at"][-1]


def test_a_librarys_log_of_a_failure_names_its_type_and_place_only(said: StringIO) -> None:
    try:
        fail()
    except ValueError as error:
        words = str(error)
        logging.getLogger("nameko.containers").exception("error handling worker %s", words)
    assert CANARY not in said.getvalue()
    (entry,) = entries(said)
    assert entry["event"] == "error handling worker %s"
    assert entry["error"] == "ValueError"


def test_a_librarys_log_keeps_its_template_but_not_what_filled_it(said: StringIO) -> None:
    logging.getLogger("library").warning("could not decode %r", {"nhs_number": CANARY})
    logging.getLogger("library").warning("nothing to fill in")
    assert CANARY not in said.getvalue()
    assert [entry["event"] for entry in entries(said)] == [
        "could not decode %r",
        "nothing to fill in",
    ]


def test_every_line_is_one_json_object_with_time_level_and_place(said: StringIO) -> None:
    structlog.get_logger("onward.sample").info("service-started", service="referral")
    (entry,) = entries(said)
    assert entry["level"] == "info"
    assert entry["logger"] == "onward.sample"
    assert entry["timestamp"].endswith("Z")
    assert entry["service"] == "referral"
