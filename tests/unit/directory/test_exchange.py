"""Files of entries as people write them: where mistakes are, what of others' words is understood."""

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Nation, Service, ServiceStatus
from services.directory.exchange.documents import Assumed, Read
from services.directory.exchange.files import FileError, read_file
from services.directory.exchange.pointing import positions
from services.directory.exchange.reading import read_entries
from services.directory.exchange.reporting import mistakes

ASSUMED = Assumed(organisation_kind=OrganisationKind.CHARITY, service_kind=CapacityKind.CASELOAD)
ORGANISATION = {"id": str(UUID(int=1)), "name": "Helpers", "description": ""}
SERVICE: dict[str, Any] = {
    "id": str(UUID(int=2)),
    "name": "Advice",
    "description": "Advice about money.",
    "status": "active",
    "minimum_age": 18,
    "maximum_age": 65,
    "fees": "Free",
    "organization": ORGANISATION,
    "schedules": [
        {"id": "x", "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "10:00:00", "closes_at": "16:00:00"},
        {"id": "y", "freq": "MONTHLY", "byday": "1WE", "dtstart": "2026-01-07", "opens_at": "18:00",
         "closes_at": "20:00", "notes": "Evening"},
        {"id": "z", "description": "By appointment on Fridays."},
    ],
    "service_areas": [
        {"id": "a", "name": "Cardiff", "uri": "http://statistics.data.gov.uk/id/statistical-geography/W06000015"}
    ],
    "service_at_locations": [
        {
            "id": "l",
            "location": {
                "id": "p",
                "location_type": "physical",
                "name": "Hall",
                "addresses": [{"city": "Cardiff", "postal_code": "CF10 1AA", "address_1": "1 Street"}],
            },
        }
    ],
    "languages": [{"id": "e", "name": "Welsh"}],
    "contacts": [{"id": "c", "name": "Ann Persona"}],
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(document: Any, assumed: Assumed = ASSUMED, **how: Any) -> list[Read]:
    content = json.dumps(document, **how).encode()
    return list(read_entries(read_file(content, table=False), assumed))


def told(text: str, *, table: bool = False) -> list[str]:
    """Return the mistakes in a file as people are told them."""
    file = read_file(text.encode(), table=table)
    errors = [error for one in read_entries(file, ASSUMED) for error in one.errors]
    return list(mistakes("services.json", file, errors))


def every_pointer(value: Any, pointer: str = "") -> list[tuple[str, Any]]:
    found = [(pointer, value)]
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inside:
            part = str(key).replace("~", "~0").replace("/", "~1")
            found += every_pointer(one, f"{pointer}/{part}")
    return found


@given(document=JSON, indent=st.sampled_from([None, 0, 2]))
def test_every_value_of_a_text_is_found_where_it_stands(document: Any, indent: int | None) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    wanted = every_pointer(document)
    found = positions(text, [pointer for pointer, _ in wanted])
    lines = text.split("\n")
    for pointer, value in wanted:
        at = found[pointer]
        rest = "\n".join([lines[at.line - 1][at.column - 1 :], *lines[at.line :]])
        assert json.JSONDecoder().raw_decode(rest)[0] == value


def test_what_another_directory_says_is_understood_as_far_as_it_can_be_held() -> None:
    organisation, service = read([SERVICE])

    assert (organisation.name, organisation.errors, service.errors) == ("Helpers", (), ())
    entry = service.entry
    assert isinstance(entry, Service)
    assert (entry.status, entry.nation) == (ServiceStatus.ACTIVE, Nation.WALES)
    assert entry.eligibility == {
        "rule": {"all": [{"fact": "age", "at_least": 18}, {"fact": "age", "at_most": 65}]}
    }
    assert entry.opening == {
        "weekly": [{"days": ["mon", "tue"], "from": "10:00", "to": "16:00"}],
        "sessions": [
            {
                "name": "Evening",
                "rule": "FREQ=MONTHLY;BYDAY=1WE",
                "starts": "2026-01-07T18:00",
                "minutes": 120,
            }
        ],
        "unstated": ["By appointment on Fridays."],
    }
    assert (entry.sites[0].locality, entry.areas[0].code) == ("Cardiff", "W06000015")
    assert entry.languages == ("cy",)
    assert entry.provenance.inferred == ("kind",)
    assert set(entry.provenance.unstated) == {"needs", "modes", "ways-in"}
    assert service.left_out == ("contacts", "fees")
    assert "Persona" not in repr(entry)


def test_a_kind_that_nobody_says_is_asked_for_and_not_guessed() -> None:
    organisation, service = read([SERVICE], Assumed())

    assert "choose one for the file" in organisation.errors[0].detail
    assert "choose one for the file" in service.errors[0].detail


def test_an_organisation_that_is_told_in_two_ways_is_refused_where_it_differs() -> None:
    other = {**SERVICE, "id": str(UUID(int=3)), "organization": {**ORGANISATION, "name": "Others"}}
    again = {**SERVICE, "id": str(UUID(int=4))}
    wrong = [one for one in read([SERVICE, other, again]) if one.errors]

    assert [one.pointer for one in wrong] == ["/1/organization"]
    assert "other things of this at /0/organization" in wrong[0].errors[0].detail


BROKEN = {
    '{"services": [\n {"id": 1]}': ("2:10", "not JSON"),
    '[{"id": "x",\n  "a": {"b": 1, "b": 2}}]': ("2:17", "each key once"),
    '{"people": []}': ("1:1", "Give a list of services"),
    '{"services": {}}': ("1:14", "Make this a list"),
    '[{"fees": NaN}]': ("1:1", "A number"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_cannot_be_read_says_where(text: str) -> None:
    where, detail = BROKEN[text]
    with pytest.raises(FileError, match=detail) as caught:
        read_file(text.encode(), table=False)
    assert f"{caught.value.at.line}:{caught.value.at.column}" == where


def test_every_mistake_is_told_with_its_line_and_column_and_what_to_change() -> None:
    service = {
        **SERVICE,
        "status": "open",
        "url": "nowhere",
        "service_areas": [{"id": "a"}],
        "onward": {"opening": {"weekly": [{"days": ["mon"], "from": "9", "to": "17:00"}]}},
    }
    del service["description"]
    lines = json.dumps([service], indent=1).split("\n")
    found = told("\n".join(lines))

    def line_of(said: str) -> str:
        (line,) = (one for one in found if said in one)
        return lines[int(line.split(":")[1]) - 1]

    assert '"status": "open"' in line_of("/0/status: Use one of: inactive, active")
    assert lines[1] == line_of("/0/description: Missing data")
    assert len(found) == 3
    service |= {"status": "active", "description": "Help.", "service_areas": []}
    service["onward"] = {}
    lines = json.dumps([service], indent=1).split("\n")
    found = told("\n".join(lines))
    assert '"url"' in line_of("/0/url: Give a web address")


def test_hours_and_ages_that_contradict_our_own_words_are_refused() -> None:
    onward = {
        "eligibility": {"rule": {"fact": "age", "over": 18}},
        "opening": {"weekly": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]},
    }
    wrong = told(json.dumps([{**SERVICE, "onward": onward}]))

    for member in ("minimum_age", "maximum_age", "schedules"):
        assert any(f"/0/{member}: Th" in one and "change both" in one for one in wrong), member


def test_a_table_tells_mistakes_by_line_and_column() -> None:
    head = "id,name,description,status,organization_id,service_areas\n"
    good = f'{UUID(int=5)},A,"Two\nlines",active,{UUID(int=1)},\n'
    (line,) = told(f"{head}{good}{UUID(int=6)},B,Help.,open,{UUID(int=1)},\n", table=True)
    assert line.startswith("services.json:4:4: /1/status: Use one of")
    for text, where in ((f"{head}{UUID(int=6)},B,,,,not json\n", "2:6"), ("id,nom\n", "1:2")):
        with pytest.raises(FileError) as caught:
            read_file(text.encode(), table=True)
        assert f"{caught.value.at.line}:{caught.value.at.column}" == where


@given(document=JSON, table=st.booleans())
def test_nothing_that_anybody_sends_breaks_the_reading(document: Any, *, table: bool) -> None:
    odd = [document, {**SERVICE, **document}] if isinstance(document, dict) else [document]
    odd += [{**SERVICE, name: document} for name in SERVICE]
    file = read_file(json.dumps(odd).encode(), table=False)
    errors = [error for one in read_entries(file, ASSUMED) for error in one.errors]
    assert len(list(mistakes("file", file, errors))) == len(errors)
    if table:
        with suppress(FileError):
            read_file(json.dumps(document).encode(), table=True)
