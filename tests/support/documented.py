"""Programs of the documentation, run as a reader would run them: copied out, in a folder of their own."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def written(page: str, imports: str) -> str:
    """Return the program in *page* that imports a module by that name."""
    text = (ROOT / page).read_text()
    programs: list[str] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (found,) = (
        one
        for one in programs
        if re.search(rf"^(from|import)\b.*\b{imports}\b", one, re.MULTILINE)
    )
    return found


@contextmanager
def running_in(folder: Path, words: Sequence[str]) -> Iterator["Speaking"]:
    """Lend a program, run in *folder*, until the block ends: it would listen for good."""
    with (folder / "stderr").open("w") as complaints:
        process = subprocess.Popen(
            words, cwd=folder, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
    try:
        yield Speaking(process, folder / "stderr")
    finally:
        process.kill()
        process.communicate()


class Speaking:
    """A running program, and what it says."""

    def __init__(self, process: "subprocess.Popen[str]", complaints: Path) -> None:
        self._process, self._complaints = process, complaints

    def line(self) -> str:
        """Return its next line; if it ended instead, say what it complained of."""
        assert self._process.stdout
        said = self._process.stdout.readline()
        assert said, self._complaints.read_text()
        return said.strip()


def python(folder: Path, program: str, *words: str) -> list[str]:
    """Write a program down in *folder*; return how it is run."""
    (folder / "program.py").write_text(program)
    return [sys.executable, "program.py", *words]
