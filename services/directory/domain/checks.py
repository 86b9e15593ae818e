"""Checks that several kinds of entry share: each names the field and says what to change."""

import re
from collections.abc import Iterable

from onward.errors import FieldError, InvalidError

_MAILBOX = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_WEBSITE = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[!-~]*)?")
_CODE = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
CODE_LENGTH = 40


def invalid(pointer: str, detail: str) -> InvalidError:
    """Return the refusal of one field; *detail* says what to change."""
    return InvalidError("invalid", detail, errors=[FieldError(pointer=pointer, detail=detail)])


def require_mailbox(mailbox: str | None) -> None:
    """Raise `InvalidError` unless *mailbox* looks like an e-mail address, or is absent."""
    if mailbox is not None and not _MAILBOX.fullmatch(mailbox):
        raise invalid("/mailbox", "Give a shared mailbox, such as referrals@example.org.")


def require_codes(pointer: str, codes: Iterable[str]) -> None:
    """Raise `InvalidError` unless every one of *codes* is a short word in lower case."""
    for code in codes:
        if len(code) > CODE_LENGTH or not _CODE.fullmatch(code):
            raise invalid(pointer, "Codes are words in lower case, joined by - or _.")


def require_website(website: str | None) -> None:
    """Raise `InvalidError` unless *website* is an address of the web, or is absent."""
    if website is not None and not _WEBSITE.fullmatch(website):
        raise invalid("/website", "Give a web address, such as https://www.example.org.")
