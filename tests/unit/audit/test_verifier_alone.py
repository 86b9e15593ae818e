"""The verifier is a package of its own: it is installed where nothing else is, and checks evidence there."""

import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from services.audit.domain import checkpoint
from services.audit.domain.leaf import canonical
from services.audit.domain.tree import Edge, grow, leaf_hash
from tests.unit.audit.logbook import MADE, ORIGIN, SIGNER, Logbook
from tests.unit.audit.story import a_handoff, the_house

SOURCE = Path(__file__).parents[3] / "verifier"
ED25519 = ("cryptography", "cffi", "pycparser")
"""All that may be there besides: the one package the verifier asks for, and what that one needs."""
KEY = str(SIGNER.key)

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


def do(*command: object, where: Path) -> Done:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=where, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the verifier, and install it into a fresh environment, without any network.

    Its one dependency is lent from here, so that pip finds it there and would miss any other.
    """
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(SOURCE, folder / "verifier", ignore=shutil.ignore_patterns("__pycache__"))
    built = do(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", where=folder / "verifier"
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "verifier" / "dist").glob("*.whl")
    venv.create(folder / "fresh")
    (packages,) = (folder / "fresh").glob("lib/python*/site-packages")
    for name in ED25519:
        lend(name, packages)
    python = folder / "fresh" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    done = do(*pip, "install", "--no-index", "--quiet", wheel, where=folder)
    assert done.returncode == 0, done.stderr
    return python.parent


def lend(name: str, packages: Path) -> None:
    """Let an environment see a distribution of this one."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:  # newer ones need less
        return
    for top in {file.parts[0] for file in files} - {".."}:
        (packages / top).symlink_to(Path(str(distribution(name).locate_file(top))))


@pytest.fixture
def alone(installed: Path, tmp_path: Path) -> Run:
    """Run a command of the fresh environment beside a good bundle, an altered one, and the key."""
    bundle = Logbook([*the_house(), *a_handoff("other"), *a_handoff("sam")]).bundle()
    (tmp_path / "bundle.jsonl").write_bytes(bundle)
    altered = bundle.replace(b"handoff-accepted", b"handoff-rejected", 1)
    (tmp_path / "altered.jsonl").write_bytes(altered)
    (tmp_path / "log.key").write_text(f"{KEY}\n")
    return lambda command, *words: do(installed / command, *words, where=tmp_path)


def test_it_brings_nothing_of_onward_along(alone: Run) -> None:
    seen = alone("python", "-c", "import onward_verifier.witness, sys; print(*sys.modules)")
    tops = {name.partition(".")[0] for name in seen.stdout.split()}
    assert "onward_verifier" in tops
    assert not tops & {"onward", "services", "sqlalchemy", "orjson", "httpx"}
    assert alone("python", "-c", "import onward").returncode == 1


def test_its_exit_code_tells(alone: Run, tmp_path: Path) -> None:
    good = alone("onward-verify", "bundle.jsonl", "--key", "log.key")
    assert (good.returncode, good.stderr) == (0, "")
    assert "13 of 13 proved" in good.stdout
    taken = alone("onward-verify", "bundle.jsonl", "--key", "log.key", "--pdf", "trail.pdf")
    assert (taken.returncode, taken.stderr) == (0, "")
    assert (tmp_path / "trail.pdf").read_bytes().startswith(b"%PDF-")
    bad = alone("python", "-m", "onward_verifier", "altered.jsonl", "--key", KEY)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert bad.stdout.startswith("BAD: leaf ")
    for words in (("bundle.jsonl",), ("gone.jsonl", "--key", "log.key")):
        wrong = alone("onward-verify", *words)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert "Traceback" not in wrong.stderr


def test_several_processes_find_what_one_finds(alone: Run, tmp_path: Path) -> None:
    """On a log worth starting other processes for."""
    bodies = [_numbered(number) for number in range(70_000)]
    _write(tmp_path / "good.jsonl", bodies, bodies)
    _write(tmp_path / "bad.jsonl", bodies, [*bodies[:69_000], *bodies[69_001:], bodies[0]])
    command = ("--key", KEY, "--jobs", "2")
    good = alone("onward-verify", "good.jsonl", *command)
    assert (good.returncode, good.stderr) == (0, "")
    assert "all 70,000 as they were signed" in good.stdout
    bad = alone("onward-verify", "bad.jsonl", *command)
    assert bad.stdout.startswith("BAD: leaf 69000: step 69001 of here/a/x is missing before it")


def test_a_witness_needs_no_more(alone: Run) -> None:
    made = alone("onward-witness", "new-key", "watch.example/onward")
    assert made.stdout.startswith("PRIVATE watch.example/onward ")
    assert "watch.example/onward+" in made.stderr


def _numbered(number: int) -> bytes:
    facts = {"action": "a.b.v1", "sequence": number + 1, "source": "here", "subject": "x", "v": 1}
    return json.dumps(facts | {"who": "me"}, separators=(",", ":")).encode()


def _write(path: Path, said: list[bytes], there: list[bytes]) -> None:
    header = {
        "kind": "header",
        "format": "onward-audit-log/1",
        "origin": ORIGIN,
        "size": len(said),
    }
    edge = grow(Edge(), [leaf_hash(body) for body in said]).edge
    note = {"kind": "checkpoint", "note": checkpoint.sign(edge, SIGNER, at=MADE).note}
    lines = [canonical(line) + b"\n" for line in (header, note)]
    leaves = (leaf_hash(body).hex().encode() + b" " + body + b"\n" for body in there)
    path.write_bytes(b"".join([*lines, *leaves]))
