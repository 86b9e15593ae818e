"""New identifiers: unguessable enough for records, and ordered by when they were made.

Version 7 of RFC 9562: a millisecond's time stamp, then 74 random bits. Rows made together lie together in
every index, so that the cost of writing one does not grow with how many there are. What has to be a
secret, such as a session's id, is made of random bits alone instead.
"""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return an identifier that is greater than those made before it in this process."""
    return uuid7()


def reference(id_: UUID) -> str:
    """Return the short form in which people quote what *id_* names, such as ``3F2A-91BC``: its last digits.

    They are random. The first tell the time: whatever is made within a minute shares them.
    """
    digits = id_.hex[-8:].upper()
    return f"{digits[:4]}-{digits[4:]}"
