"""A number and what it counts, as people say it."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write ``1 leaf`` and ``2,000 leaves``; *many* of them are *one* with an s unless it is said."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
