"""One good request for each route of the referral service that changes something."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from services.referral.web.attachments import BODY as ATTACHED
from tests.chaos import town
from tests.chaos.bodies import question, referral
from tests.chaos.filled_town import Town
from tests.chaos.good import ADVISER, AUDITOR, KEEPER, STRANGER, V1, Good, R, Route


def _hold(t: Town) -> dict[str, Any]:
    return {"referral_id": t.referral_id(), "reason": "inquiry", "sentence": "An inquest began."}


ROWS: dict[Route, Callable[[Town], Good]] = {
    (R, "POST", f"{V1}/referrals"): lambda _: Good(
        actor=town.NURSE, path=f"{V1}/referrals", json=referral()
    ),
    (R, "POST", f"{V1}/referrals/lists"): lambda _: Good(
        actor=town.NURSE,
        path=f"{V1}/referrals/lists",
        json={
            "service_id": str(town.HOUSE.id),
            "intent": "referral",
            "csv": "given_name,family_name,basis\nSamuel,Quillfeather,direct-care",
            "check_only": False,
        },
    ),
    (R, "POST", f"{V1}/referrals/{{referral_id}}/handoffs"): lambda t: Good(
        actor=town.NURSE,
        path=f"{t.draft()}/handoffs",
        json={
            name: value
            for name, value in referral().items()
            if name in {"service_id", "urgency", "needs", "lawful_basis", "consent", "sections"}
        },
        may_be_empty=True,
    ),
    (R, "PUT", f"{V1}/referrals/{{referral_id}}/consent"): lambda t: Good(
        actor=town.NURSE,
        path=f"{t.draft()}/consent",
        json={"given": True, "withheld": ["risk"], "valid_until": "2027-11-01"},
        version=2,
    ),
    (R, "PUT", f"{V1}/referrals/{{referral_id}}/person"): lambda t: Good(
        actor=town.NURSE,
        path=f"{t.draft()}/person",
        json={"person": referral()["person"] | {"known_as": "Samuel"}},
        version=2,
    ),
    (R, "PUT", f"{V1}/referrals/{{referral_id}}/own-page/news"): lambda t: Good(
        actor=town.NURSE,
        path=f"{V1}/referrals/{t.referral_id()}/own-page/news",
        json={"way": None, "times": "evening"},
    ),
    (R, "POST", f"{V1}/referrals/{{referral_id}}/break-glass"): lambda t: Good(
        actor=STRANGER,
        path=f"{V1}/referrals/{t.referral_id()}/break-glass",
        json={"reason": "life-at-risk", "sentence": "Found on the bridge."},
    ),
    (R, "POST", f"{V1}/people/search"): lambda _: Good(
        actor=town.NURSE,
        path=f"{V1}/people/search",
        json={
            "given_name": "Samuel",
            "family_name": "Quillfeather",
            "birth_date": "1990-05-17",
        },
    ),
    (R, "POST", f"{V1}/people/{{person_id}}/erasure"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/people/{t.person()}/erasure",
        json={"reason": "requested"},
    ),
    (R, "POST", f"{V1}/retention/holds"): lambda t: Good(
        actor=AUDITOR, path=f"{V1}/retention/holds", json=_hold(t)
    ),
    (R, "DELETE", f"{V1}/retention/holds/{{hold_id}}"): lambda t: Good(
        actor=AUDITOR,
        path=f"{V1}/retention/holds/{t.made(R, AUDITOR, f'{V1}/retention/holds', **_hold(t))['id']}",
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/{{action}}"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{town.refer(t.here)}/reject",
        json={"reason": "no-capacity", "sentence": "We are full."},
        version=1,
        may_be_empty=True,
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/messages"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{t.handoff}/messages",
        json={"text": "Bring the letter.", "visibility": "both"},
    ),
    (R, "POST", f"{V1}/advice"): lambda _: Good(
        actor=town.NURSE, path=f"{V1}/advice", json=question()
    ),
    (R, "POST", f"{V1}/advice/{{advice_id}}/words"): lambda t: Good(
        actor=KEEPER, path=f"{t.question()}/words", json={"text": "From 17 and a half on."}
    ),
    (R, "POST", f"{V1}/advice/{{advice_id}}/close"): lambda t: Good(
        actor=town.NURSE, path=f"{t.question()}/close"
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/goals"): lambda t: Good(
        actor=ADVISER,
        path=f"{V1}/handoffs/{t.taken_on()}/goals",
        json={
            "text": "Cook twice a week.",
            "closeness": 3,
            "set_on": f"{t.here.clock.now():%Y-%m-%d}",
            "visibility": "both",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/goals/{{goal_id}}/reviews"): lambda t: Good(
        actor=ADVISER,
        path=f"{t.goal()}/reviews",
        json={
            "progress": "achieved",
            "closeness": 10,
            "reviewed_on": f"{t.here.clock.now():%Y-%m-%d}",
            "note": "A neighbour helped.",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/outcomes"): lambda t: Good(
        actor=ADVISER,
        path=f"{V1}/handoffs/{t.taken_on()}/outcomes",
        json={
            "instrument": "ons4",
            "occasion": "before",
            "taken_on": f"{t.here.clock.now():%Y-%m-%d}",
            "answers": {"satisfied": 4, "worthwhile": 5, "happy": 3, "anxious": 8},
            "visibility": "both",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/attachments"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{t.handoff}/attachments",
        json={"name": "letter.txt", "media_type": "text/plain", "content": "QnJpbmcgaXQu"},
        largest=ATTACHED,
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/appointments"): lambda t: Good(
        actor=KEEPER,
        path=f"{V1}/handoffs/{t.handoff}/appointments",
        json={
            "starts_at": (t.here.clock.now() + timedelta(days=1)).isoformat(),
            "minutes": 45,
            "mode": "phone",
            "place": "Ring the ward.",
        },
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/appointments/{{appointment_id}}/cancel"): (
        lambda t: Good(actor=KEEPER, path=f"{t.appointment()}/cancel", may_be_empty=True)
    ),
    (R, "POST", f"{V1}/handoffs/{{handoff_id}}/appointments/{{appointment_id}}/attendance"): (
        lambda t: Good(actor=KEEPER, path=f"{t.appointment()}/attendance", json={"attended": True})
    ),
}
