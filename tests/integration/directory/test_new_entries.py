"""New entries listed on pages: what they cannot do without, then the rest, section by section."""

from collections.abc import Callable
from typing import Any

import pytest

from onward.contracts.directory import OrganisationPublished, ProgrammePublished, ServicePublished
from tests.integration.directory import world
from tests.integration.directory.forms import Editor

Sit = Callable[..., Editor]
Told = Callable[[type[Any]], list[Any]]
PATHS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "organisations": (OrganisationPublished, {"name": "Haven", "kind": "charity"}),
    "programmes": (
        ProgrammePublished,
        {"name": "Winter", "summary": "Warm rooms.", "status": "active", "lead": "Response"},
    ),
    "services": (
        ServicePublished,
        {
            "name": "Day house",
            "summary": "Company by day.",
            "status": "planned",
            "needs": ["company"],
            "capacity_kind": "drop_in",
            "providers": "Response\nConnection",
            "recipient": "Response",
            "nation": "england",
        },
    ),
}


@pytest.mark.parametrize("listing", PATHS)
def test_a_new_entry_is_listed_told_to_the_others_and_opened_to_say_more(
    sit: Sit, told: Told, listing: str
) -> None:
    event, said = PATHS[listing]
    editor = sit()
    assert f"/directory/{listing}/new" in editor.look("/directory")
    editor.look(f"/directory/{listing}/new")

    answer = editor.send(f"/directory/{listing}/new", **said)

    assert answer.status_code == 303, editor.page
    page = editor.look(answer.headers["Location"])
    assert f"{said['name']} is listed." in page
    assert ("Say here what else" in page) is (listing != "organisations")  # not one's own
    assert [one.name for one in told(event)] == [said["name"]]


def test_a_new_service_begins_with_the_organisation_of_whoever_lists_it(sit: Sit) -> None:
    page = sit(world.CONNECTION).look("/directory/services/new")

    assert 'name="/recipient" value="Connection"' in page


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"name": ""}, "Enter this: name."),
        ({"recipient": "Connection", "providers": "Response"}, "The recipient is one of the"),
        ({"providers": "Nobody"}, "The directory lists no organisation of this name"),
        ({"providers": "Advisers", "recipient": "Advisers"}, "You can only change what your own"),
    ],
)
def test_a_service_that_cannot_be_listed_says_what_to_change_and_keeps_what_was_typed(
    sit: Sit, told: Told, said: dict[str, str], detail: str
) -> None:
    editor = sit()
    editor.look("/directory/services/new")

    answer = editor.send("/directory/services/new", **PATHS["services"][1] | said)

    assert answer.status_code in {403, 422}
    assert detail in editor.page
    assert "Company by day." in editor.page
    assert told(ServicePublished) == []


def test_an_organisation_is_listed_once(sit: Sit) -> None:
    editor = sit()
    editor.look("/directory/organisations/new")
    said = {"name": "Again", "kind": "charity", "charity_number": "1234567"}

    answer = editor.send("/directory/organisations/new", **said)

    assert answer.status_code == 409
    assert "The directory lists this ODS code or charity number already." in editor.page


def test_a_caseworker_lists_nothing(sit: Sit) -> None:
    reader = sit(world.WARD, world.NURSE.role)

    assert "/directory/services/new" not in reader.look("/directory")
    assert reader.client.get("/directory/services/new").status_code == 403
