"""Files that travel with a handoff: which may, and what is checked before one is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from onward.errors import ConflictError, FieldError, InvalidError

LARGEST: Final = 3 * 1024 * 1024
"""Bytes of one file."""
MOST: Final = 20
"""Files of one handoff."""

Scan = Callable[[bytes], str | None]
"""Looks at a file; returns the name of what is wrong with it, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file, without what is in it."""

    id: UUID
    handoff_id: UUID
    referral_id: UUID
    organisation: UUID
    """Who added it."""
    name: str
    media_type: str
    size: int
    """Bytes."""
    at: datetime


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


TYPES: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "application/pdf": lambda content: content.startswith(b"%PDF-"),
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "text/plain": _is_text,
}
"""What is taken, and how each begins: nothing that a program would run."""


def require_acceptable(media_type: str, content: bytes) -> None:
    """Raise `InvalidError` (``attachment-type``, ``attachment-size``, ``attachment-mismatch``)."""
    looks_right = TYPES.get(media_type)
    if looks_right is None:
        detail = f"Send one of these: {', '.join(TYPES)}."
        raise InvalidError(
            "attachment-type",
            "Files of this kind are not taken.",
            errors=[FieldError(pointer="/media_type", detail=detail)],
        )
    if not 0 < len(content) <= LARGEST:
        raise InvalidError(
            "attachment-size",
            "The file is empty, or too large.",
            errors=[FieldError(pointer="/content", detail="Send a file of 1 byte to 3 MiB.")],
        )
    if not looks_right(content):
        raise InvalidError(
            "attachment-mismatch",
            "What is in the file is not what its type says.",
            errors=[FieldError(pointer="/content", detail="Send it as what it is.")],
        )


def require_clean(content: bytes, scans: Mapping[str, Scan]) -> None:
    """Raise `InvalidError` ``attachment-infected``, or `ConflictError` ``attachment-unscanned``.

    Where a scanner does not answer nothing is kept: an unknown file is worse than a late one.
    """
    for scan in scans.values():
        try:
            found = scan(content)
        except Exception:  # noqa: BLE001 - whatever a scanner raises, the file stays unknown
            raise ConflictError(
                "attachment-unscanned", "The file could not be scanned: send it again later."
            ) from None
        if found is not None:
            raise InvalidError(
                "attachment-infected",
                "The scanner found something in this file: do not open it.",
                errors=[FieldError(pointer="/content", detail="Ask your IT desk about it.")],
            )


def require_space(kept: int) -> None:
    """Raise `ConflictError` ``attachments-full`` where a handoff has as many files as it may."""
    if kept >= MOST:
        raise ConflictError(
            "attachments-full", f"A handoff takes {MOST} files: put several into one."
        )
