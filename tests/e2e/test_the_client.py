"""The typed client's quick-start, as its README prints it, against a whole platform."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.platforms import Platform

CLIENT = Path(__file__).parents[2] / "clients" / "python"


@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
def test_the_quick_start_does_what_it_says(platform: Platform, tmp_path: Path) -> None:
    with platform.person("a.okafor") as ward:
        services = {one["name"]: one["id"] for one in ward.get("/api/v1/services", limit=100)}
    (program,) = re.findall(r"```python\n(.*?)```", (CLIENT / "README.md").read_text(), re.DOTALL)
    client_id = "test-amht-record"
    me = {
        "base_url": platform.origin.base_url,
        "client_id": client_id,
        "client_secret": platform.systems[client_id]["client_secret"],
        "service_id": services["Stepdown House"],
    }
    (tmp_path / "ward.json").write_text(json.dumps(me))
    (tmp_path / "quick_start.py").write_text(program)
    for _ in range(2):  # the second time changes nothing, and answers the same
        done = subprocess.run(
            [sys.executable, "quick_start.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(CLIENT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        status, refused, *_ = done.stdout.splitlines()
        assert (status, refused) == ("requested", "illegal-move")
