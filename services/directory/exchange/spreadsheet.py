"""The same entries as a table (CSV): one row each, what is nested as JSON in its cell.

A cell that a spreadsheet would take for a formula begins with an apostrophe, which is not part of it.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from services.directory.exchange.pointing import Position

KINDS: Final = {"organization": "organizations", "program": "programs", "service": "services"}
"""What a row may be, by what its first cell says; empty: a service."""
TEXTS: Final = (
    "id",
    "name",
    "description",
    "url",
    "website",
    "email",
    "status",
    "organization_id",
    "program_id",
    "parent_organization_id",
)
"""Columns that hold the text of a member of the same name."""
NUMBERS: Final = ("minimum_age", "maximum_age")
NESTED: Final = (
    "organization_identifiers",
    "phones",
    "schedules",
    "service_areas",
    "service_at_locations",
    "languages",
    "funding",
    "attributes",
    "onward",
)
"""Columns that hold a member as JSON."""
COLUMNS: Final = ("record", *TEXTS, *NUMBERS, *NESTED)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
LONGEST: Final = 1_000_000
"""Characters of a cell."""


class TableError(Exception):
    """A table that cannot be read; the text says what to change at `at`."""

    def __init__(self, detail: str, at: Position) -> None:
        """Say what to change at *at*."""
        super().__init__(detail)
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as an entry."""

    kind: str
    pointer: str
    document: dict[str, Any]
    line: int
    columns: Mapping[str, int]
    """Numbers of the columns by name, from 1."""


def write(entries: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """Return *entries*, by kind, as CSV (RFC 4180)."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="")
    table.writeheader()
    for record, kind in KINDS.items():
        for one in entries.get(kind, ()):
            cells = {name: _cell(value) for name, value in _flat(one).items()}
            table.writerow({"record": record, **cells})
    return text.getvalue()


def read(text: str) -> list[Row]:
    """Return the rows of *text*. Raises `TableError`."""
    csv.field_size_limit(LONGEST)
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = _columns(next(table, []))
        return list(_rows(table, columns))
    except csv.Error:
        at = Position(line=max(1, table.line_num), column=1)
        raise TableError("This is no row of CSV: look at its quotes.", at) from None


def locator(rows: Sequence[Row]) -> Callable[[Sequence[str]], dict[str, Position]]:
    """Return what tells in which line and column a pointer into *rows* leads."""

    def locate(pointers: Sequence[str]) -> dict[str, Position]:
        return {pointer: _located(rows, pointer) for pointer in pointers}

    return locate


def _located(rows: Sequence[Row], pointer: str) -> Position:
    _, number, *rest = pointer.split("/")
    row = rows[int(number)]
    name = rest[0] if rest else ""
    return Position(line=row.line, column=row.columns.get(name, 1))


def _columns(head: Sequence[str]) -> dict[str, int]:
    for number, name in enumerate(head, start=1):
        if name not in COLUMNS:
            raise TableError(
                f"Name columns: {', '.join(COLUMNS)}.", Position(line=1, column=number)
            )
    if len(set(head)) != len(head) or not {"id", "name"} <= set(head):
        raise TableError(
            "Name each column once, id and name among them.", Position(line=1, column=1)
        )
    return {name: number for number, name in enumerate(head, start=1)}


def _rows(table: Any, columns: Mapping[str, int]) -> Iterator[Row]:
    line = table.line_num + 1
    number = 0
    for cells in table:
        if cells:
            yield _row(cells, columns, number, line)
            number += 1
        line = table.line_num + 1


def _row(cells: Sequence[str], columns: Mapping[str, int], number: int, line: int) -> Row:
    if len(cells) > len(columns):
        at = Position(line=line, column=len(columns) + 1)
        raise TableError("This row has more cells than there are columns.", at)
    said = {name: _plain(text) for name, text in zip(columns, cells, strict=False) if text}
    record = said.pop("record", "service")
    if record not in KINDS:
        raise TableError(
            f"Use one of: {', '.join(KINDS)}.", Position(line=line, column=columns["record"])
        )
    document = {
        name: _value(name, text, Position(line=line, column=columns[name]))
        for name, text in said.items()
    }
    return Row(
        kind=KINDS[record], pointer=f"/{number}", document=document, line=line, columns=columns
    )


def _value(name: str, text: str, at: Position) -> Any:
    if name in TEXTS:
        return text
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise TableError(f"Write {name} as JSON.", at) from None


def _no_number(_: str) -> NoReturn:
    raise ValueError


def _flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return *entry* with its organisation by id: that has a row of its own."""
    said = {name: value for name, value in entry.items() if name in COLUMNS}
    if organisation := entry.get("organization"):
        said["organization_id"] = organisation["id"]
    return said


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
