"""The notification service with a database of its own, a mail server and a webhook receiver."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from onward import migrate
from onward.clock import ManualClock
from onward.codec import encode
from onward.contracts.base import Event
from onward.envelope import Envelope
from onward.identity import Actor
from onward.inbox import Arrival
from onward.servers import ServiceDatabase
from onward.service import RunningService
from onward.settings import Settings
from onward.web.sessions import begin_session
from onward.web.tokens import issue_access_token, issue_session
from services.notification.app import SERVICE
from services.notification.timers.webhooks import lanes_of, send_webhooks
from services.notification.web.live import live_of
from tests.integration.notification.story import (
    ANN,
    CRM,
    EVE,
    GUEST,
    KIM,
    LEE,
    MORNING,
    Told,
    account,
    everybody,
)
from tests.support.databases import Databases
from tests.support.receiver import Receiver
from tests.support.settings import rehearsal
from tests.support.smtp import MailServer
from tests.support.waiting import eventually

Hear = Callable[..., list[Envelope]]
Rows = Callable[..., list[Any]]
As = Callable[[Actor], dict[str, str]]
Browse = Callable[[Actor], FlaskClient]
Deliver = Callable[[], None]
Ask = Callable[..., Any]
Prefer = Callable[..., None]
PREFERENCES = "/api/v1/notifications/preferences"


@pytest.fixture(scope="session")
def database(databases: Databases) -> Iterator[ServiceDatabase]:
    """Lend one migrated database to all these tests; `running` empties it before each."""
    with databases.migrated(SERVICE) as lent:
        yield lent


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def settings(database: ServiceDatabase, mail_server: MailServer, receiver: Receiver) -> Settings:
    return rehearsal(
        "notification",
        database.app_url,
        database.owner_url,
        smtp_url=mail_server.url + "?from=hello@onward.test",
        webhook_allow=(receiver.origin,),
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING)


@pytest.fixture
def running(settings: Settings, clock: ManualClock) -> Iterator[RunningService]:
    service = RunningService(service=SERVICE, settings=settings, clock=clock)
    with service.engine.begin() as connection:
        for table in reversed(migrate.everything(SERVICE).sorted_tables):
            connection.execute(sa.delete(table))
    yield service
    assert lanes_of(service).wait(within=20), "a lane is still busy after the test"
    live_of(service).close()
    eventually(lambda: not live_of(service).listens, within=20)
    service.close()


@pytest.fixture
def allow(running: RunningService) -> Callable[[str], None]:
    """Let webhooks reach one more origin."""

    def also(origin: str) -> None:
        allowed = (*running.settings.webhook_allow, origin)
        running.settings = replace(running.settings, webhook_allow=allowed)

    return also


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def hear(running: RunningService, told: Told) -> Hear:
    """Deliver events to the service as the broker would, in one batch; return them as they travelled."""

    def deliver(*events: Event | Envelope) -> list[Envelope]:
        arriving = [each if isinstance(each, Envelope) else told(each) for each in events]
        running.inbox.receive([Arrival(encode(each)) for each in arriving])
        return arriving

    return deliver


@pytest.fixture
def directory(hear: Hear) -> None:
    """Let the service know who there is."""
    hear(*everybody())


@pytest.fixture
def staff(directory: None, hear: Hear, told: Told) -> None:
    """Let the service know who signs in for whom."""
    for who in (KIM, LEE, ANN, EVE, GUEST):
        hear(told(account(who), by=Actor.service("directory")))


@pytest.fixture
def deliver(running: RunningService) -> Deliver:
    """Send every webhook that is due, and wait until the lanes are done with it."""

    def send() -> None:
        send_webhooks(running)
        assert lanes_of(running).wait(within=20)

    return send


@pytest.fixture
def rows(running: RunningService) -> Rows:
    """Return what a statement finds in the service's database."""

    def find(statement: str, **values: Any) -> list[Any]:
        with running.engine.connect() as connection:
            return list(connection.execute(sa.text(statement), values).all())

    return find


@pytest.fixture
def app(running: RunningService) -> Flask:
    return SERVICE.create_app(running)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def proof(settings: Settings, clock: ManualClock) -> As:
    """Return the headers that prove an actor."""

    def prove(actor: Actor) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_access_token(settings, actor, at=clock.now())}"}

    return prove


@pytest.fixture
def ask(client: FlaskClient, proof: As) -> Ask:
    """Ask the API as somebody."""

    def asked(who: Actor, method: str, path: str, *, status: int = 200, **more: Any) -> Any:
        headers = proof(who) | more.pop("headers", {})
        answer = client.open(path, method=method, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json

    return asked


@pytest.fixture
def prefer(ask: Ask) -> Prefer:
    """Let a worker choose how they are told for the first time."""

    def chosen(who: Actor, **said: Any) -> None:
        ask(who, "PUT", PREFERENCES, json=said, headers={"If-Match": '"0"'})

    return chosen


@pytest.fixture
def browse(app: Flask, settings: Settings, clock: ManualClock) -> Browse:
    """Return a browser that an actor has signed in with."""

    def signed_in(actor: Actor) -> FlaskClient:
        session = begin_session(actor, at=clock.now(), label="Somebody, somewhere")
        client = app.test_client()
        client.set_cookie("onward-session", issue_session(settings, session))
        return client

    return signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a longer story needs at once."""

    running: RunningService
    clock: ManualClock
    client: FlaskClient
    proof: As
    hear: Hear
    deliver: Deliver
    receiver: Receiver
    rows: Rows

    def add_webhook(self, url: str | None = None) -> dict[str, Any]:
        """Let Response's system be told of everything; return the webhook with its secret."""
        new = {"url": url or self.receiver.url, "events": ["*"]}
        answer = self.client.post("/api/v1/webhooks", json=new, headers=self.proof(CRM))
        assert answer.status_code == 201, answer.json
        return cast("dict[str, Any]", answer.json)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """Put it together."""
    return World(**{part.name: request.getfixturevalue(part.name) for part in fields(World)})
