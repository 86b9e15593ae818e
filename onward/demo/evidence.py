"""What the auditor does with Sam's story: read its trail, take the evidence away, catch a forgery."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onward.demo.client import Person, UnexpectedError, eventually
from onward.demo.scenario import Scenario
from onward.plurals import counted

GOOD, FAILED = 0, 1
TRAILS = "/api/v1/audit/trails"
EXPORTS = "/api/v1/audit/exports"
PAGE = 100


@dataclass(slots=True)
class Evidence:
    """The auditor's part, after a `Scenario` was played."""

    scenario: Scenario
    folder: Path
    """Where the auditor keeps what was taken away."""
    trail: list[tuple[str, str, str, str]] = field(default_factory=list)

    def play(self) -> list[str]:
        """Do everything; return a sentence for each thing that was seen to hold."""
        return [step() for step in self.steps()]

    def steps(self) -> tuple[Callable[[], str], ...]:
        """Return what the auditor does, in order."""
        return (self.the_trail_is_read, self.the_bundle_is_verified, self.a_forgery_is_caught)

    @property
    def auditor(self) -> Person:
        """The commissioner's auditor."""
        return self.scenario.people["g.hughes"]

    @property
    def bundle(self) -> Path:
        """The evidence taken away."""
        return self.folder / "sam.jsonl"

    @property
    def key(self) -> Path:
        """The log's public key."""
        return self.folder / "onward.key"

    def the_trail_is_read(self) -> str:
        """Read every step, once the log has heard them all."""
        steps = eventually(self._complete_trail, "the trail is complete")
        reads = sum(step["kind"] == "read" for step in steps)
        self.trail = [_line(step) for step in steps]
        return (
            f"The auditor read Sam's trail: {counted(len(steps), 'step')}, {reads} of them reads."
        )

    def the_bundle_is_verified(self) -> str:
        """Take the bundle away and check it offline, with the public key alone."""
        made = self.auditor.post(EXPORTS, {"referral_id": self.scenario.sam})
        self.bundle.write_text(self.auditor.text(f"{EXPORTS}/{made['id']}/bundle"))
        self.key.write_text(self.auditor.text("/api/v1/audit/key"))
        done = self._verify(self.bundle)
        if done.returncode != GOOD:
            raise UnexpectedError(f"The bundle does not verify: {done.stdout}{done.stderr}")
        return f"The bundle verifies offline: {_last(done.stdout)}"

    def a_forgery_is_caught(self) -> str:
        """Change one word of one leaf, and have it caught."""
        lines = self.bundle.read_text().splitlines()
        number = next(index for index, line in enumerate(lines) if "handoff-accepted" in line)
        lines[number] = lines[number].replace("handoff-accepted", "handoff-rejected", 1)
        forged = self.folder / "forged.jsonl"
        forged.write_text("\n".join(lines) + "\n")
        done = self._verify(forged)
        if done.returncode != FAILED:
            raise UnexpectedError("An altered copy was not caught.")
        return f"An altered copy was caught: {_last(done.stdout + done.stderr)}"

    def _complete_trail(self) -> list[dict[str, Any]] | None:
        steps = self._steps()
        titles = json.dumps(steps)
        complete = "handoff-completed" in titles and all(step["proved"] for step in steps)
        return steps if complete else None

    def _steps(self) -> list[dict[str, Any]]:
        """Return every step, page by page."""
        steps: list[dict[str, Any]] = []
        path: str | None = f"{TRAILS}/{self.scenario.sam}?limit={PAGE}"
        while path:
            answer = self.auditor.http.get(path)
            steps += answer.raise_for_status().json()["steps"]
            path = answer.links.get("next", {}).get("url")
        return steps

    def _verify(self, bundle: Path) -> subprocess.CompletedProcess[str]:
        command = ["-m", "onward.cli.main", "audit", "verify", str(bundle), "--key", str(self.key)]
        return subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, timeout=60, check=False
        )


def _line(step: dict[str, Any]) -> tuple[str, str, str, str]:
    party = step["party"] or step["organisation"] or {"name": None}
    more = step["data"].get("channel") or step["data"].get("what")
    return (
        f"{step['occurred'][:19].replace('T', ' ')}",
        f"{step['title']}: {more}" if more else step["title"],
        step["role"].replace("_", " "),
        party["name"] or "-",
    )


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
