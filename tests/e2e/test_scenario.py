"""The scenario that must always work, through the public API, in both ways of running."""

from pathlib import Path

import pytest

from onward.demo.evidence import Evidence
from onward.demo.scenario import PERSONAL, Scenario
from tests.support.platforms import Platform

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


def test_onward_trace_draws_the_journey(platform: Platform) -> None:
    with platform.person("a.okafor") as ward:
        (newest, *_) = ward.get("/api/v1/referrals", limit=1)
    done = platform.onward("trace", newest["handoff"]["referral_id"])
    assert done.returncode == 0, done.stderr
    assert "referral.handoff-requested.v1" in done.stdout
    assert "notification" in done.stdout


def test_onward_doctor_finds_nothing_wrong(platform: Platform) -> None:
    done = platform.onward("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
