"""One good request for each route of the directory that changes something."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from services.directory.web import import_schemas
from tests.chaos import town
from tests.chaos.bodies import IMPORT, ORGANISATION, PROGRAMME, SEARCH, SERVICE, agreement, worker
from tests.chaos.filled_town import Town
from tests.chaos.good import V1, D, Good, Route
from tests.chaos.together import system


def _form(partner: dict[str, Any]) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": partner["client_id"],
        "client_secret": partner["client_secret"],
    }


ROWS: dict[Route, Callable[[Town], Good]] = {
    (D, "POST", f"{V1}/organisations"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/organisations", json=ORGANISATION
    ),
    (D, "PUT", f"{V1}/organisations/{{organisation_id}}"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/organisations/{t.organisation()['id']}",
        json=ORGANISATION,
        version=1,
    ),
    (D, "POST", f"{V1}/services"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/services", json=SERVICE
    ),
    (D, "PUT", f"{V1}/services/{{service_id}}"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/services/{t.service()['id']}", json=SERVICE, version=1
    ),
    (D, "POST", f"{V1}/programmes"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/programmes", json=PROGRAMME
    ),
    (D, "PUT", f"{V1}/programmes/{{programme_id}}"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/programmes/{t.programme()['id']}",
        json=PROGRAMME,
        version=1,
    ),
    (D, "POST", f"{V1}/services/{{service_id}}/eligibility"): lambda _: Good(
        actor=town.NURSE,
        path=f"{V1}/services/{town.HOUSE.id}/eligibility",
        json={"facts": {"age": 34}},
    ),
    (D, "POST", f"{V1}/imports"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/imports", json=IMPORT, largest=import_schemas.LARGEST
    ),
    (D, "POST", f"{V1}/matches"): lambda _: Good(
        actor=town.NURSE, path=f"{V1}/matches", json=SEARCH
    ),
    (D, "POST", f"{V1}/agreements"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/agreements", json=agreement()
    ),
    (D, "POST", f"{V1}/agreements/{{agreement_id}}/end"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/agreements/{t.agreement()['id']}/end",
        json={"last_day": "2026-12-01"},
        version=1,
    ),
    (D, "POST", f"{V1}/organisations/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.changed('organisations', t.organisation(), ORGANISATION)}/restore",
        json={"version": 1},
        version=2,
    ),
    (D, "POST", f"{V1}/services/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.changed('services', t.service(), SERVICE)}/restore",
        json={"version": 1},
        version=2,
    ),
    (D, "POST", f"{V1}/programmes/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.changed('programmes', t.programme(), PROGRAMME)}/restore",
        json={"version": 1},
        version=2,
    ),
    (D, "POST", f"{V1}/agreements/{{entry_id}}/restore"): lambda t: Good(
        actor=town.OPERATOR, path=f"{t.ended()}/restore", json={"version": 1}, version=2
    ),
    (D, "POST", f"{V1}/places"): lambda _: Good(
        actor=town.OPERATOR,
        path=f"{V1}/places",
        json={
            "service_id": str(town.FLATS.id),
            "label": f"New {uuid4()}"[:16],
            "state": "available",
        },
    ),
    (D, "POST", f"{V1}/services/{{service_id}}/headcounts"): lambda t: Good(
        actor=system(town.ADVISERS),
        path=f"{V1}/services/{t.drop_in()}/headcounts",
        json={"on": f"{t.here.clock.now():%Y-%m-%d}", "people": 12},
    ),
    (D, "PATCH", f"{V1}/places/{{place_id}}"): lambda t: Good(
        actor=town.OPERATOR, path=t.place(), json={"state": "closed"}
    ),
    (D, "POST", f"{V1}/workers"): lambda _: Good(
        actor=town.OPERATOR, path=f"{V1}/workers", json=worker()
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/placements"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/workers/{t.worker()['id']}/placements",
        json={"host": str(town.ADVISERS), "ends_at": "2027-06-01T00:00:00Z"},
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/placements/{{placement_id}}/end"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{t.placement()}/end",
        json={"ends_at": "2027-06-01T00:00:00Z"},
        version=1,
        may_be_empty=True,
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/role"): lambda t: Good(
        actor=town.OPERATOR,
        path=f"{V1}/workers/{t.worker()['id']}/role",
        json={"role": "team_lead"},
        version=1,
    ),
    (D, "POST", f"{V1}/workers/{{worker_id}}/close"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/workers/{t.worker()['id']}/close", version=1
    ),
    (D, "POST", f"{V1}/partners"): lambda _: Good(
        actor=town.OPERATOR,
        path=f"{V1}/partners",
        json={"organisation_id": str(town.WARD), "name": "Another system", "live": False},
    ),
    (D, "DELETE", f"{V1}/sandboxes/{{sandbox_id}}"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/sandboxes/{t.sandbox()}"
    ),
    (D, "POST", f"{V1}/sandboxes/{{sandbox_id}}/time"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/sandboxes/{t.sandbox()}/time", json={"hours": 48}
    ),
    (D, "POST", f"{V1}/partners/{{client_id}}/close"): lambda t: Good(
        actor=town.OPERATOR, path=f"{V1}/partners/{t.partner()['client_id']}/close"
    ),
    (D, "POST", f"{V1}/oauth/token"): lambda t: Good(
        actor=None, path=f"{V1}/oauth/token", form=_form(t.partner())
    ),
}
