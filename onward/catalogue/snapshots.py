"""Frozen schemas: what was published once stays true, and a change shows itself before it is merged."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from onward.catalogue.schemas import json_schema
from onward.contracts import declared

FOLDER: Final = Path("tests/contract/snapshots")


def frozen(root: Path) -> dict[str, Any]:
    """Return the schemas frozen under *root*, by key."""
    return {path.stem: json.loads(path.read_text()) for path in (root / FOLDER).glob("*.json")}


def current() -> dict[str, Any]:
    """Return the schemas as they are declared now, by key."""
    return {key: json_schema(event) for key, event in declared().items()}


def freeze(root: Path) -> None:
    """Write the schemas as they are declared now."""
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for key, schema in current().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        (root / FOLDER / f"{key}.json").write_text(f"{text}\n")


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what in *new* would hurt somebody who relies on *old*; optional additions do not."""
    return list(_broken(old, new))


def _broken(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = old["properties"], new["properties"]
    for name in sorted(before.keys() - after.keys()):
        yield f"{name} is gone"
    for name in sorted(before.keys() & after.keys()):
        if _shape(before[name]) != _shape(after[name]):
            yield f"{name} has another type"
    for name in sorted(set(old["required"]) - set(new["required"]) & after.keys()):
        yield f"{name} need no longer be there"
    for name in sorted(set(new["required"]) - set(old["required"])):
        yield f"{name} must now be there"


def _shape(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in schema.items() if name != "description"}
