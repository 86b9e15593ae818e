"""What the auditor does with Sam's story: read its trail, take the evidence away, check it, catch a forgery."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from onward.demo.scenario import Scenario


@dataclass(slots=True)
class Evidence:
    """The auditor's part, after a `Scenario` was played."""

    scenario: Scenario
    folder: Path
    trail: list[tuple[str, str, str, str]] = field(default_factory=list)

    def steps(self) -> tuple[Callable[[], str], ...]:
        """Return what the auditor does, in order."""
        return ()
