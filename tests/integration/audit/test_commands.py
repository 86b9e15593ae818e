"""`onward audit …`, as an operator and as an outsider run it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from onward.errors import OnwardError
from onward.service import RunningService
from onward.settings import SettingsError
from services.audit.cli import app
from services.audit.domain import checkpoint
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import Hear, Own, Rows
from tests.unit.audit.story import Story, a_handoff, many_reads

SAM = str(Story().referral)
Onward = Callable[..., Result]


@pytest.fixture
def settings_of_log(running: RunningService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give commands the settings of the service."""
    monkeypatch.setenv("ONWARD_AUDIT_DATABASE_URL", running.settings.database_url)
    monkeypatch.setenv("ONWARD_SIGNING_KEY", running.settings.signing_key or "")


@pytest.fixture
def onward(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Onward:
    """Run the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.mark.usefixtures("settings_of_log")
def test_evidence_is_taken_out_and_checked_with_the_key_alone(
    onward: Onward, hear: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(a_handoff())
    Path("log.key").write_text(onward("key").output)
    assert onward("export", "--referral", SAM, "-o", "sam.jsonl").exit_code == 0
    assert "13 of 13 proved" in onward("verify", "sam.jsonl").output  # by this log's own key

    monkeypatch.delenv("ONWARD_AUDIT_DATABASE_URL")  # from here on it could be anywhere
    assert "13 of 13 proved" in onward("verify", "sam.jsonl", "--key", "log.key").output
    lines = Path("sam.jsonl").read_text().splitlines()
    leaf = json.loads(lines[3])
    lines[3] = json.dumps(leaf | {"leaf": leaf["leaf"].replace("direct-care", "research")})
    Path("altered.jsonl").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "onward.cli.main", "audit", "verify", "altered.jsonl"]
    bad = subprocess.run(
        [*command, "--key", "log.key"], capture_output=True, text=True, check=False
    )
    assert bad.returncode == 1
    assert "BAD: leaf 1 (line 4): its content or its proof was changed" in bad.stderr
    assert "Traceback" not in bad.stderr


@pytest.mark.usefixtures("settings_of_log")
def test_the_whole_log_is_checked_where_it_is_and_taken_away_to_be_checked_elsewhere(
    onward: Onward, hear: Hear, own: Own, rows: Rows
) -> None:
    hear(a_handoff())
    Path("log.key").write_text(onward("key").output)
    Path("held.txt").write_text(onward("checkpoint").output)
    hear(many_reads(20))
    assert "all 33 as they were signed" in onward("verify", "--all", "--held", "held.txt").output
    assert "33 leaves in all, and 2 checkpoints" in onward("export", "--all", "-o", "log").output
    away = onward("verify", "log", "--key", "log.key", "--held", "held.txt").output
    assert "all 33 as they were signed" in away
    assert "begins with the 13 leaves of the checkpoint you held" in away
    own("UPDATE leaves SET body = body || ' ' WHERE number = 6")
    assert "BAD: leaf 6: its content was changed" in str(onward("verify", "--all").exception)
    own("DELETE FROM leaves WHERE number = 6")
    assert "leaf-missing" in str(onward("export", "--all", "-o", "log").exception)
    assert len(rows("SELECT FROM outbox WHERE convert_from(body, 'UTF8') LIKE '%:\"log\"%'")) == 4


@pytest.mark.usefixtures("settings_of_log")
def test_a_checkpoint_is_printed_to_be_kept(onward: Onward, hear: Hear, notary: Notary) -> None:
    hear(a_handoff())
    head = checkpoint.head_of(onward("checkpoint").output, notary.key)
    assert head is not None
    assert head.size == 13


@pytest.mark.usefixtures("settings_of_log")
def test_wrong_use_says_what_to_give(
    onward: Onward, hear: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(a_handoff())
    onward("checkpoint")
    assert onward("verify", "gone.jsonl").exit_code == 2
    assert onward("export", "--referral", "sam", "-o", "x").exit_code == 2
    assert onward("export", "--referral", SAM, "--all", "-o", "x").exit_code == 2
    assert onward("verify").exit_code == onward("verify", __file__, "--all").exit_code == 2
    monkeypatch.setenv("ONWARD_SIGNING_KEY", "not the key it was signed with, but as long")
    assert _refusal(onward("checkpoint")).startswith("ONWARD_SIGNING_KEY is not the one")
    monkeypatch.delenv("ONWARD_SIGNING_KEY")
    assert "Set ONWARD_SIGNING_KEY" in _refusal(onward("checkpoint"))
    monkeypatch.delenv("ONWARD_AUDIT_DATABASE_URL")
    assert "Set ONWARD_AUDIT_DATABASE_URL" in _refusal(onward("verify", __file__))


def _refusal(result: Result) -> str:
    """Return the sentence that the command line prints, with exit code 2."""
    assert isinstance(result.exception, SettingsError)
    assert isinstance(result.exception, OnwardError)
    return str(result.exception)
