"""What can go wrong: Onward said no, or could not be reached."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One mistake in what was sent."""

    pointer: str
    """JSON Pointer to it."""
    detail: str
    """What to change."""


class ProblemError(Exception):
    """Onward refused a request (RFC 9457). Decide by `code`, which is stable; nothing was changed."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        """Carry what was answered."""
        self.status = status
        # The door to tokens speaks OAuth (RFC 6749, section 5.2).
        self.code: str = problem.get("code") or problem.get("error") or "unknown"
        self.detail: str = problem.get("detail") or problem.get("error_description") or ""
        self.instance: str | None = problem.get("instance")
        """To be quoted to support."""
        self.errors = [
            Wrong(pointer=each.get("pointer", ""), detail=each.get("detail", ""))
            for each in problem.get("errors", [])
        ]
        self.problem = problem
        """The whole document, such as `current_version` of a stale one."""
        super().__init__(f"{status} {self.code}: {self.detail}")


class AwayError(Exception):
    """Onward was not reached, or was busy, until the last try. The same call may be made again later.

    Where the line broke, `__cause__` is what httpx said.
    """
