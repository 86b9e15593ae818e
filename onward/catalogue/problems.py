"""Every code a problem document may carry, found where it is raised, so that its page can explain it.

The list is kept in a file because a service's image holds no other service's code.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from onward import errors
from onward.errors import Refused

FILE: Final = Path("onward/catalogue/problem_types.json")
PACKAGES: Final = ("onward", "services")
FAMILIES: Final = frozenset(
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, Refused)
)
CODED: Final = FAMILIES - {"Refused", "NotFoundError", "StaleVersionError", "VersionMissingError"}
"""Families whose first argument is a code; the others have one fixed code each."""
_GAP: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """One code, the family of refusals it belongs to, and the sentences it comes with."""

    code: str
    family: str
    """A class of `onward.errors`, which decides the status and the title."""
    details: list[str] = field(default_factory=list)


def known_problems() -> dict[str, ProblemType]:
    """Return the codes of all services, by code."""
    text = (files("onward.catalogue") / FILE.name).read_text()
    return {entry["code"]: ProblemType(**entry) for entry in json.loads(text)}


def write_problems(root: Path) -> None:
    """Find the codes under *root* and write them to the file."""
    (root / FILE).write_text(problems_json(root))


def problems_json(root: Path) -> str:
    """Return the file's content for the code under *root*."""
    found: dict[tuple[str, str], set[str]] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            for code, family, detail in _raised(ast.parse(path.read_text())):
                found.setdefault((code, family), set()).update(detail)
    types = [
        ProblemType(code=code, family=family, details=sorted(details))
        for (code, family), details in sorted(found.items())
    ]
    entries = [asdict(kind) for kind in types]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def _raised(module: ast.Module) -> Iterator[tuple[str, str, list[str]]]:
    """Return code, family and sentences of every refusal that *module* makes."""
    shared = {
        target.id: list(value.elts)
        for statement in module.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(value := statement.value, ast.Tuple)
        for target in _targets(statement)
    }
    families = {name: name for name in CODED} | _own_families(module)
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and node.name in FAMILIES | families.keys():
            yield from _fixed(node, families.get(node.name, node.name))
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in families
        ):
            yield from _said(node.args, families[node.func.id], shared)


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.Name]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [target for target in targets if isinstance(target, ast.Name)]


def _own_families(module: ast.Module) -> dict[str, str]:
    """Return classes of *module* that narrow a family, and which one."""
    return {
        node.name: base.id
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name) and base.id in CODED
    }


def _fixed(made: ast.ClassDef, family: str) -> Iterator[tuple[str, str, list[str]]]:
    """Return what a class always says: the arguments it hands to its base."""
    for node in ast.walk(made):
        match node:
            case ast.Call(func=ast.Attribute(attr="__init__"), args=arguments):
                yield from _said(arguments, family, {})


def _said(
    arguments: list[ast.expr], family: str, shared: dict[str, list[ast.expr]]
) -> Iterator[tuple[str, str, list[str]]]:
    match arguments:
        case [ast.Starred(value=ast.Name(id=name)), *_] if name in shared:
            yield from _said(shared[name], family, {})
        case [ast.Constant(value=str(code)), *rest]:
            sentence = _sentence(rest[0]) if rest else None
            yield code, family, [sentence] if sentence else []


def _sentence(node: ast.expr) -> str | None:
    """Return the text of a literal, with a gap for each part that is only known later."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_sentence(part) or _GAP for part in parts)
    return None
