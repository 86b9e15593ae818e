"""Clients that none of us wrote refer somebody over the broker: the documented programs, as they stand."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import flask
import pytest

from onward.intake.sealing import published_keys
from onward.service import RunningService
from onward.settings import Settings
from onward.topology import partner_queue
from tests.integration.referral.world import HOUSE, names_told
from tests.support.documented import ROOT, python, running_in, written
from tests.support.fixtures import NOT_RUN
from tests.support.partner import Partner
from tests.support.serving import served

CLIENTS = ROOT / "clients" / "amqp"
PIKA = "docs/partners.md"
NODE = "partner.mjs"


@pytest.fixture
def folder(ward_records: Partner, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Lend a folder with the file that `onward partner sandbox` writes."""
    keys = flask.Flask(__name__)
    keys.add_url_rule("/jwks.json", view_func=lambda: published_keys(settings.secret_key))
    broker = urlsplit(ward_records.uri)
    with served(keys) as origin:
        me = {
            "client_id": ward_records.client_id,
            "client_secret": unquote(broker.password or ""),
            "organisation": str(ward_records.organisation),
            "services": {"Step-down house (sandbox)": str(HOUSE)},
            "amqp": {
                "host": broker.hostname,
                "port": broker.port,
                "tls": False,
                "authority": None,
                "virtual_host": unquote(broker.path[1:]),
                "queue": partner_queue(ward_records.organisation).name,
                "seal_to": f"{origin}/jwks.json",
            },
        }
        (tmp_path / "ward.json").write_text(json.dumps(me))
        yield tmp_path


@pytest.mark.parametrize("program", [PIKA, "aio_pika_partner.py", NODE])
def test_what_another_client_refers_arrives_and_is_answered(
    program: str, folder: Path, ward_records: Partner, running: RunningService
) -> None:
    with running_in(folder, command(program, folder)) as said:
        answer = json.loads(said.line())
    assert answer["type"] == "uk.onward.intake.accepted.v1", answer
    assert answer["data"]["links"]["made"].endswith(answer["data"]["referral_id"])
    assert names_told(running).count("handoff-requested") == 1


def command(program: str, folder: Path) -> list[str]:
    """Return how *program* is run."""
    if program == NODE:
        node = shutil.which("node")
        if node is None or not (CLIENTS / "node_modules").exists():
            pytest.skip(f"{NOT_RUN}needs Node, and `npm ci` in clients/amqp")
        return [node, str(CLIENTS / NODE), "ward.json"]
    if program == PIKA:
        return python(folder, written(PIKA, "pika"))
    return [sys.executable, str(CLIENTS / program)]
