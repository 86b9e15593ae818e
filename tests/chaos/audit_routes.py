"""One good request for each route of the audit service that changes something."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onward_verifier import witness as watching
from tests.chaos.filled_town import Town
from tests.chaos.good import AUDITOR, V1, A, Good, Route


def _witness() -> tuple[str, Ed25519PrivateKey]:
    """Return the public and the private key of a new witness."""
    private = Ed25519PrivateKey.generate()
    return watching.public_key("watch.example", private), private


def _cosignature(t: Town) -> dict[str, Any]:
    """Return a new witness's line under the newest checkpoint."""
    public, private = _witness()
    t.made("audit", AUDITOR, "/api/v1/audit/witnesses", key=public)
    note = t.here.ask("audit", AUDITOR, "GET", "/api/v1/audit/checkpoint").text
    at = int(t.here.clock.now().timestamp())
    line = watching.countersigned(note, "watch.example", private, at=at)
    return {"size": int(note.split("\n")[1]), "line": line}


ROWS: dict[Route, Callable[[Town], Good]] = {
    (A, "POST", f"{V1}/audit/witnesses"): lambda _: Good(
        actor=AUDITOR, path=f"{V1}/audit/witnesses", json={"key": _witness()[0]}
    ),
    (A, "DELETE", f"{V1}/audit/witnesses/{{witness_id}}"): lambda t: Good(
        actor=AUDITOR,
        path=f"{V1}/audit/witnesses/{t.made(A, AUDITOR, f'{V1}/audit/witnesses', key=_witness()[0])['id']}",
    ),
    (A, "POST", f"{V1}/audit/cases"): lambda _: Good(
        actor=AUDITOR, path=f"{V1}/audit/cases", json={"title": "Stalled in May"}
    ),
    (A, "DELETE", f"{V1}/audit/cases/{{case_id}}"): lambda t: Good(actor=AUDITOR, path=t.case()),
    (A, "POST", f"{V1}/audit/cases/{{case_id}}/referrals"): lambda t: Good(
        actor=AUDITOR, path=f"{t.case()}/referrals", json={"referral_id": t.referral_id()}
    ),
    (A, "POST", f"{V1}/audit/cases/{{case_id}}/notes"): lambda t: Good(
        actor=AUDITOR, path=f"{t.case()}/notes", json={"text": "Who was told?"}
    ),
    (A, "POST", f"{V1}/audit/cases/{{case_id}}/checkpoint"): lambda t: Good(
        actor=AUDITOR, path=f"{t.case()}/checkpoint"
    ),
    (A, "POST", f"{V1}/audit/cosignatures"): lambda t: Good(
        actor=None, path=f"{V1}/audit/cosignatures", json=_cosignature(t)
    ),
    (A, "POST", f"{V1}/audit/exports"): lambda t: Good(
        actor=AUDITOR, path=f"{V1}/audit/exports", json={"referral_id": t.referral_id()}
    ),
}
