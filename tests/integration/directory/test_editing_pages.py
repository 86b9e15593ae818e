"""Editing entries on their pages: mistakes beside their fields, what changes and for whom, versions."""

from collections.abc import Callable
from typing import Any

import pytest

from onward.contracts.directory import ServicePublished
from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.organisations import Organisation
from tests.integration.directory.forms import Editor
from tests.integration.directory.world import ADVISERS, HOUSE, RESPONSE, WARD, Handoffs

Told = Callable[[type[Any]], list[Any]]
PATH = f"/directory/services/{HOUSE.id}"


@pytest.fixture
def editor(sit: Callable[..., Editor]) -> Editor:
    return sit()


def test_a_change_is_shown_before_it_is_saved_and_then_told(editor: Editor, told: Told) -> None:
    editor.look(f"{PATH}/edit/capacity")
    capacity = {
        "capacity_kind": "bed",
        "limits__maximum_stay_days": "21",
        "limits__review_day": "10",
    }
    answer = editor.send(f"{PATH}/edit/capacity", **capacity)

    assert answer.status_code == 200
    assert "Longest stay, in days" in editor.page
    assert "keep the terms and limits they were sent with" in editor.page
    assert told(ServicePublished) == []
    assert editor.send(f"{PATH}/edit/capacity/save").headers["Location"] == PATH
    assert told(ServicePublished)[-1].maximum_stay_days == 21
    assert "Saved as version 2." in editor.look(PATH)


@pytest.mark.parametrize(
    ("slug", "said", "told"),
    [
        ("about", {"name": ""}, "Enter this: name."),
        ("capacity", {"limits__review_day": "x"}, "Enter a whole number, such as 14."),
        ("capacity", {"limits__review_day": "20"}, "Review a stay before its last day."),
        ("where", {"sites__0__name": "Hub"}, "Enter this: town or district."),
        ("terms", {"providers": "Nobody at all"}, "The directory lists no organisation of this"),
        (
            "terms",
            {"providers": "Response\nConnection", "terms__counted_in": "working-hours"},
            "Answer times can only count in working hours that are stated",
        ),
        ("opening", {"opening": "weekly:\n  - {days: [mon], from: 9, to: 17:00}"}, "Line 2: "),
        ("whom", {"eligibility": "rule:\n  all: [1"}, "Line 2: This cannot be read"),
        ("whom", {"eligibility": "a: &x 1\nb: *x"}, "Line 1: Write it out here"),
        ("sources", {"provenance__unstated": ["providers"]}, "The entry states this"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_is_kept(
    editor: Editor, slug: str, said: dict[str, Any], told: str
) -> None:
    editor.look(f"{PATH}/edit/{slug}")
    whole = {
        "about": {"name": "N", "summary": "S", "status": "active"},
        "capacity": {"capacity_kind": "bed", "limits__maximum_stay_days": "14"},
        "terms": {
            "recipient": "Response",
            "nation": "england",
            "terms__acknowledge_hours": "24",
            "terms__answer_hours": "72",
            "terms__offer_hours": "48",
            "terms__expire_days": "14",
        },
    }

    answer = editor.send(f"{PATH}/edit/{slug}", **whole.get(slug, {}) | said)

    assert answer.status_code == 422
    assert "There is a problem" in editor.page
    assert told in editor.page
    typed = [
        text for value in said.values() for text in (value if isinstance(value, list) else [value])
    ]
    assert all(text in editor.page for text in typed)


def test_a_rule_that_nobody_knows_is_named_by_its_line_and_what_was_probably_meant(
    editor: Editor,
) -> None:
    editor.look(f"{PATH}/edit/whom")
    rules = "rule:\n  all:\n    - {fact: age, over: 18}\n    - {fact: in_crisi, is: true}\n"

    editor.send(f"{PATH}/edit/whom", eligibility=rules)

    assert "Line 4: Nothing has this name; perhaps in_crisis" in editor.page
    assert "<code>    - {fact: in_crisi, is: true}</code>" in editor.page


def test_rows_are_added_changed_and_taken_away(editor: Editor) -> None:
    path = f"{PATH}/edit/where"
    for sites in (
        {"sites__0__name": "Hub", "sites__0__locality": "Oxford"},
        {
            "sites__0__name": " ",
            "sites__0__locality": "",
            "sites__1__name": "Barn",
            "sites__1__locality": "Witney",
        },
    ):
        editor.look(path)
        editor.send(path, **sites)
        assert editor.send(f"{path}/save").status_code == 303

    page = editor.look(path)
    assert 'value="Barn"' in page
    assert 'value="Hub"' not in page
    assert "Hub, Oxford" in editor.look(f"{PATH}/history")


def test_what_an_entry_states_now_is_no_longer_listed_as_unknown(editor: Editor) -> None:
    editor.look(f"{PATH}/edit/sources")
    editor.send(f"{PATH}/edit/sources", provenance__unstated=["opening"])
    editor.send(f"{PATH}/edit/sources/save")
    editor.look(f"{PATH}/edit/opening")
    editor.send(f"{PATH}/edit/opening", opening="always: true\n")

    assert editor.send(f"{PATH}/edit/opening/save").status_code == 303
    assert "How well this is known" not in editor.look(PATH)


def test_who_has_a_place_is_counted_before_anything_is_changed(
    editor: Editor, running: RunningService
) -> None:
    handoffs = Handoffs(running)
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(handoffs.accept(2))
    editor.look(f"{PATH}/edit/about")
    about = {"name": HOUSE.name, "summary": HOUSE.summary}

    editor.send(f"{PATH}/edit/about", **about, status="paused")
    assert "1 person has a place here and 1 waits for one" in editor.page
    assert "Nobody new can be referred to it" in editor.page

    editor.look(f"{PATH}/edit/about")
    closed = editor.send(f"{PATH}/edit/about", **about, status="closed")
    assert closed.status_code == 409
    assert "end their handoffs first. Handoffs it would affect: 2." in editor.page


def test_of_two_who_change_one_entry_the_second_is_told_and_loses_nothing_typed(
    sit: Callable[..., Editor],
) -> None:
    first, second = sit(), sit()
    about = {"summary": HOUSE.summary, "status": "active"}
    for editor, name in ((first, "House one"), (second, "House two")):
        editor.look(f"{PATH}/edit/about")
        editor.send(f"{PATH}/edit/about", **about, name=name)
    first.send(f"{PATH}/edit/about/save")

    late = second.send(f"{PATH}/edit/about/save")

    assert late.status_code == 412
    assert "Somebody changed this entry meanwhile" in second.page
    assert 'value="House two"' in second.page
    second.send(f"{PATH}/edit/about", **about, name="House two")
    assert "House one" in second.page
    assert second.send(f"{PATH}/edit/about/save").status_code == 303


def test_answer_times_count_in_working_hours_once_those_are_stated(
    editor: Editor, told: Told
) -> None:
    opening = "weekly:\n  - {days: [mon], from: 09:00, to: 17:00}\nbank_holidays: closed\n"
    terms = {
        "providers": "Response\nConnection",
        "recipient": "Response",
        "asks_for": "identity, housing",
        "terms__acknowledge_hours": "4",
        "terms__answer_hours": "8",
        "terms__counted_in": "working-hours",
        "terms__offer_hours": "48",
        "terms__expire_days": "14",
        "nation": "england",
    }
    for slug, said in {"opening": {"opening": opening}, "terms": terms}.items():
        editor.look(f"{PATH}/edit/{slug}")
        editor.send(f"{PATH}/edit/{slug}", **said)
        editor.send(f"{PATH}/edit/{slug}/save")

    assert told(ServicePublished)[-1].working_hours == (
        "Europe/London; mon 09:00-17:00; england closed"
    )
    assert "8 of its working hours" in editor.look(PATH)


def test_a_form_that_changes_nothing_makes_no_version(editor: Editor) -> None:
    editor.look(f"{PATH}/edit/terms")
    said = {
        "providers": "Response\nConnection",
        "recipient": "Response",
        "asks_for": "identity, housing",
        "terms__acknowledge_hours": "24",
        "terms__answer_hours": "72",
        "terms__counted_in": "elapsed",
        "terms__offer_hours": "48",
        "terms__expire_days": "14",
        "nation": "england",
    }

    answer = editor.send(f"{PATH}/edit/terms", **said)

    assert answer.headers["Location"] == f"{PATH}/edit"
    assert "Nothing was changed" in editor.look(f"{PATH}/edit")


@pytest.mark.parametrize(
    ("who", "role"), [(ADVISERS, Role.EDITOR), (RESPONSE, Role.CASEWORKER), (WARD, Role.AUDITOR)]
)
def test_who_may_not_edit_is_shown_no_door_and_finds_none(
    sit: Callable[..., Editor], who: Organisation, role: Role
) -> None:
    visitor = sit(who, role)

    assert "Change this entry" not in visitor.look(PATH)
    assert "Version 1" in visitor.look(f"{PATH}/history")
    for path in (f"{PATH}/edit", f"{PATH}/edit/about", f"{PATH}/history/1"):
        assert visitor.client.get(path, headers={"Accept": "text/html"}).status_code == 403


def test_going_back_is_shown_first_and_refused_with_the_reason_where_it_cannot_be(
    editor: Editor,
) -> None:
    about = {"name": HOUSE.name, "summary": HOUSE.summary}
    editor.look(f"{PATH}/edit/about")
    editor.send(f"{PATH}/edit/about", **about | {"name": "The House"}, status="active")
    editor.send(f"{PATH}/edit/about/save")

    assert "The House" in editor.look(f"{PATH}/history/1")
    assert editor.send(f"{PATH}/history/1").status_code == 303
    assert "It says what version 1 said again, as version 3." in editor.look(f"{PATH}/history")

    editor.look(f"{PATH}/edit/about")
    editor.send(f"{PATH}/edit/about", **about, status="closed")
    editor.send(f"{PATH}/edit/about/save")
    answer = editor.client.get(f"{PATH}/history/3", headers={"Accept": "text/html"})
    assert answer.status_code == 409
    assert "A service that is closed cannot become active." in answer.get_data(as_text=True)


def test_an_organisation_is_edited_by_its_own_people_and_the_operator(
    sit: Callable[..., Editor],
) -> None:
    path = f"/directory/organisations/{RESPONSE.id}"
    operator = sit(WARD, Role.OPERATOR)
    operator.look(f"{path}/edit/standing")
    operator.send(f"{path}/edit/standing", charity_number="1234567", incorporated="true")

    assert "cannot sign in again" in operator.page
    assert operator.send(f"{path}/edit/standing/save").status_code == 303
    assert "No longer active" in operator.look(path)
