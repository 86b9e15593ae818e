"""How an attempt to hand over a message ended."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt ended."""

    code: str | None
    """None when the other side took the message, else why not: ``timeout``, ``http-500``, …"""
    final: bool = False
    """Whether trying again cannot help."""
    status_code: int | None = None
    """HTTP status or SMTP reply code, where there was one."""
    milliseconds: int = 0

    @property
    def taken(self) -> bool:
        """Whether the other side took the message."""
        return self.code is None
