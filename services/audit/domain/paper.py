"""The trail of one referral on paper: a PDF for people, beside the leaves that programs check.

It says nothing that the leaves do not, but what organisations are called. It is the same, byte for
byte, for the same trail, whenever it is made.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fpdf import FPDF

from onward.ids import reference
from onward.plurals import counted
from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.leaf import Facts
from services.audit.domain.trail import Kind, Step, Trail
from services.audit.domain.wording import in_words, span, to_the_second

MARGIN: Final = 12
"""Millimetres, as all lengths here."""
LINE: Final = 4
BOTTOM: Final = 20
COLUMNS: Final = (("When", 31), ("What", 62), ("Who", 51), ("Basis or purpose", 28), ("Leaf", 14))
FONT: Final = "helvetica"
"""Every reader of PDF has it; it knows the letters of western Europe."""
GREY: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A trail with what a reader of its print has to know."""

    trail: Trail
    names: Mapping[UUID, str]
    log: str
    checkpoint: Checkpoint | None
    proved: frozenset[int]
    """Numbers of the leaves that the checkpoint proves."""
    made: datetime


def trail_on_paper(printed: Printed) -> bytes:
    """Return the PDF."""
    pdf = _Paper(printed)
    pdf.set_lang("en-GB")
    pdf.set_title(f"Trail of referral {reference(printed.trail.referral)}")
    pdf.set_creator("Onward")
    pdf.set_creation_date(printed.made)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_auto_page_break(auto=False)
    pdf.alias_nb_pages("{of}")
    pdf.add_page()
    _write_front(pdf, printed)
    pdf.write_head()
    for step in printed.trail.steps:
        pdf.write_step(step)
    return bytes(pdf.output())


class _Paper(FPDF):
    """Pages with the log's name and their number below."""

    def __init__(self, printed: Printed) -> None:
        super().__init__(format="A4")
        self.printed = printed

    def footer(self) -> None:
        """Say on each page what it belongs to."""
        self.set_y(-BOTTOM + LINE)
        self.set_font(FONT, size=7)
        self.set_text_color(GREY)
        signed = self.printed.checkpoint
        size = f" as signed over {counted(signed.size, 'leaf', 'leaves')}" if signed else ""
        self.cell(text=_plain(f"Referral {self.printed.trail.referral}, {self.printed.log}{size}"))
        self.set_x(MARGIN)
        self.cell(0, text=f"Page {self.page_no()} of {{of}}", align="R")
        self.set_text_color(0)

    def write_line(self, text: str, *, size: float = 9, bold: bool = False) -> None:
        """Write a paragraph over the whole width."""
        self.set_font(FONT, style="B" if bold else "", size=size)
        self.multi_cell(0, size / 2, _plain(text), new_x="LMARGIN", new_y="NEXT")

    def write_head(self) -> None:
        """Write the names of the columns."""
        self.write_row([[name] for name, _ in COLUMNS], bold=True)

    def write_step(self, step: Step) -> None:
        """Write one step; where the page is full, begin another under the columns' names."""
        self.set_font(FONT, size=8)
        cells = [
            _wrapped(self, text, width)
            for text, (_, width) in zip(_told(step, self.printed), COLUMNS, strict=True)
        ]
        if self.get_y() + LINE * max(map(len, cells)) > self.h - BOTTOM:
            self.add_page()
            self.write_head()
        self.write_row(cells)

    def write_row(self, cells: Sequence[Sequence[str]], *, bold: bool = False) -> None:
        """Write cells of lines beside each other, a rule above them."""
        top = self.get_y()
        self.set_draw_color(200)
        self.line(MARGIN, top, self.w - MARGIN, top)
        self.set_font(FONT, style="B" if bold else "", size=8)
        left = float(MARGIN)
        for lines, (_, width) in zip(cells, COLUMNS, strict=True):
            for place, line in enumerate(lines):
                self.set_xy(left, top + LINE * place + 0.5)
                self.cell(width, LINE, line)
            left += width
        self.set_xy(MARGIN, top + LINE * max(map(len, cells)) + 1)


def _write_front(pdf: _Paper, printed: Printed) -> None:
    """Write what stands above the steps."""
    trail = printed.trail
    pdf.write_line(f"Trail of referral {reference(trail.referral)}", size=18, bold=True)
    pdf.write_line(str(trail.referral))
    pdf.ln(LINE)
    for line in _front(printed):
        pdf.write_line(line)
    pdf.ln(LINE)


def _front(printed: Printed) -> Iterator[str]:
    trail, checkpoint = printed.trail, printed.checkpoint
    steps = trail.steps
    names = [printed.names.get(id_, "another organisation") for id_ in trail.parties]
    yield f"Between: {', '.join(names) or 'nobody but Onward itself'}"
    yield f"From {to_the_second(steps[0].facts.occurred)} to {to_the_second(steps[-1].facts.occurred)}"
    moves = sum(step.meaning.kind is Kind.MOVE for step in steps)
    lates = sum(step.late is not None for step in steps)
    yield (
        f"{counted(len(steps), 'step')}: {counted(moves, 'move')} of the handoff,"
        f" {counted(trail.reads, 'time')} somebody read it,"
        f" {counted(lates, 'answer')} after the deadline, {counted(trail.missing, 'step')} missing"
    )
    proved = sum(step.number in printed.proved for step in steps)
    if checkpoint is None:
        yield "The log no longer begins with what was signed before: nothing here is proved."
        return
    yield (
        f"{proved:,} of {counted(len(steps), 'step')} are proved to be in the log {printed.log},"
        f" as it was signed over {counted(checkpoint.size, 'leaf', 'leaves')}"
        f" on {to_the_second(checkpoint.signed_at)}"
    )
    yield f"Root hash {checkpoint.root.hex()}"
    yield (
        "This print is for reading. The evidence is the leaves in the bundle, which anybody can check"
        " with onward-verify and the log's public key. Times are London's. The log holds no names of"
        " people: whoever acted is told by role and the beginning of an id."
    )


def _told(step: Step, printed: Printed) -> tuple[str, str, str, str, str]:
    """Return what stands in each column."""
    return (
        _when(step),
        _what(step, printed.names),
        _who(step.facts, printed.names),
        in_words(step.facts.purpose or step.basis),
        f"{step.number:,}" + ("" if step.number in printed.proved else " not proved"),
    )


def _when(step: Step) -> str:
    said = to_the_second(step.facts.occurred)
    return f"{said} after {span(step.after)}" if step.is_after_a_pause and step.after else said


def _what(step: Step, names: Mapping[UUID, str]) -> str:
    said = step.said
    if step.to and step.to != step.party:
        said += f", to {names.get(step.to, 'another organisation')}"
    if step.late:
        said += f" ({span(step.late)} late)"
    if step.missing:
        said += f" ({step.missing} missing before)"
    return said if step.facts.outcome == "success" else f"{said} ({step.facts.outcome})"


def _who(facts: Facts, names: Mapping[UUID, str]) -> str:
    whose = names.get(facts.organisation, "another organisation") if facts.organisation else ""
    who = facts.who.partition(":")[2]
    if facts.role == "service":
        return f"Onward, {who} service"
    return ", ".join(filter(None, (f"{in_words(facts.role)} {who[-8:]}", whose)))


def _wrapped(pdf: _Paper, text: str, width: int) -> list[str]:
    """Break *text* into lines that fit *width* in the present font."""
    lines, room = [""], width - 2
    for word in _plain(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pdf.get_string_width(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _plain(text: str) -> str:
    """Write *text* in the letters that the font has: those with other accents lose them."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        split = unicodedata.normalize("NFKD", text)
        return split.encode("latin-1", "ignore").decode("latin-1")
    return text
