"""Find the scanners that look at every file before it is kept: installed packages can add theirs."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Final

from services.referral.domain.attachments import Scan

GROUP: Final = "onward.scanners"
"""Entry points of this group are called with the bytes of a file; they return a finding, or None."""
_TEST_FILE: Final = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
"""Stands in the harmless file by which scanners are tried (EICAR)."""


@cache
def scanners() -> Mapping[str, Scan]:
    """Return the scanners by name; the one that comes along knows the test file only."""
    installed = {point.name: point.load() for point in entry_points(group=GROUP)}
    return {"test-file": find_test_file, **installed}


def find_test_file(content: bytes) -> str | None:
    """Return a finding for the file by which scanners are tried."""
    return "test-file" if _TEST_FILE in content else None
