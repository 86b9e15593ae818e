"""Each boundary of the code is guarded: break it in a copy, and the guard names the rule that broke."""

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One line, added to one file (which may be new), that breaks one contract."""

    contract: str
    file: str
    line: str


BREACHES = [
    Breach(
        contract="services-apart",
        file="services/audit/handlers.py",
        line="import services.notification.domain",
    ),
    Breach(
        contract="kernel-below",
        file="onward/clock.py",
        line="import services.audit.domain",
    ),
    Breach(
        contract="service-layers",
        file="services/audit/storage/store.py",
        line="import services.audit.web",
    ),
    Breach(
        contract="service-layers",
        file="services/audit/helpers.py",
        line="",
    ),
    Breach(
        contract="kernel-layers",
        file="onward/outbox.py",
        line="import onward.relay",
    ),
    Breach(
        contract="kernel-layers",
        file="onward/utils.py",
        line="",
    ),
    Breach(
        contract="pure-rules",
        file="services/referral/domain/new_rule.py",
        line="import sqlalchemy",
    ),
    Breach(
        contract="pure-rules",
        file="onward/contracts/access.py",
        line="import marshmallow",
    ),
    Breach(
        contract="verifier-alone",
        file="verifier/onward_verifier/chunks.py",
        line="import onward.errors",
    ),
    Breach(
        contract="verifier-apart",
        file="services/audit/domain/tree.py",
        line="import onward_verifier.merkle",
    ),
    Breach(
        contract="broker-in-kernel",
        file="services/audit/web/new_page.py",
        line="import kombu",
    ),
    Breach(
        contract="broker-in-kernel",
        file="onward/outbox.py",
        line="import kombu",
    ),
    Breach(
        contract="green-in-few",
        file="services/audit/timers.py",
        line="import eventlet",
    ),
    Breach(
        contract="green-in-few",
        file="onward/database.py",
        line="import nameko",
    ),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Lend a copy of the code and its rules."""
    for package in ("onward", "services", "verifier"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(tree: Path) -> set[str]:
    """Return the names of the contracts that *tree* breaks."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "verifier")},
        capture_output=True,
        text=True,
        check=False,
    )
    results = [
        line for line in done.stdout.splitlines() if line.startswith(tuple(CONTRACTS.values()))
    ]
    assert results, done.stdout + done.stderr
    found = {line.partition(" BROKEN")[0] for line in results if " BROKEN" in line}
    assert bool(found) == bool(done.returncode), done.stdout
    return found


def test_the_code_keeps_every_boundary(copy: Path) -> None:
    assert broken(copy) == set()


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.contract}:{breach.file}")
def test_a_broken_boundary_is_named(copy: Path, breach: Breach) -> None:
    file = copy / breach.file
    text = file.read_text() if file.exists() else ""
    file.write_text(f"{text}\n{breach.line}\n")
    assert CONTRACTS[breach.contract] in broken(copy)


def test_every_boundary_is_broken_by_some_breach() -> None:
    assert {breach.contract for breach in BREACHES} == set(CONTRACTS)
