"""What each of the five partnerships has published: of every entry, the facts that a seed must state."""

from typing import Any

AMHT = "Oxford Health Adult Mental Health Team"
TEAMS = [{"name": "Oxfordshire adult mental health teams", "organisation": AMHT}]
PILOT = {"all": [{"fact": "age", "at_least": 18}, {"fact": "mental_ill_health", "is": True}]}
HEP = "Oswestry Health Equality Partnership"
ROLES = [{"scheme": "Additional roles reimbursement scheme"}]
ISLAND = {
    "providers": ["Isle of Dogs Primary Care Network"],
    "programme": "HIP Wellness Team",
    "modes": ["in-person", "online"],
    "areas": [{"name": "Isle of Dogs", "by": "registration", "outcodes": ["E14"]}],
    "eligibility": {"rule": {"fact": "island_patient", "is": True}},
}

OXFORDSHIRE: dict[str, dict[str, Any]] = {
    "Information and Option Workers": {
        "providers": [],
        "limits": {"sessions_per_person": 1},
        "hosts": TEAMS,
        "eligibility": {"rule": {"fact": "engaged_with_team", "is": True}},
        "unstated": {"providers"},
    },
    "Wellbeing Workers": {
        "providers": [],
        "limits": {"sessions_per_person": 6},
        "hosts": TEAMS,
        "unstated": {"providers"},
    },
    "Benefits for Better Mental Health": {
        "providers": ["Benefits for Better Mental Health"],
        "capacity_kind": "caseload",
        "limits": {"ends_with": "the tribunal"},
        "eligibility": {"rule": {"fact": "mental_health_team_patient", "is": True}},
        "inferred": {"kind"},
    },
    "Connection Support Mental Health Workers": {
        "providers": ["Connection Support"],
        "hosts": TEAMS,
        "needs": ["housing", "benefits"],
    },
    "Restore Employment Specialists": {
        "providers": ["Restore"],
        "hosts": TEAMS,
        "needs": ["work"],
        "sites": [{"locality": "Abingdon"}, {"locality": "Banbury"}, {"locality": "Oxford"}],
    },
    "Mind Wellbeing Workers": {
        "providers": ["Oxfordshire Mind"],
        "hosts": [{"name": "GP surgeries in Oxford City and South West Oxfordshire"}],
        "areas": [
            {"name": "Oxford City", "by": "registration"},
            {"name": "South West Oxfordshire", "by": "registration"},
        ],
        "unstated": {"limit"},
    },
    "Connection Support inpatient worker": {
        "providers": ["Connection Support"],
        "hosts": [{"name": "Inpatient team"}],
        "posts": [{"count": 1, "employer": "Connection Support"}],
        "related": [{"kind": "supports", "service": "Stepdown House"}],
    },
    "Elmore emergency department worker": {
        "providers": ["Elmore"],
        "hosts": [{"name": "Accident and Emergency, John Radcliffe Hospital"}],
        "sites": [{"postcode": "OX3 9DU", "position": "site"}],
        "eligibility": {
            "rule": {
                "all": [
                    {"fact": "often_at_emergency", "is": True},
                    {"fact": "physical_health_issue", "is": False},
                ]
            }
        },
    },
    "Oxfordshire Recovery College": {
        "providers": ["Oxfordshire Mental Health Partnership"],
        "capacity_kind": "cohort",
        "began": "2015",
        "modes": ["in-person", "online"],
        "ways_in": ["self-referral"],
        "posts": [{"title": "Expert by experience"}, {"title": "Expert by training"}],
        "eligibility": {"rule": {"all": []}},
        "unstated": {"size", "dates"},
    },
    "Paid Peer Support Workers": {
        "providers": ["Oxford Health NHS Foundation Trust"],
        "capacity_kind": "cohort",
        "began": "2018-04",
        "ways_in": ["application"],
        "areas": [{"name": "Oxfordshire"}, {"name": "Buckinghamshire"}],
        "courses": [{"label": "Cohort 3", "starts_on": None}],
        "eligibility": {"rule": {"fact": "lived_experience", "is": True}},
    },
    "Walking for Wellbeing": {
        "capacity_kind": "drop_in",
        "began": "2019-08",
        "related": [{"kind": "signposts-to", "name": "City council health walks"}],
        "eligibility": None,
        "unstated": {"eligibility"},
    },
    "Housing First": {
        "capacity_kind": "home",
        "places": {"available": 3, "pipeline": 2},
        "limits": {"maximum_stay_days": None},
        "eligibility": {
            "rule": {
                "all": [
                    {"fact": "serious_mental_illness", "is": True},
                    {"fact": "no_other_housing", "is": True},
                    {"fact": "wants_tenancy", "is": True},
                ]
            }
        },
    },
    "Stepping into Wellbeing": {
        "providers": [AMHT, "Oxfordshire Mind"],
        "related": [{"kind": "leads-to", "name": "Wellbeing services of Oxfordshire Mind"}],
    },
    "Safe Haven": {
        "providers": [],
        "sites": [{"locality": "Oxford"}, {"locality": "Banbury"}],
        "eligibility": {
            "rule": {
                "all": [
                    {"fact": "age", "over": 18},
                    {"fact": "in_crisis", "is": True},
                    {"not": {"fact": "urgent_medical_need", "is": True}},
                    {"fact": "can_keep_safe", "is": True},
                ]
            }
        },
        "unstated": {"providers"},
    },
    "Stepdown House": {
        "providers": ["Response", "Connection Support"],
        "capacity_kind": "bed",
        "limits": {"maximum_stay_days": 14},
        "places": {"available": 0},
        "eligibility": {
            "rule": {
                "all": [
                    {"fact": "ready_for_discharge", "is": True},
                    {"fact": "lacks_suitable_home", "is": True},
                ]
            }
        },
        "unstated": {"size"},
    },
    "Flexible Assessment Community Treatment team": {
        "began": "2019-11",
        "hosts": [{"name": "Response Recovery Campus", "organisation": "Response"}],
        "posts": [
            {"title": "Care co-ordinator", "count": 3},
            {"title": "Substance misuse worker", "count": 1},
            {"title": "Physical health lead", "count": 1},
            {"title": "Assessment pathway co-ordinator", "count": 1},
        ],
        "inferred": {"eligibility"},
    },
    "Tenancy sustainment worker": {
        "programme": "Health Inequalities Project",
        "hosts": [{"name": "Tenancy sustainment team"}],
        "posts": [{"employer": "Oxfordshire Mental Health Partnership"}],
        "funders": [
            {"organisation": "Oxford City Council"},
            {"organisation": "Oxfordshire Clinical Commissioning Group"},
        ],
    },
    "OurSpace": {
        "status": "planned",
        "providers": ["Berkshire, Buckinghamshire and Oxfordshire Wildlife Trust"],
        "unstated": {"funders"},
    },
}
OSWESTRY: dict[str, dict[str, Any]] = {
    "Shropshire Sanctuary": {
        "areas": [{"code": "E06000051"}, {"code": "E06000020"}],
        "eligibility": {"rule": {"fact": "mental_ill_health", "is": True}},
        "programme": "Oswestry Crisis and Creativity",
    },
    "Crisis and Creativity drop-in": {
        "capacity_kind": "drop_in",
        "ways_in": ["walk-in"],
        "eligibility": {"rule": PILOT},
        "opening": {"unstated": ["Six days a week: which days and hours is not said"]},
    },
    "Re-Connect": {
        "capacity_kind": "cohort",
        "limits": {"course_weeks": 6},
        "unstated": {"dates"},
    },
    "Designs in Mind": {
        "capacity_kind": "cohort",
        "limits": {"course_weeks": 10},
        "needs": ["creativity"],
        "eligibility": {"rule": PILOT},
    },
    "Smart Recovery": {
        "capacity_kind": "drop_in",
        "opening": {"unstated": ["One session a week: which day and hour is not said"]},
    },
    "Calm Cafe": {
        "providers": [],
        "related": [{"kind": "alongside", "service": "Shropshire Sanctuary"}],
        "unstated": {"providers", "needs", "eligibility", "opening", "areas"},
    },
    "Music and singing": {"status": "planned", "providers": [HEP]},
    "Social evening": {"status": "planned", "providers": [HEP]},
}
ISLE_OF_DOGS: dict[str, dict[str, Any]] = {
    "HIP health coaches": ISLAND | {"funders": ROLES},
    "HIP social prescribers": ISLAND | {"funders": []},
    "HIP first contact physiotherapists": ISLAND | {"funders": ROLES},
    "HIP volunteering groups": ISLAND
    | {"funders": ROLES, "ways_in": ["referral", "invitation"], "posts": [{"count": 1}]},
}
HACKNEY: dict[str, dict[str, Any]] = {
    "Family Action Social Prescribing": {
        "providers": ["Family Action"],
        "areas": [{"name": "Hackney"}, {"name": "City of London"}],
        "hosts": [{"count": 43}, {"name": "Community centres"}],
        "posts": [{"count": 3, "full_time": True}, {"count": 1, "full_time": True}],
    }
}
WALES: dict[str, dict[str, Any]] = {
    "Weekly arts and crafts": {
        "nation": "wales",
        "providers": ["Arts and Craft Co-operative"],
        "programme": "Care to Co-operate",
        "opening": {"unstated": ["Weekly: which day and hour is not said"]},
        "unstated": {"sites", "size", "languages"},
    }
}
PROGRAMMES: dict[str, dict[str, dict[str, Any]]] = {
    "oxfordshire": {
        "Health Inequalities Project": {
            "funders": [
                {"organisation": "Oxford City Council"},
                {"organisation": "Oxfordshire Clinical Commissioning Group"},
            ]
        }
    },
    "oswestry": {
        "Oswestry Crisis and Creativity": {
            "pilot": True,
            "lead": "Shropshire, Telford and Wrekin Integrated Care System",
            "part_of": "Health Equality Partnership programme",
            "funders": [{"organisation": "NHS England"}],
            "eligibility": {"rule": PILOT},
        },
        "Health Equality Partnership programme": {"lead": "NHS England", "part_of": None},
    },
    "isle-of-dogs": {
        "HIP Wellness Team": {
            "funders": [
                {"organisation": "NHS England"},
                {"organisation": "Healthy Island Trust", "scheme": "Grant"},
                {"organisation": "Isle of Dogs Primary Care Network"},
            ]
        }
    },
    "hackney": {},
    "wales": {
        "Care to Co-operate": {
            "lead": "Wales Co-operative Centre",
            "funders": [{"organisation": "Welsh Government"}],
        }
    },
}
ORGANISATIONS: dict[str, dict[str, dict[str, Any]]] = {
    "oxfordshire": {
        "Oxford Health NHS Foundation Trust": {"ods_code": "RNU"},
        AMHT: {"part_of": "Oxford Health NHS Foundation Trust"},
        "Oxfordshire Mental Health Partnership": {"incorporated": False},
        "Oxfordshire Clinical Commissioning Group": {"active": False},
    },
    "oswestry": {HEP: {"incorporated": False}},
    "isle-of-dogs": {"Healthy Island Trust": {"kind": "charity", "unstated": {"identifiers"}}},
    "hackney": {"Family Action": {"kind": "charity"}},
    "wales": {
        "Arts and Craft Co-operative": {
            "kind": "co-operative",
            "incorporated": False,
            "unstated": {"name"},
        },
        "Wales Co-operative Centre": {"phone": "0300 111 5050"},
    },
}
SEEDS: dict[str, dict[str, dict[str, Any]]] = {
    "oxfordshire": OXFORDSHIRE,
    "oswestry": OSWESTRY,
    "isle-of-dogs": ISLE_OF_DOGS,
    "hackney": HACKNEY,
    "wales": WALES,
}
