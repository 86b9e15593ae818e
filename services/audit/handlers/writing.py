"""Write leaves as rows of a file: CSV, JSON lines, or Parquet where the package for it is installed."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final

import orjson

from onward.errors import FieldError, InvalidError
from services.audit.domain.leaf import Entry
from services.audit.domain.reports import FORMATS

Row = dict[str, Any]
Pages = Iterable[list[Row]]

_FACTS: Final = ("event", "action", "who", "role", "organisation", "outcome", "purpose", "basis")
COLUMNS: Final = (
    "leaf",
    "occurred",
    *_FACTS,
    "referral",
    "handoff",
    "service",
    "recorded",
    "data",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would calculate rather than show."""


def row_of(entry: Entry) -> Row:
    """Return a leaf as a row, by the names of `COLUMNS`."""
    facts = entry.facts
    told = {name: getattr(facts, name) for name in (*_FACTS, "referral", "handoff", "service")}
    moments = {"occurred": facts.occurred.isoformat(), "recorded": facts.recorded.isoformat()}
    return {"leaf": entry.number, **told, **moments, "data": facts.data}


def formats_here() -> Sequence[str]:
    """Return the formats that this installation can write."""
    return [each for each in FORMATS if each != "parquet" or find_spec("pyarrow") is not None]


def require_writer(format_: str) -> None:
    """Raise `InvalidError` when this installation cannot write *format_*."""
    if format_ not in formats_here():
        raise InvalidError(
            "parquet-not-installed",
            "Ask for csv or jsonl, or have the operator install onward[parquet].",
            errors=[FieldError(pointer="/format", detail="Use csv or jsonl.")],
        )


def _lines(pages: Pages) -> Iterator[bytes]:
    for rows in pages:
        yield b"".join(orjson.dumps(row, default=str) + b"\n" for row in rows)


def _csv(pages: Pages) -> Iterator[bytes]:
    yield ",".join(COLUMNS).encode() + b"\n"
    for rows in pages:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        yield text.getvalue().encode()


def _cell(value: object) -> str:
    """Write a value as a cell that no spreadsheet takes for a formula."""
    shown = orjson.dumps(value).decode() if isinstance(value, dict) else str(value or "")
    if isinstance(value, int):
        shown = str(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _parquet(pages: Pages) -> Iterator[bytes]:
    """Write a group of rows per page; numbers as such, everything else as text, `data` as JSON."""
    # Optional, and a hundred megabytes: only who asks for it pays for it.
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    types = [(name, pa.int64() if name == "leaf" else pa.string()) for name in COLUMNS]
    schema = pa.schema(types)
    sink = _Sink()
    with parquet.ParquetWriter(sink, schema) as writer:
        for rows in pages:
            if rows:
                texts = [{name: _text(value) for name, value in row.items()} for row in rows]
                writer.write_table(pa.Table.from_pylist(texts, schema=schema))
            yield sink.taken()
    yield sink.taken()


def _text(value: object) -> object:
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return value if value is None or isinstance(value, int) else str(value)


class _Sink(io.RawIOBase):
    """Takes what a writer writes, and gives it away while the writer counts on."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Take *data*."""
        self._parts.append(bytes(data))
        self._at += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        """Return how much was written, given away or not."""
        return self._at

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


WRITERS: Final[Mapping[str, Callable[[Pages], Iterator[bytes]]]] = {
    "csv": _csv,
    "jsonl": _lines,
    "parquet": _parquet,
}
