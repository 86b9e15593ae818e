"""The person is told that there is news: if they want it, when it is safe, and nobody learns more."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import NewsWished, PersonTold
from onward.contracts.directory import OrganisationPublished
from onward.delivery.outcome import Outcome
from onward.delivery.sms import SENDER
from onward.identity import Role
from onward.servers import ServiceDatabase
from onward.service import RunningService
from onward.settings import Settings
from services.referral.domain.news_words import ENGLISH, WELSH
from services.referral.timers.news import tell_people
from tests.integration.referral import world
from tests.integration.referral.test_own_page import given, seen
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import SAM, Desk, Directory
from tests.support.settings import rehearsal
from tests.support.smtp import MailServer

NUMBER = "07700 900123"
TELLING = ("Ward", "Response", "Stepdown", "/my", "http", *world.PERSONAL)
"""What a message may not say, beside the number it goes to."""


class Killed(BaseException):
    """The process dies here."""


@dataclass(slots=True)
class Texts:
    """Takes text messages in place of a provider."""

    outcome: Outcome = field(default_factory=lambda: Outcome(code=None))
    dies: bool = False
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, *, phone: str, text: str, reference: str) -> Outcome:
        self.sent.append((phone, text, reference))
        if self.dies:
            raise Killed
        return self.outcome


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def settings(database: ServiceDatabase, mail: MailServer) -> Settings:
    plain = rehearsal("referral", database.app_url, database.owner_url)
    return replace(plain, smtp_url=mail.url, sms_url=f"govuk-notify://{uuid4()}?key=k")


@pytest.fixture
def texts(running: RunningService) -> Texts:
    running.extras[SENDER] = recording = Texts()
    return recording


@pytest.fixture
def kim(app: Flask, settings: Settings, clock: ManualClock, directory: Directory) -> Worker:
    """Lend a worker of the ward, who sends."""
    return Worker(app, settings, clock, world.WARD)


def sam(*rules: str, **changes: Any) -> dict[str, Any]:
    contact = {"phone": NUMBER, "email": "sam@example.org", "rules": list(rules)}
    return {**SAM, "contact": contact, **changes}


def told(kim: Worker, handoff: dict[str, Any], way: str = "text", times: str = "day") -> str:
    """Make a page, and record there how the person wants to be told; return its path."""
    mine = given(kim, handoff)
    path = f"/referrals/{handoff['referral_id']}/own-page"
    page = kim.after(kim.sends(kim.sees(path), "/own-page/news", way=way, times=times))
    assert "The person is told that there is news." in page
    return mine


def csrf(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


def outcomes(running: RunningService) -> list[str]:
    every = (one.event for one in world.envelopes(running))
    return [event.outcome for event in every if isinstance(event, PersonTold)]


def test_who_wants_it_is_told_once_in_words_that_tell_nobody_else_anything(
    kim: Worker, ward: Desk, house: Desk, running: RunningService, texts: Texts
) -> None:
    handoff = ward.sent()
    told(kim, handoff)
    tell_people(running)
    assert texts.sent == [], "that it is wanted is no news"
    house.does(handoff, "accept")
    tell_people(running)
    tell_people(running)
    ((phone, text, _),) = texts.sent
    assert (phone, text) == (NUMBER, ENGLISH.text)
    assert [word for word in TELLING if word in text] == []
    page = kim.sees(f"/referrals/{handoff['referral_id']}/own-page")
    assert "Told on 2 November 2026 by text message" in page
    assert outcomes(running) == ["told"]
    assert [table for table, cell in world.cells(running) if "900123" in cell] == []


def test_who_has_not_asked_for_it_is_told_nothing(
    kim: Worker, ward: Desk, house: Desk, running: RunningService, texts: Texts, mail: MailServer
) -> None:
    handoff = ward.sent(person=sam())
    given(kim, handoff)
    house.does(handoff, "accept")
    tell_people(running)
    assert (texts.sent, mail.mails, outcomes(running)) == ([], [], [])


def test_an_email_comes_in_the_persons_language_and_in_large_print(
    kim: Worker, ward: Desk, house: Desk, running: RunningService, mail: MailServer
) -> None:
    handoff = ward.sent(person=sam(language="Cymraeg", formats=["large-print"]))
    told(kim, handoff, way="email")
    house.does(handoff, "accept")
    tell_people(running)
    (one,) = mail.mails
    assert (one.to, one.message["Subject"]) == ("sam@example.org", WELSH.subject)
    assert one.text.strip() == WELSH.text
    assert 'lang="cy"' in one.html
    assert "font-size: 150%" in one.html
    said = f"{one.message['From']} {one.message['Subject']} {one.text} {one.html}"
    assert [word for word in TELLING if word in said] == []


def test_nobody_gets_two_messages_within_an_hour_and_several_news_are_one(
    kim: Worker,
    ward: Desk,
    house: Desk,
    directory: Directory,
    running: RunningService,
    texts: Texts,
) -> None:
    handoff = ward.sent()
    told(kim, handoff)
    house.does(handoff, "accept")
    tell_people(running)
    directory.hold(handoff)
    start = (ward.clock.now() + timedelta(days=1)).isoformat()
    house.ask("POST", f"/handoffs/{handoff['id']}/appointments", json={"starts_at": start})
    tell_people(running)
    ward.clock.advance(timedelta(minutes=59))
    tell_people(running)
    assert len(texts.sent) == 1
    ward.clock.advance(timedelta(minutes=1))
    tell_people(running)
    ward.clock.advance(timedelta(hours=2))
    tell_people(running)
    assert len(texts.sent) == 2


def test_news_waits_for_the_hours_that_are_safe(
    kim: Worker, ward: Desk, house: Desk, running: RunningService, texts: Texts, clock: ManualClock
) -> None:
    handoff = ward.sent()
    told(kim, handoff, times="evening")
    house.does(handoff, "accept")
    tell_people(running)
    clock.advance(timedelta(hours=4, minutes=59))
    tell_people(running)
    assert texts.sent == []
    clock.advance(timedelta(minutes=1))
    tell_people(running)
    assert len(texts.sent) == 1


@pytest.mark.parametrize("rule", ["no-text", "only-through-worker"])
def test_a_rule_for_getting_in_touch_is_stronger_than_a_worker_and_than_the_person(
    kim: Worker, app: Flask, ward: Desk, running: RunningService, rule: str
) -> None:
    handoff = ward.sent(person=sam(rule))
    mine = given(kim, handoff)
    path = f"/referrals/{handoff['referral_id']}/own-page"
    page = kim.sees(path)
    assert 'id="way-text"' not in page
    refused = kim.after(kim.sends(page, "/own-page/news", way="text", times="day"))
    assert "Nothing was changed. The person may not, or cannot, be told this way" in refused
    browser = app.test_client()
    form = seen(browser, f"{mine}/news")
    assert 'id="way-text"' not in form
    wanted = {"csrf_token": csrf(form), "way": "text", "times": "day"}
    assert browser.post(f"{mine}/news", data=wanted).status_code == 303
    assert "We send you nothing." in seen(browser, f"{mine}/news")
    assert not any(isinstance(one.event, NewsWished) for one in world.envelopes(running))


def test_the_person_chooses_themself_and_changes_their_mind(
    kim: Worker, app: Flask, ward: Desk, house: Desk, running: RunningService, texts: Texts
) -> None:
    handoff = ward.sent()
    mine = f"{given(kim, handoff)}/news"
    browser = app.test_client()
    token = csrf(seen(browser, mine))
    assert browser.post(mine, data={"way": "text", "times": "day"}).status_code == 403
    browser.post(mine, data={"csrf_token": token, "way": "text", "times": "day"})
    assert "We send you a text message when there is news." in seen(browser, mine)
    for wrong in ({"way": "pigeon", "times": "day"}, {"way": "text", "times": "always"}):
        browser.post(mine, data={"csrf_token": token, **wrong})
        assert "Nothing was changed." in seen(browser, mine)
    house.does(handoff, "accept")
    browser.post(mine, data={"csrf_token": token, "way": ""})
    tell_people(running)
    assert texts.sent == [], "what waited is not told either"
    wished = [one for one in world.envelopes(running) if isinstance(one.event, NewsWished)]
    assert [one.event.channel for one in wished] == ["text", "none"]  # type: ignore[attr-defined]
    assert {one.actor.role for one in wished} == {Role.PERSON}


@pytest.mark.parametrize("ends", ["stop", "closed", "died", "erased"])
def test_what_stops_it_stops_what_already_waits(
    kim: Worker, ward: Desk, house: Desk, running: RunningService, texts: Texts, ends: str
) -> None:
    handoff = ward.sent()
    mine = told(kim, handoff)
    house.does(handoff, "accept")
    expected: list[str] = []
    if ends == "stop":
        browser = kim.client.application.test_client()
        browser.post(f"{mine}/stop", data={"csrf_token": csrf(seen(browser, f"{mine}/stop"))})
        ward.does(handoff, "cancel", reason="no-longer-needed", sentence="Sam said stop.")
        expected = ["told"]  # that their stop was recorded
    elif ends == "closed":
        path = f"/referrals/{handoff['referral_id']}/own-page"
        kim.after(kim.sends(kim.sees(path), "/own-page/close"))
        expected = ["page-closed"]
    else:
        reason = "person-died" if ends == "died" else "no-longer-needed"
        ward.does(handoff, "cancel", reason=reason, sentence="The ward has rung.")
    if ends == "erased":
        operator = Desk(ward.client, ward.settings, ward.clock, world.WARD, Role.OPERATOR)
        path = f"/people/{handoff['person_id']}/erasure"
        gone = operator.ask("POST", path, json={"reason": "requested"})
        assert gone.status_code == 201, gone.json
    tell_people(running)
    ward.clock.advance(timedelta(hours=3))
    tell_people(running)
    assert (outcomes(running), len(texts.sent)) == (expected, expected.count("told"))


def test_nobody_is_told_from_a_sandbox(
    kim: Worker,
    ward: Desk,
    house: Desk,
    directory: Directory,
    running: RunningService,
    texts: Texts,
) -> None:
    handoff = ward.sent()
    told(kim, handoff)
    house.does(handoff, "accept")
    made_up = OrganisationPublished(
        organisation_id=world.WARD, name="Ward Team", kind="charity", sandbox=uuid4()
    )
    directory.tell(made_up)
    tell_people(running)
    assert (outcomes(running), texts.sent) == (["sandbox"], [])


def test_a_sender_killed_before_it_noted_tells_again_an_hour_later_under_the_same_reference(
    kim: Worker, ward: Desk, house: Desk, running: RunningService, texts: Texts, clock: ManualClock
) -> None:
    handoff = ward.sent()
    told(kim, handoff)
    house.does(handoff, "accept")
    texts.dies = True
    with pytest.raises(Killed):
        tell_people(running)
    texts.dies = False
    tell_people(running)
    assert (len(texts.sent), outcomes(running)) == (1, [])
    clock.advance(timedelta(hours=1))
    tell_people(running)
    first, second = texts.sent
    assert first == second
    assert outcomes(running) == ["told"]


def test_a_provider_that_does_not_answer_is_tried_five_times_and_the_worker_sees_it(
    kim: Worker, app: Flask, ward: Desk, house: Desk, running: RunningService, texts: Texts
) -> None:
    handoff = ward.sent()
    told(kim, handoff)
    house.does(handoff, "accept")
    texts.outcome = Outcome(code="sms-503")
    for _ in range(7):
        tell_people(running)
        house.clock.advance(timedelta(hours=1))
    assert (len(texts.sent), outcomes(running)) == (5, ["sms-503"])
    lee = Worker(app, house.settings, house.clock, world.RESPONSE)  # Kim's session has ended
    page = lee.sees(f"/referrals/{handoff['referral_id']}/own-page")
    assert "Not told on 2 November 2026 by text message: it was not taken (sms-503)" in page


def test_only_who_may_know_about_the_person_records_it_and_only_with_a_page_to_read(
    app: Flask, settings: Settings, clock: ManualClock, kim: Worker, ward: Desk, house: Desk
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}/own-page"
    wanted = {"way": "text", "times": "day"}
    nowhere = kim.client.post(f"{path}/news", data={"csrf_token": csrf(kim.sees(path)), **wanted})
    assert "There is no page for news to be read on" in kim.after(nowhere)
    house.does(handoff, "reject", reason="no-capacity", sentence="All beds are taken.")
    for organisation, status in ((world.RESPONSE, 403), (world.STRANGERS, 404)):
        other = Worker(app, settings, clock, organisation)
        sent = {"csrf_token": csrf(other.sees("/inbox")), **wanted}
        answer = other.client.post(f"{path}/news", data=sent)
        assert answer.status_code == status


def test_a_system_records_what_the_person_said_and_reads_what_became_of_it(
    kim: Worker, ward: Desk, house: Desk, running: RunningService, texts: Texts
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}/own-page/news"
    wanted = {"way": "text", "times": "afternoon"}
    early: Any = ward.ask("PUT", path, json=wanted).json
    assert early["code"] == "own-news-no-page"
    given(kim, handoff)
    answer: Any = ward.ask("PUT", path, json=wanted).json
    assert answer["wish"].items() >= {**wanted, "asked_by": "worker"}.items()
    assert answer["why_not"] == {"text": None, "email": "contact-unknown"}
    unsafe: Any = ward.ask("PUT", path, json={"way": "email"}).json
    assert (unsafe["status"], unsafe["code"]) == (409, "own-news-not-safe")
    house.does(handoff, "accept")
    house.clock.advance(timedelta(hours=2))
    tell_people(running)
    read: Any = ward.ask("GET", path).json
    assert [(one["way"], one["code"]) for one in read["receipts"]] == [("text", None)]
    nothing: Any = ward.ask("PUT", path, json={"way": None}).json
    assert (nothing["wish"], len(texts.sent)) == (None, 1)
