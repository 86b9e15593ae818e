"""Working through an inbox by forms: several at once, one after another, and what is not sent yet."""

from uuid import UUID

from flask import Flask

from onward.clock import ManualClock
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.test_pages import FILLED
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk


def test_several_are_marked_as_seen_at_once_and_what_has_changed_is_said(
    app: Flask, settings: Settings, clock: ManualClock, ward: Desk, house: Desk
) -> None:
    sent = [ward.sent() for _ in range(3)]
    lee = Worker(app, settings, clock, world.RESPONSE)
    page = lee.sees("/inbox")
    assert page.count('name="handoff"') == 3
    house.does(sent[2], "acknowledge")
    chosen = [f"{one['id']}:{one['version']}" for one in sent]
    after = lee.after(lee.sends(page, "/inbox/acknowledge", handoff=chosen))
    assert "2 marked as seen." in after
    assert "1 had changed meanwhile" in after
    stands = {item["handoff"]["status"] for item in house.get("/handoffs")}
    assert stands == {"acknowledged"}
    assert "Mark all chosen" not in lee.sees("/inbox")


def test_what_is_chosen_elsewhere_or_badly_changes_nothing(
    app: Flask, settings: Settings, clock: ManualClock, ward: Desk, house: Desk
) -> None:
    handoff = ward.sent()
    lee = Worker(app, settings, clock, world.RESPONSE)
    page = lee.sees("/inbox")
    after = lee.after(lee.sends(page, "/inbox/acknowledge"))
    assert "Choose at least one." in after
    wrong = ["x", f"{handoff['id']}:99", f"{UUID(int=7)}:1", str(handoff["id"])]
    again = lee.sees("/inbox")
    assert "4 had changed" in lee.after(lee.sends(again, "/inbox/acknowledge", handoff=wrong))
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "requested"


def test_accepting_leads_to_the_next_most_urgent(
    app: Flask, settings: Settings, clock: ManualClock, ward: Desk, house: Desk
) -> None:
    first = ward.sent(urgency="routine")
    urgent = ward.sent(urgency="emergency")
    lee = Worker(app, settings, clock, world.RESPONSE)
    page = lee.sees(f"/referrals/{first['referral_id']}")
    assert "Accept and open next" in page
    led = lee.sends(page, "/accept", then="next")
    assert led.headers["Location"] == f"/referrals/{urgent['referral_id']}"
    again = lee.sends(lee.after(led), "/accept", then="next")
    assert again.headers["Location"] == "/inbox"
    assert {item["handoff"]["status"] for item in house.get("/handoffs")} == {"accepted"}


def test_a_form_is_kept_as_a_draft_and_sent_later(
    app: Flask, settings: Settings, clock: ManualClock, running: RunningService, house: Desk
) -> None:
    kim = Worker(app, settings, clock, world.WARD)
    form = kim.sees(f"/refer?service={world.HOUSE}")
    checked = kim.sends(form, "/refer/check", **FILLED).get_data(as_text=True)
    assert 'formaction="/refer/draft"' in checked
    token = checked.split('name="csrf_token" value="')[1].split('"')[0]
    typed = {**FILLED, "service_id": str(world.HOUSE), "csrf_token": token}
    page = kim.after(kim.client.post("/refer/draft", data=typed))
    assert "Nobody has been asked yet." in page
    assert house.get("/handoffs") == []
    sent = kim.after(kim.sends(page, "/handoffs", service_id=str(world.HOUSE)))
    assert "Response has been asked" in sent
    assert [item["person_name"] for item in house.get("/handoffs")] == ["Sam Quillfeather"]
