"""A number and what it counts, as people say it."""


def counted(count: int, one: str, many: str) -> str:
    """Write ``1 leaf`` and ``2,000 leaves``."""
    return f"{count:,} {one if count == 1 else many}"


def leaves(count: int) -> str:
    """Write how many leaves."""
    return counted(count, "leaf", "leaves")
