"""New identifiers: unguessable enough for records, and ordered by when they were made.

Version 7 of RFC 9562: a millisecond's time stamp, then 74 random bits. Rows made together lie together in
every index, so that the cost of writing one does not grow with how many there are. What has to be a
secret, such as a session's id, is made of random bits alone instead.
"""

from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

_QUOTED: Final = 4
"""Bytes of an id that a reference spells."""
_HEARD: Final = str.maketrans("OoIiLl", "001111", " \t\u00a0-\u2010\u2011\u2012\u2013\u2014")
"""What people say or write in place of a digit, or beside them."""


def new_id() -> UUID:
    """Return an identifier that is greater than those made before it in this process."""
    return uuid7()


def reference(id_: UUID) -> str:
    """Return the short form in which people quote what *id_* names, such as ``3F2A-91BC``: its last digits.

    They are random. The first tell the time: whatever is made within a minute shares them.
    """
    return spelt(id_.bytes[-_QUOTED:])


def spelt(quoted: bytes) -> str:
    """Return the last bytes of an id as people quote them."""
    return quoted.hex("-", 2).upper()


def quoted(text: str) -> bytes | None:
    """Return the last bytes of the ids that *text* refers to as `reference` does, or None if it does not.

    In any case, with or without the dash and spaces; an O is taken for a nought, an I or L for a one.
    """
    try:
        found = bytes.fromhex(text.translate(_HEARD))
    except ValueError:
        return None
    return found if len(found) == _QUOTED else None
