"""What each of the five partnerships has published about its services, read back through the API."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from onward.identity import Role
from onward.service import RunningService
from services.directory import seeding
from services.directory.app import make_app
from services.directory.domain.facts import Relation
from tests.integration.directory.conftest import As, envelopes
from tests.integration.directory.published import ORGANISATIONS, PROGRAMMES, SEEDS
from tests.integration.directory.world import WARD

ADDED = {"id", "version", "has_ledger"}
"""What the directory adds to an entry that was sent."""


class Directory:
    """The directory as somebody reads it over the API, with names in place of ids."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers
        self.kinds = {
            kind: self.get(f"/api/v1/{kind}?limit=100")
            for kind in ("organisations", "programmes", "services")
        }
        self._names = {
            entry["id"]: entry["name"] for found in self.kinds.values() for entry in found
        }

    def get(self, path: str) -> Any:
        answer = self._client.get(path, headers=self._headers)
        assert answer.status_code == 200, answer.json
        return answer.json

    def facts(self, kind: str) -> dict[str, Any]:
        return {entry["name"]: self._facts(entry) for entry in self.kinds[kind]}

    def _facts(self, entry: dict[str, Any]) -> Any:
        provenance = entry["provenance"]
        found = self._named(entry) | {
            name: set(provenance[name]) for name in ("unstated", "inferred")
        }
        assert provenance["source"], f"{entry['name']} names no source"
        if entry.get("has_ledger"):
            found["places"] = self.get(f"/api/v1/places?service={entry['id']}")["room"]
        return found

    def _named(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._named(inside) for name, inside in value.items()}
        if isinstance(value, list):
            return [self._named(inside) for inside in value]
        return self._names.get(value, value)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_partnership_has_published_is_read_back(
    empty: RunningService, as_: As, seed: str
) -> None:
    document = seeding.read_file(seeding.SEED / f"{seed}.yaml")
    seeding.load(empty, document, rng=seeding.random_source(None))
    directory = Directory(make_app(empty).test_client(), as_(Role.CASEWORKER, WARD.id))

    found = {kind: directory.facts(kind) for kind in directory.kinds}
    assert found["services"].keys() == SEEDS[seed].keys()
    assert found["programmes"].keys() == PROGRAMMES[seed].keys()
    stated: dict[str, dict[str, dict[str, Any]]] = {
        "services": SEEDS[seed],
        "programmes": PROGRAMMES[seed],
        "organisations": ORGANISATIONS[seed],
    }
    wrong = [
        f"{name}: {fact} is {found[kind][name].get(fact)}"
        for kind, entries in stated.items()
        for name, facts in entries.items()
        for fact, value in facts.items()
        if not _holds(found[kind][name].get(fact), value)
    ]
    assert wrong == []


def test_what_the_api_answers_of_a_seed_can_be_sent_back_and_changes_nothing(
    empty: RunningService, as_: As
) -> None:
    seeding.load_demo(empty, None)
    told = len(envelopes(empty))
    client, boss = make_app(empty).test_client(), as_(Role.OPERATOR, **{"If-Match": '"1"'})

    answers = {}
    for kind, entries in Directory(client, boss).kinds.items():
        for entry in entries:
            body = {name: entry[name] for name in entry if name not in ADDED}
            answer = client.put(f"/api/v1/{kind}/{entry['id']}", json=body, headers=boss)
            answers[entry["name"]] = (answer.status_code, answer.headers.get("ETag"))

    assert {name: said for name, said in answers.items() if said != (200, '"1"')} == {}
    assert len(answers) > 50
    assert len(envelopes(empty)) == told


def test_the_seeds_show_every_kind_of_relation() -> None:
    said = [
        related["kind"]
        for name in SEEDS
        for service in seeding.read_file(seeding.SEED / f"{name}.yaml")["services"]
        for related in service["related"]
    ]
    assert set(said) == set(Relation)


def _holds(read: Any, stated: Any) -> bool:
    """Tell whether *read* says at least what is *stated*."""
    if isinstance(stated, Mapping):
        return all(_holds(read[name], value) for name, value in stated.items())
    if isinstance(stated, list):
        return len(read) == len(stated) and all(map(_holds, read, stated))
    if isinstance(stated, set):
        return bool(stated <= read)
    return bool(read == stated)
