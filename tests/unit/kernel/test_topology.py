"""Every event is heard by someone, and nobody hears a stream they do nothing with."""

from collections.abc import Mapping

import pytest

from onward.contracts import declared
from onward.contracts.base import Event
from onward.contracts.intake import INTAKE, taken_by
from onward.service import Service, installed
from onward.topology import ANSWERS_UNHEARD, HEARS, LISTEN, intake_queue

SERVICES: Mapping[str, Service] = installed()
STREAMS = {event.stream for event in declared().values()}


def needed(service: Service) -> set[str]:
    """Return the streams that hold an event the service has a handler for."""
    if Event in service.handlers:
        return {"#"}
    return {event.stream for event in service.handlers}


def test_every_service_has_a_queue_and_every_queue_a_service() -> None:
    assert set(SERVICES) == set(HEARS)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_hears_the_streams_its_handlers_need_and_no_other(name: str) -> None:
    assert set(HEARS[name]) == needed(SERVICES[name])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_handles_only_what_is_declared(name: str) -> None:
    assert set(SERVICES[name].handlers) <= {Event, *declared().values()}


@pytest.mark.parametrize("key", sorted(declared()))
def test_every_event_is_heard_by_someone(key: str) -> None:
    event = declared()[key]
    hearers = [
        name
        for name, service in SERVICES.items()
        if event in service.handlers or Event in service.handlers
    ]
    assert hearers


def test_every_stream_that_is_heard_exists() -> None:
    heard = {stream for streams in HEARS.values() for stream in streams} - {"#"}
    assert heard <= STREAMS


def test_partners_events_are_bound_to_the_service_that_takes_them() -> None:
    assert {event.service for event in INTAKE} < set(LISTEN) <= SERVICES.keys()
    assert ANSWERS_UNHEARD in LISTEN
    for service in LISTEN:
        keys = {binding.routing_key for binding in intake_queue(service).bindings}
        assert keys - {"", None} == {f"*.{event.name}" for event in taken_by(service)}


def test_no_two_services_take_the_same_event_of_a_partner() -> None:
    names = [event.name for event in INTAKE]
    assert len(names) == len(set(names))
