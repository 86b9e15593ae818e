"""A form that somebody has begun is kept for them alone, until it is sent, thrown away or a week old."""

from datetime import timedelta

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.service import RunningService
from onward.settings import Settings
from services.referral.timers import forget_unfinished
from tests.integration.referral import world
from tests.integration.referral.test_pages import FILLED
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Directory

FORM = f"/refer?service={world.HOUSE}"
GO_ON = "Go on with the referral to Stepdown House"


@pytest.fixture
def kim(app: Flask, settings: Settings, clock: ManualClock, directory: Directory) -> Worker:
    return Worker(app, settings, clock, world.WARD)


def kept(kim: Worker) -> str:
    """Let Kim begin; return the address under which the form goes on."""
    typed = {**FILLED, "csrf_token": "", "urgency": ""}
    form = kim.sees(FORM)
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    named = form.split('name="unfinished" value="')[1].split('"')[0]
    typed |= {"csrf_token": token, "unfinished": named, "service_id": str(world.HOUSE)}
    assert "Kept for 7 days." in kim.after(kim.client.post("/refer/unfinished", data=typed))
    return f"/refer?unfinished={named}"


def test_what_was_typed_is_there_again_and_goes_once_it_is_sent(kim: Worker) -> None:
    address = kept(kim)
    assert GO_ON in kim.sees("/refer")
    form = kim.sees(address)
    assert 'value="Quillfeather"' in form
    assert 'value="never-call" checked' in form
    checked = kim.sends(form, "/refer/check", **FILLED).get_data(as_text=True)
    assert "The referral was sent." in kim.after(kim.sends(checked, "/refer"))
    assert GO_ON not in kim.sees("/refer")
    kim.sees(address, status=404)


def test_nobody_else_reads_or_overwrites_it(
    kim: Worker, app: Flask, settings: Settings, clock: ManualClock
) -> None:
    address = kept(kim)
    lee = Worker(app, settings, clock, world.RESPONSE)
    lee.sees(address, status=404)
    form = lee.sees(FORM)
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    stolen = {"csrf_token": token, "unfinished": address[-36:], "service_id": str(world.HOUSE)}
    assert lee.client.post("/refer/unfinished", data=stolen).status_code == 404
    assert 'value="Quillfeather"' in kim.sees(address)


def test_it_lies_in_no_table_in_the_open(kim: Worker, running: RunningService) -> None:
    kept(kim)
    found = [word for _, text in world.cells(running) for word in world.PERSONAL if word in text]
    assert found == []


def test_it_is_thrown_away_by_hand_or_after_a_week(
    kim: Worker,
    app: Flask,
    settings: Settings,
    running: RunningService,
    clock: ManualClock,
) -> None:
    kept(kim)
    assert GO_ON not in kim.after(kim.sends(kim.sees("/refer"), "/discard"))
    address = kept(kim)
    clock.advance(timedelta(days=7))
    forget_unfinished(running)
    again = Worker(app, settings, clock, world.WARD)
    assert GO_ON in again.sees("/refer")
    clock.advance(timedelta(seconds=1))
    forget_unfinished(running)
    assert GO_ON not in again.sees("/refer")
    again.sees(address, status=404)
