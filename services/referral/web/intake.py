"""What partners' systems may send through the broker, each as the request of the API it stands for."""

from typing import Final

from onward.service import PartnerEvent
from services.referral.web.schemas import ACTIONS

_MADE: Final = {"referral_id": "referral.id", "handoff_id": "handoff.id"}
_ROUTED: Final = frozenset({"service_id", "urgency", "needs", "consent"})

INTAKE: Final = (
    PartnerEvent(
        name="referral-submitted.v1",
        path="/api/v1/referrals",
        readable=_ROUTED | {"person_id", "based_on", "advice_id", "intent", "purpose", "draft"},
        tells=_MADE,
    ),
    PartnerEvent(
        name="referral-sent.v1",
        path="/api/v1/referrals/{referral_id}/handoffs",
        readable=_ROUTED | {"referral_id"},
        tells=_MADE,
    ),
    PartnerEvent(
        name="handoff-moved.v1",
        path="/api/v1/handoffs/{handoff_id}/{action}",
        readable=frozenset({"handoff_id", "action", "version", "reason", "outcome"}),
        codes={"action": ACTIONS},
        newest="/api/v1/handoffs/{handoff_id}/actions",
        tells={"handoff_id": "id", "referral_id": "referral_id", "status": "status"},
    ),
    PartnerEvent(
        name="outcome-recorded.v1",  # answers about how somebody is travel sealed
        path="/api/v1/handoffs/{handoff_id}/outcomes",
        tells={"handoff_id": "handoff_id", "outcome_id": "id"},
    ),
    PartnerEvent(
        name="appointment-attended.v1",
        path="/api/v1/handoffs/{handoff_id}/appointments/{appointment_id}/attendance",
        readable=frozenset({"handoff_id", "appointment_id", "attended"}),
        tells={"handoff_id": "handoff_id", "appointment_id": "id", "state": "state"},
    ),
)
