"""A number and what it counts, as people say it; templates have both as filters."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write ``1 leaf`` and ``2,000 leaves``; *many* of them are *one* with an s unless it is said."""
    return f"{count:,} {noun(count, one, many)}"


def noun(count: int, one: str, many: str | None = None) -> str:
    """Write what so many are called, where the number stands by itself: ``leaf`` or ``leaves``."""
    return one if count == 1 else many or f"{one}s"
