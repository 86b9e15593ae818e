"""Every error the platform raises on purpose, each with a stable machine code.

Three families decide what happens next: a `Refused` is answered to the caller and changes nothing, a
`Retryable` is tried again later, and a `Poison` is parked at once because trying again cannot help.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class OnwardError(Exception):
    """Base of every error raised on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing that is wrong with what was sent."""

    pointer: str
    """JSON Pointer (RFC 6901) to the offending value, ``""`` for the whole document."""
    detail: str
    """What to change, without repeating the value: values may be personal."""


class Refused(OnwardError):  # noqa: N818 - reads as the sentence it is: "the move was refused"
    """A rule said no. Nothing was changed."""

    def __init__(
        self, code: str, detail: str, *, errors: Sequence[FieldError] = (), **extra: Any
    ) -> None:
        """Refuse with a stable kebab-case *code* and a sentence that says what to change.

        *extra* members are copied into the problem document (RFC 9457), so they hold no personal detail.
        """
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = extra


class MalformedError(Refused):
    """The request cannot be read at all (400)."""


class UnauthenticatedError(Refused):
    """Nobody has proved who is asking (401)."""


class ForbiddenError(Refused):
    """The asker is known and may not do this (403)."""


class NotFoundError(Refused):
    """It does not exist, or it is not the asker's to see: both read the same (404)."""

    def __init__(self, what: str) -> None:
        """Say that *what* (a noun, never an id) was not found."""
        super().__init__(
            "not-found", f"There is no such {what}, or it is not yours to see.", missing=what
        )


class ConflictError(Refused):
    """The request is sound but the state does not allow it now (409)."""


class StaleVersionError(Refused):
    """The asker decided on an older version (412)."""

    def __init__(self, current: int) -> None:
        """Tell the asker which version is *current*."""
        super().__init__(
            "stale-version",
            "Somebody changed this since you read it. Read it again, then decide again.",
            current_version=current,
        )


class InvalidError(Refused):
    """The request can be read but says something that cannot be (422)."""


class VersionMissingError(Refused):
    """A transition must name the version it was decided on (428)."""

    def __init__(self) -> None:
        """Ask for the header."""
        super().__init__(
            "version-required", "Send If-Match with the ETag you read, so that no change is lost."
        )


class TooManyRequestsError(Refused):
    """The organisation's allowance is spent for the moment (429)."""


class Retryable(OnwardError):  # noqa: N818 - an outcome, like Refused
    """It may work later: the cause lies outside the message."""


class Poison(OnwardError):  # noqa: N818 - an outcome, like Refused
    """The message can never be handled as it is; trying again would not help."""

    def __init__(self, code: str) -> None:
        """Park with a stable *code*; the content stays out of the text."""
        super().__init__(code)
        self.code = code
