"""Say a code in a language: the wording from that language's catalogue with its facts filled in."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from onward.identity import Role
from services.notification.domain import english, welsh
from services.notification.domain.leading import leads_to
from services.notification.domain.wording import FIELDS, Facts, Frame, Said, Wording

CATALOGUES: Final[Mapping[str, Mapping[str, Wording]]] = {
    "en": english.ENGLISH,
    "cy": welsh.WELSH,
}
_FRAMES: Final[Mapping[str, Frame]] = {"en": english.FRAME, "cy": welsh.FRAME}
_GENERAL: Final = "something-changed"


def say(
    code: str, facts: Facts, *, about: UUID, language: str = "en", role: Role | None = None
) -> Said:
    """Return the wording under *code* with *facts*, as it is said to somebody in *role*.

    An unknown code is said in general words.
    """
    catalogue = CATALOGUES.get(language, english.ENGLISH)
    wording = catalogue.get(code, catalogue[_GENERAL])
    values = {field: getattr(facts, field) for field in FIELDS}
    return Said(
        subject=_sentence(wording.subject.format(**values)),
        happened=_sentence(wording.happened.format(**values)),
        todo=_sentence(wording.todo.format(**values)),
        path=leads_to(wording.page.format(about=about), role),
    )


def frame(language: str) -> Frame:
    """Return what stands around a wording."""
    return _FRAMES.get(language, english.FRAME)


def translation_keys() -> list[str]:
    """Return the key of every sentence a translation has to give."""
    parts = ("subject", "happened", "todo")
    return [f"{code}.{part}" for code in english.ENGLISH for part in parts]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
