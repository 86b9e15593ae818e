"""The scenario that must always work, through the public API, in both ways of running."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from onward.demo.evidence import Evidence
from onward.demo.scenario import PERSONAL, Scenario
from tests.support.platforms import Platform

CLIENT = Path(__file__).parents[2] / "clients" / "python"
pytestmark = pytest.mark.timeout(400)


def test_sam_is_handed_from_ward_to_flat_and_the_evidence_holds(
    platform: Platform, tmp_path: Path
) -> None:
    scenario = Scenario(
        origin=platform.origin,
        logins=platform.logins,
        clock=platform.clock,
        receivers=platform.receivers,
    )
    evidence = Evidence(scenario=scenario, folder=tmp_path)
    try:
        told = list(scenario.play())
        told += evidence.play()
    finally:
        scenario.close()
    assert len(told) == len(scenario.steps()) + len(evidence.steps())
    logs = platform.logs()
    assert not [word for word in PERSONAL if word in logs]


@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
def test_onward_trace_draws_the_journey(platform: Platform) -> None:
    with platform.person("a.okafor") as ward:
        (newest, *_) = ward.get("/api/v1/referrals", limit=1)
    done = platform.onward("trace", newest["handoff"]["referral_id"])
    assert done.returncode == 0, done.stderr
    assert "referral.handoff-requested.v1" in done.stdout
    assert "notification" in done.stdout


@pytest.mark.broker
@pytest.mark.parametrize("platform", ["distributed"], indirect=True)
def test_onward_doctor_finds_nothing_wrong(platform: Platform) -> None:
    done = platform.onward("doctor")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
def test_the_clients_quick_start_does_what_its_readme_says(
    platform: Platform, tmp_path: Path
) -> None:
    with platform.person("a.okafor") as ward:
        services = {one["name"]: one["id"] for one in ward.get("/api/v1/services", limit=100)}
    (program,) = re.findall(r"```python\n(.*?)```", (CLIENT / "README.md").read_text(), re.DOTALL)
    client_id = "test-amht-record"
    me = {
        "base_url": platform.origin.base_url,
        "client_id": client_id,
        "client_secret": platform.systems[client_id]["client_secret"],
        "services": {"Step-down house (sandbox)": services["Stepdown House"]},
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
