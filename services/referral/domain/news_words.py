"""The one message a person is sent: no name, no organisation, no service, no link, nothing of why.

Everybody gets the same everyday words in short sentences, so that easy read needs no other text. It fits
into one text message of 160 letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The message in one language."""

    language: str
    """BCP 47."""
    subject: str
    text: str


ENGLISH: Final = Words(
    language="en",
    subject="There is news for you",
    text=(
        "There is news for you. Open your page with the link you were given, or ask whoever gave"
        " it to you. You can stop this on your page. Do not reply."
    ),
)
WELSH: Final = Words(
    language="cy",
    subject="Mae newyddion i chi",
    text=(
        "Mae newyddion i chi. Agorwch eich tudalen gyda'r ddolen a gawsoch, neu gofynnwch i'r"
        " sawl a'i rhoddodd. Gallwch atal hyn ar eich tudalen. Peidiwch ag ateb."
    ),
)
_KNOWN: Final[Mapping[str, Words]] = {"cy": WELSH, "welsh": WELSH, "cymraeg": WELSH}


def words_in(language: str | None) -> Words:
    """Return the message for somebody whose record says *language*; English where we have no other."""
    plain = (language or "").casefold().partition("-")[0].strip()
    return _KNOWN.get(plain, ENGLISH)
