"""Strict JSON agrees with the standard library on everything it lets through, quickly."""

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.errors import MalformedError
from onward.web.strict_json import MAX_DEPTH, load_json

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=40
)


@given(documents)
def test_what_it_lets_through_means_what_it_means_elsewhere(document: object) -> None:
    assert load_json(json.dumps(document).encode()) == document
    assert load_json(json.dumps(document, ensure_ascii=False).encode()) == document


@given(st.binary())
def test_any_bytes_are_read_or_refused_and_never_break_it(body: bytes) -> None:
    with contextlib.suppress(MalformedError):
        load_json(body)


def test_brackets_inside_text_do_not_count_as_depth() -> None:
    said = "[{" * 1000 + '\\"'

    assert load_json(json.dumps([said]).encode()) == [said]


def test_the_deepest_allowed_is_allowed() -> None:
    assert load_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 262_144,
        b'{"a":' * 52_000,
        b'"' + b"\\" * 262_142,
        b'"' + b'\\"' * 131_000,
        b"[" + b"[]," * 87_000 + b"[]]",
        b'["' + b'","' * 87_000 + b'"]',
        b"{" + b'"a":1,' * 40_000 + b"}",
        b"1" * 262_144,
        b"-" * 262_144,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_the_worst_body_of_full_size_costs_milliseconds(body: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(MalformedError):
        load_json(body)
    assert time.process_time() - started < 0.25
