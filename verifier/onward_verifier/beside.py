"""Hash parts of a whole log in other processes, several at a time, and give what they found in order.

`multiprocessing` would let each of them import the program that runs the check, which for `onward` takes
longer than a hundred thousand leaves. These import `chunks`, and nothing of anybody else.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, cast

from onward_verifier.chunks import Chunk, Part, hash_part
from onward_verifier.findings import WrongUseError

Wanted = tuple[Part, Sequence[int]]
"""What `hash_part` takes."""

_PROGRAM = (
    "import sys; sys.path.insert(0, {!r}); from onward_verifier.beside import serve; serve()"
)


class _Process:
    """One of them."""

    def __init__(self) -> None:
        program = _PROGRAM.format(str(Path(__file__).parent.parent))
        self._process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._to = cast("BinaryIO", self._process.stdin)
        self._from = cast("BinaryIO", self._process.stdout)

    def hash(self, wanted: Wanted) -> Chunk:
        """Let it hash a part. Raises `WrongUseError` when it is gone."""
        try:
            pickle.dump(wanted, self._to, pickle.HIGHEST_PROTOCOL)
            self._to.flush()
            return cast("Chunk", pickle.load(self._from))  # noqa: S301 - our own child
        except (EOFError, OSError):
            raise WrongUseError("A process of the check was ended before its time.") from None

    def end(self) -> None:
        """Let it go, whatever it is at."""
        self._process.kill()
        self._process.wait()
        for end in (self._to, self._from):
            with suppress(OSError):
                end.close()


def hashed_beside(wanted: Iterator[Wanted], jobs: int) -> Iterator[Chunk]:
    """Hash what is *wanted* in so many processes; yield what was found, in order."""
    with ExitStack() as ends:
        threads = ends.enter_context(ThreadPoolExecutor(jobs))
        free: SimpleQueue[_Process] = SimpleQueue()
        for _ in range(jobs):
            process = _Process()
            ends.callback(process.end)
            free.put(process)

        def hashed(each: Wanted) -> Chunk:
            process = free.get()
            try:
                return process.hash(each)
            finally:
                free.put(process)

        ends.callback(threads.shutdown, wait=False, cancel_futures=True)
        waiting = deque(threads.submit(hashed, each) for each in islice(wanted, 2 * jobs))
        while waiting:
            found = waiting.popleft().result()
            waiting.extend(threads.submit(hashed, each) for each in islice(wanted, 1))
            yield found


def serve() -> None:
    """Hash parts as they come on standard input, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted ends this process, too
    while True:
        try:
            part, cuts = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent
        except EOFError:
            return
        pickle.dump(hash_part(part, cuts), sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
        sys.stdout.buffer.flush()
