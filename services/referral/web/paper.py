"""Pages of paper, as a PDF: headings, rows and warnings, in letters that names are spelt with."""

import unicodedata
from pathlib import Path
from typing import Final

from fpdf import FPDF

from onward.web.languages import current_language, translated

MARGIN: Final = 16
"""Millimetres, as all lengths here."""
KEY: Final = 44
WIDE: Final = "wide"
NARROW: Final = "helvetica"
"""In every reader of PDF, but with the letters of western Europe only."""
FONTS: Final = Path("/usr/share/fonts/truetype/dejavu")
"""Where Debian's fonts-dejavu-core puts a font that has the letters of most names."""


class Paper(FPDF):
    """Pages that say below what they are and who printed them."""

    def __init__(self, below: str) -> None:
        """Write *below* under each page, in the wide font where it is installed."""
        super().__init__(format="A4")
        self.below = below
        self.face = NARROW
        files = {"": FONTS / "DejaVuSans.ttf", "B": FONTS / "DejaVuSans-Bold.ttf"}
        if all(file.is_file() for file in files.values()):
            for style, file in files.items():
                self.add_font(WIDE, style, str(file))
            self.face = WIDE
        self.lost = False
        self.set_lang(current_language().tag)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=2 * MARGIN)
        self.alias_nb_pages("{of}")
        self.add_page()

    def footer(self) -> None:
        """Say who printed it, and which page it is."""
        self.set_y(-MARGIN)
        self.set_font(self.face, size=7)
        self.cell(0, 4, self.fit(self.below))
        self.set_x(MARGIN)
        self.cell(
            0, 4, translated("Page %(page)s of %(of)s", page=self.page_no(), of="{of}"), align="R"
        )

    def heading(self, text: str, size: float = 12) -> None:
        """Write a heading."""
        self.ln(2)
        self.set_font(self.face, "B", size)
        self.multi_cell(0, size / 2, self.fit(text), new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def say(self, text: str, *, bold: bool = False) -> None:
        """Write a paragraph."""
        self.set_font(self.face, "B" if bold else "", 10)
        self.multi_cell(0, 5, self.fit(text), new_x="LMARGIN", new_y="NEXT")

    def warn(self, text: str) -> None:
        """Write a paragraph in a frame."""
        self.set_font(self.face, "B", 11)
        self.multi_cell(0, 7, self.fit(text), border=1, new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def row(self, key: str, value: str) -> None:
        """Write what something is called, and beside it what it is."""
        if self.will_page_break(2 * 5):
            self.add_page()
        self.set_font(self.face, "B", 9)
        self.multi_cell(KEY, 5, self.fit(key), align="L", new_x="RIGHT", new_y="TOP")
        self.set_font(self.face, "", 9)
        self.multi_cell(0, 5, self.fit(value), new_x="LMARGIN", new_y="NEXT")
        self.ln(0.5)

    def fit(self, text: str) -> str:
        """Return *text* in the letters the font has, and remember whether some were lost."""
        if self.face == WIDE:
            known = self.fonts[WIDE].cmap  # type: ignore[union-attr]
            self.lost |= any(ord(letter) not in known for letter in text if letter.isprintable())
            return text
        split = unicodedata.normalize("NFKD", text)
        fitted = text if _is_narrow(text) else split.encode("latin-1", "ignore").decode("latin-1")
        self.lost |= not _is_narrow(text)
        return fitted


def _is_narrow(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)  # noqa: PLR2004 - Latin-1
