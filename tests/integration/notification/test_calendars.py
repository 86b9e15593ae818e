"""A worker's calendar: what their organisation has to do by when, under an address that they can end."""

import re
from datetime import timedelta
from uuid import uuid4

from flask.testing import FlaskClient
from icalendar import Calendar

from onward.contracts import referral
from onward.contracts.directory import AccountChanged, SignedIn
from onward.identity import Actor
from tests.integration.notification.conftest import Browse, Hear, World
from tests.integration.notification.story import (
    ANN,
    EVE,
    HOUSE,
    KIM,
    MORNING,
    PERSON,
    Told,
    accepted,
    requested,
)
from tests.integration.notification.test_pages import EVERY_DAY, press

SETTINGS, CALENDAR = "/notifications/settings", "/notifications/settings/calendar"


def is_there(hear: Hear, told: Told, *actors: Actor) -> None:
    """Let the service know who works for whom."""
    for actor in actors:
        assert actor.organisation
        signed_in = SignedIn(session_id=uuid4(), organisation_id=actor.organisation)
        hear(told(signed_in, by=actor))


def subscribe(client: FlaskClient) -> str:
    """Make an address; return its path."""
    page = press(client, SETTINGS, CALENDAR, open="yes").text
    found = re.search(r"http://127\.0\.0\.1:8080(/notifications/calendar/[^<]+\.ics)", page)
    assert found
    assert "webcal://127.0.0.1:8080/notifications/calendar/" in page
    return found[1]


def titles(client: FlaskClient, path: str) -> list[str]:
    """Return what the calendar of a program without a cookie shows, in its order."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    return [str(event["summary"]).partition(",")[0] for event in read(answer.text).events]


def read(text: str) -> Calendar:
    found = Calendar.from_ical(text)
    assert isinstance(found, Calendar)
    return found


def about(of: referral.HandoffRequested) -> dict[str, object]:
    return {
        "referral_id": of.referral_id,
        "handoff_id": of.handoff_id,
        "service_id": HOUSE,
        "sender": of.sender,
        "recipient": of.recipient,
    }


def test_a_calendar_follows_a_handoff_from_the_request_to_its_end(
    world: World, directory: None, browse: Browse, told: Told
) -> None:
    is_there(world.hear, told, KIM, ANN)
    house, ward = subscribe(browse(KIM)), subscribe(browse(ANN))
    client, request = world.client, requested()
    world.hear(request)
    assert titles(client, house) == ["Acknowledge: Stepdown House", "Answer: Stepdown House"]
    assert titles(client, ward) == []
    world.hear(accepted(request))
    assert titles(client, house) == []
    meeting = referral.AppointmentMade(
        **about(request),  # type: ignore[arg-type]
        appointment_id=uuid4(),
        starts_at=MORNING + timedelta(days=1),
        minutes=45,
        by="recipient",
    )
    world.hear(meeting)
    started = referral.HandoffStarted(
        **about(request),  # type: ignore[arg-type]
        review_due=MORNING + timedelta(days=10),
        stay_ends=MORNING + timedelta(days=14),
    )
    world.hear(started)
    for path in (house, ward):
        assert titles(client, path) == [
            "Appointment: Stepdown House",
            "Review the stay: Stepdown House",
            "Longest stay ends: Stepdown House",
        ]
    (first, *_) = read(client.get(house).text).events
    assert (first.start, first.end - first.start) == (meeting.starts_at, timedelta(minutes=45))
    assert str(first["url"]).endswith(f"/referrals/{request.referral_id}")
    world.hear(referral.HandoffCompleted(**about(request), outcome="moved-on"))  # type: ignore[arg-type]
    assert titles(client, house) == titles(client, ward) == []


def test_an_entry_says_nothing_about_the_person_and_speaks_the_workers_language(
    world: World, directory: None, browse: Browse, told: Told
) -> None:
    is_there(world.hear, told, KIM)
    kim = browse(KIM)
    page = press(kim, SETTINGS, SETTINGS, language="cy", days=EVERY_DAY, version=0)
    assert page.status_code == 200
    path = subscribe(kim)
    request = requested("urgent")
    world.hear(request)
    written = world.client.get(path).text
    assert "Cydnabod: Stepdown House" in written
    assert "housing" not in written
    assert str(PERSON) not in written
    assert str(request.handoff_id) in written.replace(
        "\r\n ", ""
    )  # as its UID, which means nothing


def test_a_new_address_ends_the_one_before_and_a_closed_calendar_has_none(
    world: World, directory: None, browse: Browse, told: Told
) -> None:
    is_there(world.hear, told, KIM)
    kim = browse(KIM)
    first = subscribe(kim)
    second = subscribe(kim)
    assert [world.client.get(path).status_code for path in (first, second)] == [404, 200]
    assert "is closed" in press(kim, SETTINGS, CALENDAR).text
    assert world.client.get(second).status_code == 404
    assert world.client.get(second.replace(".ics", "x.ics")).status_code == 404
    assert "Make an address" in kim.get(SETTINGS).text
    assert world.rows("SELECT count(*) FROM outbox WHERE stream = 'notification'") == [(3,)]


def test_who_may_sign_in_no_longer_has_no_calendar_and_others_dates_are_in_nobodys(
    world: World, directory: None, browse: Browse, told: Told
) -> None:
    is_there(world.hear, told, KIM, EVE)
    house, stranger = subscribe(browse(KIM)), subscribe(browse(EVE))
    world.hear(requested())
    assert titles(world.client, stranger) == []
    assert KIM.organisation
    closed = AccountChanged(
        organisation_id=KIM.organisation,
        principal=KIM.principal,
        role=KIM.role,
        change="closed",
    )
    world.hear(closed)
    assert world.client.get(house).status_code == 404
