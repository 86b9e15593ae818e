"""Finding the services that suit somebody, without a script: questions when needed, and reasons."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.facts import Area, Need
from services.directory.handlers import entries
from tests.integration.directory import world
from tests.integration.directory.forms import HIDDEN
from tests.integration.directory.test_matches_api import agree

AT = "/directory/find"
YOUTH = UUID(int=201)
OXFORD = Area(name="Oxford", code="E07000178", outcodes=("OX1", "OX4"))
YOUNG = {
    "all": [
        {"fact": "age", "under": 26},
        {"fact": "in_crisis", "is": False},
        {"fact": "owns_a_dog", "is": False},
    ]
}


@pytest.fixture
def homes(running: RunningService) -> RunningService:
    """Lend a directory in which the house takes young people of Oxford who are not in a crisis."""
    own = {"owns_a_dog": {"asks": "Does the person own a dog?", "says": "Owns a dog"}}
    house = replace(
        world.HOUSE,
        id=YOUTH,
        name="Youth house",
        needs=(Need.HOUSING,),
        areas=(OXFORD,),
        eligibility={"rule": YOUNG, "facts": own},
    )
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_service(uow, house)
    agree(running, world.RESPONSE.id)
    return running


@pytest.fixture
def nurse(homes: RunningService, sit: Any) -> Any:
    return sit(world.WARD, Role.CASEWORKER)


def asked(nurse: Any, **said: Any) -> str:
    """Send the page's form with *said*; a stroke in a name stands for a dot."""
    if not nurse.page:
        nurse.look(AT)
    token = dict(HIDDEN.findall(nurse.page))["csrf_token"]
    fields = {name.replace("__", "."): value for name, value in said.items()}
    answer = nurse.client.post(AT, data={"csrf_token": token, **fields})
    assert answer.status_code in {200, 422}
    return str(answer.get_data(as_text=True))


def test_questions_are_asked_only_while_their_answers_matter(nurse: Any) -> None:
    page = asked(nurse, needs="housing", fact__number__age="19", fact__code__outcode="ox4")
    assert "May take the person" in page
    assert "Is the person in a mental health crisis?" in page
    assert "Does the person own a dog?" in page
    assert "Lives in" not in page

    answers = {"fact__flag__in_crisis": "no", "fact__flag__owns_a_dog": "no"}
    sure = asked(
        nurse, needs="housing", fact__number__age="19", fact__code__outcode="OX4", **answers
    )
    assert "Takes the person" in sure
    assert "For people in Oxford" in sure
    assert "Answers that would help to decide" not in sure
    assert 'id="fact-in_crisis-no" name="fact.flag.in_crisis" value="no" checked' in sure


def test_why_not_another_is_said_and_nobody_is_asked_what_changes_nothing(nurse: Any) -> None:
    page = asked(nurse, needs="housing", fact__number__age="40")
    refused = page.split("Why not another?")[1]
    assert "Youth house" in refused
    assert "Takes nobody else but:" in refused
    assert "Does the person own a dog?" not in page


def test_a_service_found_leads_to_the_form_with_what_was_chosen(nurse: Any) -> None:
    page = asked(nurse, needs="housing", fact__number__age="19")
    form = page.split("Youth house</a>")[1].split('action="/refer/change"')[1].split("</form>")[0]
    assert f'name="service_id" value="{YOUTH}"' in form
    assert 'name="needs" value="housing"' in form
    assert "19" not in dict(HIDDEN.findall(form)).values(), "facts stay where they were typed"


def test_only_services_under_an_agreement_are_offered_for_referral(nurse: Any) -> None:
    page = asked(nurse)
    advice = page.split("Benefits advice</a>")[1].split("nhsuk-card__content")[0]
    assert "Your organisation has no sharing agreement with it" in advice
    assert "/refer/change" not in advice


def test_an_answer_of_the_wrong_kind_is_said_and_keeps_the_rest(nurse: Any) -> None:
    page = asked(nurse, needs="housing", fact__number__age="young", fact__code__outcode="OX4")
    assert "There is a problem" in page
    assert "a whole number from 0 to 130" in page
    assert 'value="young"' in page
    assert 'value="OX4"' in page
