"""Texts in other languages than English: how they are marked, and the catalogues (gettext) that hold them."""

from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final

ENGLISH: Final = "en"
FOLDER: Final = "translations"
"""Folder of a package's catalogues, ``<language>.po`` each."""


class Language:
    """One language (BCP 47), with what is said in it."""

    def __init__(self, code: str, *catalogues: GNUTranslations) -> None:
        """Look texts up in *catalogues*, the first one first."""
        self.code = code
        self._catalogues = catalogues

    @property
    def tag(self) -> str:
        """What ``lang`` attributes say: the English of these pages is British."""
        return "en-GB" if self.code == ENGLISH else self.code

    def find(self, english: str) -> str | None:
        """Return *english* in this language, or None where nobody has translated it."""
        if not english:
            return None  # under it gettext keeps a catalogue's head
        found = (one.gettext(english) for one in self._catalogues)
        return next((text for text in found if text), None)

    def find_number(self, one: str, many: str, number: int) -> str | None:
        """Return *one* or *many* in the form that this language has for *number*, or None."""
        found = (each.ngettext(one, many, number) for each in self._catalogues)
        return next((text for text in found if text), None)


class _Silence(NullTranslations):
    """Says nothing, where gettext would say the English: so that what is missing is known."""

    def gettext(self, message: str) -> str:  # noqa: ARG002 - gettext's signature
        return ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002
        return ""


def marked(english: str) -> str:
    """Return *english*: it is said later, in the language of whoever reads it."""
    return english


def languages_in(folder: Traversable) -> list[str]:
    """Return the codes of the languages that *folder* holds a catalogue for."""
    if not folder.is_dir():
        return []
    return sorted(
        one.name.removesuffix(".po") for one in folder.iterdir() if one.name.endswith(".po")
    )


def read_catalogue(folder: Traversable, language: str) -> GNUTranslations | None:
    """Return what *folder* holds for *language*; what a translator marked as fuzzy is not said."""
    found = folder / f"{language}.po"
    if not found.is_file():
        return None
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - costs time that only Welsh has to pay
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with found.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    catalogue = GNUTranslations(BytesIO(compiled.getvalue()))
    catalogue.add_fallback(_Silence())
    return catalogue


def own_names(codes: list[str]) -> Mapping[str, str]:
    """Return what each language calls itself: ``cy`` is ``Cymraeg``."""
    from babel import Locale  # noqa: PLC0415 - as above

    return {code: str(Locale.parse(code).get_display_name(code)).capitalize() for code in codes}
