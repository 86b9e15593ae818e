"""The handoff pack on paper: what the asker may read and no more, and each print in the audit log."""

import re
import zlib
from pathlib import Path

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import RecordRead
from onward.service import RunningService
from onward.settings import Settings
from services.referral.web import paper
from tests.integration.referral import world
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk


@pytest.fixture
def lee(app: Flask, settings: Settings, clock: ManualClock) -> Worker:
    return Worker(app, settings, clock, world.RESPONSE)


def printed(worker: Worker, referral_id: str) -> str:
    """Return the words of the PDF, which was made with a font that writes them as they are."""
    answer = worker.client.get(f"/referrals/{referral_id}/pack.pdf")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "application/pdf"
    assert "Quillfeather" not in answer.headers["Content-Disposition"]
    pages = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", answer.get_data(), re.DOTALL)
    return "".join(zlib.decompress(page).decode("latin-1") for page in pages)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let there be no font but the ones every reader has."""
    monkeypatch.setattr(paper, "FONTS", tmp_path)


@pytest.mark.usefixtures("plain")
def test_the_recipient_prints_what_they_were_told_and_how_not_to_get_in_touch_first(
    lee: Worker, ward: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    words = printed(lee, handoff["referral_id"])
    assert "Samuel" in words
    assert "Evicted from Marlbrook House in May." in words
    assert words.index("Never call this number") < words.index("07700 900123")
    assert "landlord" not in words, "the agreement does not cover it"
    assert "by Kim. This print is recorded." in words
    reads = [
        one.event.what for one in world.envelopes(running) if isinstance(one.event, RecordRead)
    ]
    assert reads == ["referral", "pack", "printed-pack"]


@pytest.mark.usefixtures("plain")
def test_a_name_that_the_font_cannot_write_is_warned_of(lee: Worker, ward: Desk) -> None:
    sent = ward.sent(person={"given_name": "Łucja", "family_name": "Ŵyn"})
    assert "could not be printed" in printed(lee, sent["referral_id"])


def test_the_wide_font_writes_welsh_and_polish_names_whole() -> None:
    if not (paper.FONTS / "DejaVuSans.ttf").is_file():
        pytest.skip("fonts-dejavu-core is not installed here")
    page = paper.Paper("")
    assert page.fit("Łucja Ŵyn") == "Łucja Ŵyn"
    assert not page.lost


def test_who_did_not_take_the_person_on_prints_nothing(
    lee: Worker, ward: Desk, house: Desk
) -> None:
    handoff = ward.sent()
    house.does(handoff, "reject", reason="no-capacity", sentence="All beds are taken.")
    lee.sees(f"/referrals/{handoff['referral_id']}/pack.pdf", status=403)
