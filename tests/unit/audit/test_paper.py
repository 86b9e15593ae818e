"""The trail on paper: what it says, that it is the same each time, and that any name can be printed."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from services.audit.domain.paper import Printed, trail_on_paper
from services.audit.domain.trail import trail_of
from tests.unit.audit.logbook import MADE, ORIGIN, Logbook
from tests.unit.audit.story import HOUSE, WARD, a_handoff, the_house

BOOK = Logbook([*the_house(), *a_handoff("sam")])
NAMES: Mapping[UUID, str] = {WARD: "Ward 6", HOUSE: "Tŷ Newydd"}


def printed(book: Logbook = BOOK) -> Printed:
    referral = book.entries[-1].facts.referral
    assert referral is not None
    about = [entry for entry in book.entries if entry.facts.referral == referral]
    return Printed(
        trail=trail_of(referral, about),
        names=NAMES,
        log=ORIGIN,
        checkpoint=book.checkpoint,
        proved=frozenset(entry.number for entry in about),
        made=MADE,
    )


def text_of(pdf: bytes) -> str:
    """Return the words on its pages."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    drawn = b"".join(zlib.decompress(each) for each in streams if each[:1] == b"x")
    return " ".join(part.decode("latin-1") for part in re.findall(rb"\((.*?)\) Tj", drawn))


def test_it_tells_each_step_with_who_why_and_the_leaf_that_proves_it() -> None:
    words = text_of(trail_on_paper(printed()))
    for said in (
        "Accepted",
        "Team lead",
        "Ward 6",
        "Asked to take the person on",
        "after 26 hours",
    ):
        assert said in words
    assert "13 of 13 steps are proved" in words
    assert ORIGIN in words
    assert "not proved" not in words


def test_a_step_that_is_not_proved_is_marked() -> None:
    whole = printed()
    words = text_of(trail_on_paper(replace(whole, proved=whole.proved - {max(whole.proved)})))
    assert f"{max(whole.proved)} not proved" in words
    assert "12 of 13 steps are proved" in words


def test_a_log_that_is_not_sound_is_said_to_prove_nothing() -> None:
    words = text_of(trail_on_paper(replace(printed(), checkpoint=None, proved=frozenset())))
    assert "nothing here is proved" in words


def test_it_is_the_same_for_the_same_trail() -> None:
    assert trail_on_paper(printed()) == trail_on_paper(printed())


def test_letters_that_the_font_lacks_lose_their_accents_and_nothing_else() -> None:
    assert "Ty Newydd" in text_of(trail_on_paper(printed()))


def test_a_long_trail_goes_on_under_the_columns_names() -> None:
    book = Logbook([*the_house(), *a_handoff("sam")])
    trail = printed(book).trail
    long = replace(trail, steps=[step for _ in range(20) for step in trail.steps])
    pdf = trail_on_paper(replace(printed(book), trail=long))
    words = text_of(pdf)
    pages = words.count("Basis or purpose")
    assert pages > 3
    assert f"Page {pages} of {pages}" in " ".join(words.split())
