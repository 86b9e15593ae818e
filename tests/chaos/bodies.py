"""Bodies of good requests: everything that can be said in each."""

from typing import Any
from uuid import uuid4

from onward.identity import Actor
from tests.chaos import town

ORGANISATION = {
    "name": "New",
    "kind": "charity",
    "incorporated": True,
    "ods_code": None,
    "mailbox": "desk@example.org",
    "active": True,
}
SERVICE: dict[str, Any] = {
    "name": "New service",
    "summary": "Somewhere to go.",
    "status": "active",
    "recipient": str(town.RESPONSE),
    "providers": [str(town.RESPONSE)],
    "capacity_kind": "bed",
    "nation": "england",
    "limits": {"maximum_stay_days": 14, "review_day": 10},
    "terms": {"acknowledge_hours": 4, "answer_hours": 24, "offer_hours": 12, "expire_days": 14},
    "asks_for": ["housing"],
    "needs": ["housing"],
    "sites": [
        {
            "name": "House",
            "locality": "Oxford",
            "postcode": "OX4 1AA",
            "latitude": 51.75,
            "longitude": -1.23,
            "position": "site",
        }
    ],
    "areas": [{"name": "Oxford", "by": "residence", "code": "E07000178", "outcodes": ["OX4"]}],
    "modes": ["in-person"],
    "ways_in": ["referral"],
    "languages": ["en"],
    "eligibility": {"rule": {"fact": "age", "over": 18}},
    "opening": {"weekly": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]},
    "hosts": [{"name": "Ward", "organisation": str(town.WARD), "count": 2}],
    "posts": [{"title": "Worker", "count": 3, "full_time": True, "employer": str(town.WARD)}],
    "funders": [{"organisation": str(town.WARD), "scheme": "Grant"}],
    "related": [{"kind": "alongside", "name": "Cafe"}],
    "began": "2019-11",
    "website": "https://house.example.org",
    "mailbox": "desk@example.org",
    "provenance": {"source": "Its leaflet", "unstated": ["size"], "inferred": ["kind"]},
}
SEARCH = {
    "needs": ["housing"],
    "facts": {"age": 34},
    "place": {"latitude": 51.75, "longitude": -1.23},
}
IMPORT = {
    "name": "services.json",
    "format": "json",
    "content": "[]",
    "organisation_kind": "charity",
    "service_kind": "caseload",
}
PROGRAMME: dict[str, Any] = {
    "name": "New programme",
    "summary": "What several services belong to.",
    "status": "active",
    "pilot": True,
    "lead": str(town.RESPONSE),
    "funders": [{"organisation": str(town.WARD), "scheme": "Grant"}],
    "areas": [{"name": "Oxford", "code": "E07000178", "outcodes": ["OX4"]}],
    "eligibility": {"rule": {"fact": "age", "at_least": 18}},
    "began": "2019",
    "website": "https://programme.example.org",
    "provenance": {"source": "Its leaflet"},
}


def person() -> dict[str, Any]:
    """Return somebody with everything that can be said of them."""
    return {
        "given_name": "Samuel",
        "family_name": "Quillfeather",
        "known_as": "Sam",
        "birth_date": "1990-05-17",
        "nhs_number": "999 000 0018",
        "contact": {
            "phone": "07700 900123",
            "email": "sam@example.org",
            "address": "Flat 9",
            "no_fixed_abode": False,
            "rules": ["never-call"],
            "note": "Write.",
        },
        "language": "cy",
        "interpreter": True,
        "formats": ["large-print"],
    }


def referral() -> dict[str, Any]:
    """Return a referral with everything that can be said in one."""
    return town.referral(
        person=person(),
        intent="referral",
        purpose="direct-care",
        draft=False,
        lawful_basis={"code": "direct-care", "note": "Asked on the ward."},
        consent={"given": True, "withheld": ["risk"]},
    )


def question() -> dict[str, Any]:
    """Return a question without a referral."""
    return {"service_id": str(town.HOUSE.id), "text": "Do you take somebody of 17?"}


def agreement() -> dict[str, Any]:
    """Return a new agreement's body."""
    return {
        "from_organisation": str(town.WARD),
        "to_organisation": str(town.STRANGERS),
        "purposes": ["direct-care"],
        "sections": ["housing"],
        "lawful_basis": "direct-care",
        "valid_from": "2026-11-01",
        "valid_until": "2027-11-01",
    }


def worker() -> dict[str, Any]:
    """Return a new account's body."""
    return {
        "organisation_id": str(town.WARD),
        "username": f"p.{uuid4().hex[:12]}",
        "display_name": "P. Nowak",
        "role": "caseworker",
    }


def webhook() -> dict[str, Any]:
    """Return a new webhook's body."""
    address = f"https://crm.example.org/{uuid4().hex}"
    return {"url": address, "events": ["referral.handoff-requested.v1"]}


def telling_rule(whom: Actor) -> dict[str, Any]:
    """Return a new rule's body."""
    return {
        "whom": "person",
        "name": whom.principal,
        "templates": ["handoff-requested"],
        "service_id": str(town.HOUSE.id),
        "urgencies": ["urgent"],
    }
