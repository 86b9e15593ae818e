"""Files of a handoff: which are kept, who reads them, and what is left behind where one is refused."""

import io
from base64 import b64encode
from typing import Any

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.referral import AttachmentAdded
from onward.errors import ConflictError, InvalidError
from onward.service import RunningService
from onward.settings import Settings
from services.referral.domain.attachments import LARGEST, MOST, require_clean, require_space
from services.referral.storage.scanning import scanners
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

LETTER = b"%PDF-1.7 Sam Quillfeather, Marlbrook House"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def adds(
    desk: Desk,
    handoff: dict[str, Any],
    content: bytes = LETTER,
    media_type: str = "application/pdf",
) -> Any:
    body = {
        "name": "Quillfeather.pdf",
        "media_type": media_type,
        "content": b64encode(content).decode(),
    }
    return desk.ask("POST", f"/handoffs/{handoff['id']}/attachments", json=body)


def test_both_sides_read_a_file_and_nobody_else(
    ward: Desk, house: Desk, desk: DeskOf, running: RunningService
) -> None:
    handoff = ward.sent()
    added = adds(ward, handoff)
    assert added.status_code == 201, added.json
    path = f"/handoffs/{handoff['id']}/attachments"
    assert [one["name"] for one in house.get(path)] == ["Quillfeather.pdf"]
    taken = house.ask("GET", f"{path}/{added.json['id']}")
    assert taken.data == LETTER
    assert taken.headers["Content-Disposition"].startswith("attachment;")
    assert taken.headers["X-Content-Type-Options"] == "nosniff"
    assert desk(world.STRANGERS).ask("GET", f"{path}/{added.json['id']}").status_code == 404
    other = ward.sent()
    assert (
        house.ask("GET", f"/handoffs/{other['id']}/attachments/{added.json['id']}").status_code
        == 404
    )
    told = [one.event for one in world.envelopes(running)]
    assert [one.size for one in told if isinstance(one, AttachmentAdded)] == [len(LETTER)]
    assert not [text for _, text in world.cells(running) if "Quillfeather" in text]
    house.does(handoff, "reject", reason="no-capacity", sentence="All beds are taken.")
    assert house.ask("GET", f"{path}/{added.json['id']}").status_code == 403


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (LETTER, "application/x-msdownload", "attachment-type"),
        (LETTER, "image/png", "attachment-mismatch"),
        (b"\xff\xfe", "text/plain", "attachment-mismatch"),
        (b"", "text/plain", "attachment-size"),
        (b"a" * (LARGEST + 1), "text/plain", "attachment-size"),
        (EICAR, "text/plain", "attachment-infected"),
    ],
)
def test_what_is_not_wanted_is_refused_and_leaves_nothing(
    ward: Desk, content: bytes, media_type: str, code: str
) -> None:
    handoff = ward.sent()
    refused = adds(ward, handoff, content, media_type)
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert ward.get(f"/handoffs/{handoff['id']}/attachments") == []


def test_a_scanner_that_is_installed_is_asked_and_one_that_fails_lets_nothing_pass() -> None:
    def falls_over(_: bytes) -> str | None:
        raise TimeoutError

    require_clean(LETTER, {**scanners(), "other": lambda _: None})
    with pytest.raises(InvalidError, match="attachment-infected"):
        require_clean(LETTER, {**scanners(), "other": lambda _: "worm"})
    with pytest.raises(ConflictError, match="attachment-unscanned"):
        require_clean(LETTER, {"other": falls_over})


def test_a_handoff_takes_so_many_files_and_no_more() -> None:
    require_space(MOST - 1)
    with pytest.raises(ConflictError, match="attachments-full"):
        require_space(MOST)


def test_a_worker_adds_a_file_by_form(
    app: Flask, settings: Settings, clock: ManualClock, ward: Desk
) -> None:
    handoff = ward.sent()
    lee = Worker(app, settings, clock, world.RESPONSE)
    page = lee.sees(f"/referrals/{handoff['referral_id']}")
    file = (io.BytesIO(LETTER), "plan.pdf", "application/pdf")
    after = lee.after(lee.sends(page, "/attachments", file=file))
    assert "The file was added." in after
    assert ">plan.pdf</a>" in after
    wrong = (io.BytesIO(b"MZ"), "run.exe", "application/x-msdownload")
    again = lee.after(lee.sends(after, "/attachments", file=wrong))
    assert "Nothing was changed. Send one of these" in again
