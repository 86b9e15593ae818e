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
