"""Which language a page is in, and saying texts in it; what nobody has translated is said in English."""

from collections.abc import Iterable
from functools import cache
from importlib.resources.abc import Traversable
from typing import Final, cast
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, has_request_context, request
from markupsafe import Markup

from onward.languages import ENGLISH, Language, languages_in, own_names, read_catalogue
from onward.web.bodies import is_api
from onward.web.context import current_caller

ASKED: Final = "lang"
"""Query parameter by which somebody chooses a language; the browser remembers it."""
_EXTENSION: Final = "onward-languages"
_YEAR: Final = 365 * 86_400
_ENGLISH: Final = Language(ENGLISH)


class Languages:
    """The languages that one application's pages can be in."""

    def __init__(self, *folders: Traversable) -> None:
        """Read the catalogues in *folders*; what the last one, the service's own, lacks is not offered."""
        self._folders = folders
        self.codes = [ENGLISH, *(languages_in(folders[-1]) if folders else [])]
        self._read = cache(self._language)

    def pick(self, wanted: list[str], codes: list[str]) -> Language:
        """Return the first of *wanted* that is among *codes*, else English."""
        known = (one.partition("-")[0].lower() for one in wanted)
        return self._read(next((one for one in known if one in codes), ENGLISH))

    def whole(self, texts: Iterable[str]) -> list[str]:
        """Return the languages that everything in *texts* is translated into, English first."""
        said = list(texts)
        return [
            code
            for code in self.codes
            if code == ENGLISH or all(self._read(code).find(text) for text in said)
        ]

    def _language(self, code: str) -> Language:
        if code == ENGLISH:
            return _ENGLISH
        found = (read_catalogue(folder, code) for folder in reversed(self._folders))
        return Language(code, *(one for one in found if one is not None))


def speak(app: Flask, *folders: Traversable) -> None:
    """Let *app*'s pages speak the languages there are catalogues for in *folders*."""
    app.extensions[_EXTENSION] = Languages(*folders)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(_text, _number, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = translated
    app.jinja_env.filters["said"] = said
    app.after_request(_remember)


def current_language() -> Language:
    """Return the language that the answer is in: English for a program, and where nobody asks."""
    if not has_request_context() or is_api():
        return _ENGLISH
    if "language" not in g:
        g.language = _spoken().pick(_wanted(), _offered())
    return cast("Language", g.language)


def speak_wholly(texts: Iterable[str]) -> None:
    """Let the page be in one language: the reader's where each of *texts* is translated, else English."""
    g.languages = _spoken().whole(texts)
    g.language = _spoken().pick(_wanted(), _offered())


def other_languages() -> dict[str, str]:
    """Return the other languages this page can be read in, each with the address that chooses it."""
    if request.method != "GET":
        return {}
    return {code: f"?{_query(code)}" for code in _offered() if code != current_language().code}


def language_names() -> dict[str, str]:
    """Return what each language here calls itself."""
    return _names(*_spoken().codes)


def translated(english: str, **values: object) -> str:
    """Return *english* in the reader's language, with *values* for its ``%(name)s``."""
    text = current_language().find(english) or english
    return text % values if values else text


def translated_number(one: str, many: str, number: int, **values: object) -> str:
    """Return *one* or *many* in the reader's language, as *number* asks, which is ``%(number)s`` in it."""
    found = current_language().find_number(one, many, number)
    return (found or (one if number == 1 else many)) % {"number": number, **values}


def said(english: str | None) -> str:
    """Say a word on a page as `translated` does, marked as English where that is not the page's language."""
    language = current_language()
    if not english or language.code == ENGLISH:
        return english or ""
    return language.find(english) or Markup('<span lang="en-GB">{}</span>').format(english)


def _text(english: str) -> str:
    """Return the text of a ``trans`` block, which is markup of ours."""
    return current_language().find(english) or _english(english)


def _number(one: str, many: str, number: int) -> str:
    found = current_language().find_number(one, many, number)
    return found or _english(one if number == 1 else many)


def _english(text: str) -> str:
    return text if current_language().code == ENGLISH else f'<span lang="en-GB">{text}</span>'


def _spoken() -> Languages:
    return cast("Languages", current_app.extensions[_EXTENSION])


def _offered() -> list[str]:
    return cast("list[str]", g.get("languages", _spoken().codes))


def _wanted() -> list[str]:
    """Return what the reader wants: what they choose now, chose before, or told their browser."""
    chosen = (request.args.get(ASKED), request.cookies.get(_cookie()))
    return [*(one for one in chosen if one), *request.accept_languages.values()]


def _query(code: str) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != ASKED]
    return urlencode([*kept, (ASKED, code)])


@cache
def _names(*codes: str) -> dict[str, str]:
    return dict(own_names(list(codes)))


def _cookie() -> str:
    return (
        "__Host-onward-language"
        if current_app.config["SESSION_COOKIE_SECURE"]
        else "onward-language"
    )


def _remember(response: Response) -> Response:
    """Let the browser keep the language that somebody has just chosen: a year, or as long as it is open.

    Whoever is not signed in may not want to leave a trace.
    """
    asked = request.args.get(ASKED)
    if asked in _spoken().codes and not is_api():
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(
            _cookie(),
            asked,
            max_age=_YEAR if current_caller() else None,
            secure=secure,
            httponly=True,
            samesite="Lax",
        )
    return response
