"""Attacks: forged tokens, other people's records, addresses that lead inside, an altered log."""

import random
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa

from onward.clock import ManualClock
from onward.codec import encode
from onward.database import Database, UnitOfWork, connect
from onward.identity import Actor, Role
from onward.inbox import Arrival
from onward.topology import HEARS
from onward.web.problems import MEDIA_TYPE
from services.audit.handlers import sealing
from services.audit.handlers.notary import notary_of
from services.audit.storage.store import Store
from services.notification.timers.pinned import Reach, post
from tests.chaos import town
from tests.chaos.conftest import Note
from tests.chaos.filled_town import Town
from tests.chaos.forgeries import forgeries
from tests.chaos.together import Together, together
from tests.support.databases import Databases
from tests.support.receiver import Receiver
from tests.unit.audit.story import MONDAY, a_handoff, many_reads
from tests.unit.notification.test_addresses import REFUSED

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PERSONAL = (b"Quillfeather", b"Samuel", b"1990-05-17")


@pytest.fixture(scope="module")
def here(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), *sorted(HEARS)) as running:
        yield running


@pytest.fixture(scope="module")
def filled(here: Together) -> Town:
    return Town(here)


def guarded(here: Together) -> list[tuple[str, str, str]]:
    """Return service, method and path of every operation that is not for everybody."""
    found = []
    for name in here.apps:
        document: Any = here.apps[name].test_client().get(f"/api/v1/{name}/openapi.json").json
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if method != "parameters" and operation.get("security") not in ([], [{}]):
                    found.append((name, method.upper(), path.replace("{", "").replace("}", "")))
    return found


@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.chaos)])
def test_no_forged_token_proves_anybody_to_any_route(
    here: Together, every: int, note: Note
) -> None:
    """Every token at every route in a campaign; each token at some routes else."""
    actor = Actor(principal="system:forged", organisation=town.WARD, role=Role.OPERATOR)
    public_key = here.apps["audit"].test_client().get("/api/v1/audit/key").get_data(as_text=True)
    some = here.running["referral"].settings
    forged = list(forgeries(some, actor, public_key, at=here.clock.now()))
    answered: Counter[int] = Counter()
    accepted = []
    pairs = [(token, route) for token in forged for route in guarded(here)]
    for (name, token), (service, method, path) in pairs[::every]:
        client = here.apps[service].test_client()
        uuid = "00000000-0000-4000-8000-000000000001"
        where = re.sub(r"\w+_id\b", uuid, path)
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.open(re.sub("/action$", "/accept", where), method=method, headers=headers)
        answered[answer.status_code] += 1
        if answer.status_code != 401 or answer.mimetype != MEDIA_TYPE:
            accepted.append((name, method, path, answer.status_code))
    assert accepted == []
    note(
        "access tokens that prove nobody, at every route",
        forgeries=len(forged),
        requests=sum(answered.values()),
        refused=answered[401],
        accepted=0,
    )


@pytest.mark.chaos
def test_another_organisations_token_opens_nothing_of_anybodys(
    here: Together, filled: Town, note: Note
) -> None:
    webhook, _, delivery = filled.delivery().partition("/deliveries/")
    ids = {
        "referral_id": filled.referral_id(),
        "handoff_id": str(filled.handoff),
        "notification_id": filled.notifications()[0]["id"],
        "webhook_id": webhook.rpartition("/")[2],
        "delivery_id": delivery,
        "worker_id": filled.worker()["id"],
        "agreement_id": filled.agreement()["id"],
        "action": "cancel",
    }
    stranger = {
        role: Actor(principal="system:x", organisation=town.ADVISERS, role=role)
        for role in (Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.PARTNER_SYSTEM)
    }
    asked, opened = 0, []
    for service, method, path in guarded(here):
        if not any(part in ids for part in path.split("/")):
            continue
        where = "/".join(ids.get(part, part) for part in path.split("/"))
        for role, actor in stranger.items():
            answer = here.ask(service, actor, method, where, headers={"If-Match": '"1"'})
            asked += 1
            told = answer.get_data()
            if answer.status_code not in {400, 403, 404} or any(one in told for one in PERSONAL):
                opened.append((role, method, path, answer.status_code))
    assert opened == []
    note("another organisation's token at every record", requests=asked, opened=0)


OBFUSCATED = (
    "https://127.1/", "https://0x7f000001/", "https://2130706433/", "https://0177.0.0.1/",
    "https://localhost/", "https://LOCALHOST./", "https://metadata/", "https://[::1]/",
    "https://[::ffff:127.0.0.1]/", "https://127.0.0.1@example.org/", "https://example.org@127.0.0.1/",
    "https://example.org:pass@127.0.0.1/", "https://127.0.0.1%2f@example.org/",
    "https://example.org\\@127.0.0.1/", "https://example.org#@127.0.0.1/", "https://example.org:22/",
    "https://example.org:0/", "https://example.org:99999/", "http://example.org/",
    "ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:25/", "//example.org/", "javascript:1",
    "https://\u2460\u2461\u2466.0.0.1/", "https://ex\u0430mple.org/", "https:///", "https://", "example.org",
    "https://example.org/\r\nHost: evil", "https://[fe80::1%25eth0]/", "https://[::]/",
)  # fmt: skip


def _never(*_: object, **__: object) -> NoReturn:
    raise AssertionError("a connection was tried")


@pytest.mark.chaos
def test_no_webhook_leads_inside_by_number_by_name_by_redirect_or_by_a_name_that_changes(
    here: Together, filled: Town, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", _never)
    literals = [f"https://[{one}]/" if ":" in one else f"https://{one}/" for one in REFUSED]
    for url in (*literals, *OBFUSCATED):
        assert _is_refused(here, url), url
    for address in REFUSED:
        for found in ((address,), ("8.8.8.8", address)):
            refused = post("https://hooks.example.org/", b"", {}, _leading_to(*found))
            assert refused.code == "address-refused"
    monkeypatch.undo()
    _does_not_follow()
    _does_not_believe_a_second_answer(monkeypatch)
    note(
        "webhook addresses that lead inside",
        numbers=len(literals),
        disguised=len(OBFUSCATED),
        names=2 * len(REFUSED),
        redirects=1,
        changing_names=1,
        connections=0,
    )


def _leading_to(*addresses: str) -> Reach:
    return Reach(resolve=lambda _host, _port: addresses)


def _is_refused(here: Together, url: str) -> bool:
    """Tell whether *url* is refused when it is given, or at the latest before anything connects."""
    keeper = Actor(principal="system:crm", organisation=town.RESPONSE, role=Role.PARTNER_SYSTEM)
    answer = here.ask(
        "notification", keeper, "POST", "/api/v1/webhooks", json={"url": url, "events": ["*"]}
    )
    if answer.status_code == 422:
        return True
    refused = {"address-refused", "name-not-found", "webhook-address"}
    return post(url, b"", {}, Reach()).code in refused


def _does_not_follow() -> None:
    with Receiver() as inside, Receiver() as outside:
        outside.answer, outside.location = (lambda _: 302), inside.url
        assert post(outside.url, b"", {}, Reach(allowed=(outside.origin,))).code == "redirect"
        assert (len(outside.calls), inside.calls) == (1, [])


def _does_not_believe_a_second_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first look-up say outside, later ones inside: the connection goes where was looked."""
    answers: Iterator[tuple[str, ...]] = iter([("8.8.8.8",), *[("127.0.0.1",)] * 3])
    tried: list[str] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> NoReturn:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    reach = Reach(resolve=lambda _host, _port: next(answers))
    codes = [post("https://hooks.example.org/", b"", {}, reach).code for _ in range(2)]
    assert (codes, tried) == (["connection-refused", "address-refused"], ["8.8.8.8"])


class _UndoneError(Exception):
    """Ends a transaction that was only tried."""


def _flip(rng: random.Random, body: bytes) -> bytes:
    place = rng.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << rng.randrange(8))]) + body[place + 1 :]


Alter = Callable[[random.Random, sa.Connection, int], None]


def _flip_in(table: str, column: str, where: str) -> Alter:
    def alter(rng: random.Random, connection: sa.Connection, _: int) -> None:
        rows = connection.execute(
            sa.text(f"SELECT {where}, {column} FROM {table} ORDER BY 1")
        ).all()
        key, value = rng.choice(rows)
        text = isinstance(value, str)
        raw = _flip(rng, value.encode() if text else bytes(value))
        changed = raw.decode("latin-1").replace("\0", "?") if text else raw
        change = sa.text(f"UPDATE {table} SET {column} = :changed WHERE {where} = :key")
        connection.execute(change, {"changed": changed, "key": key})

    return alter


def _rewrite(rng: random.Random, connection: sa.Connection, size: int) -> None:
    """Flip a bit and make the leaf's own hash fit."""
    _flip_in("leaves", "body", "number")(rng, connection, size)
    connection.execute(sa.text("UPDATE leaves SET hash = sha256('\\x00'::bytea || body)"))


def _delete(rng: random.Random, connection: sa.Connection, size: int) -> None:
    gone = sa.text("DELETE FROM leaves WHERE number = :n")
    connection.execute(gone, {"n": rng.randrange(size)})


def _cut(rng: random.Random, connection: sa.Connection, size: int) -> None:
    gone = sa.text("DELETE FROM leaves WHERE number >= :n")
    connection.execute(gone, {"n": rng.randrange(size)})


def _swap(rng: random.Random, connection: sa.Connection, size: int) -> None:
    swap = sa.text(
        "UPDATE leaves SET body = o.body, hash = o.hash, event_id = gen_random_uuid() FROM "
        "(SELECT number, body, hash FROM leaves) o WHERE leaves.number IN (:a, :b) "
        "AND o.number = :a + :b - leaves.number"
    )
    first, second = rng.sample(range(size), 2)
    connection.execute(swap, {"a": first, "b": second})


def _insert(rng: random.Random, connection: sa.Connection, size: int) -> None:
    copy = sa.text(
        "INSERT INTO leaves SELECT :size, gen_random_uuid(), hash, body, action, occurred, principal,"
        " organisation, referral FROM leaves WHERE number = :n"
    )
    connection.execute(copy, {"size": size, "n": rng.randrange(size)})


ALTERATIONS: tuple[Alter, ...] = (
    _flip_in("leaves", "body", "number"),
    _flip_in("leaves", "hash", "number"),
    _flip_in("leaves", "principal", "number"),
    _flip_in("checkpoints", "root", "size"),
    _flip_in("checkpoints", "note", "size"),
    _rewrite,
    _delete,
    _cut,
    _swap,
    _insert,
)


@pytest.mark.parametrize("times", [20, pytest.param(1_000, marks=pytest.mark.chaos)])
def test_whatever_the_owner_alters_in_the_log_is_found(
    databases: Databases, times: int, note: Note
) -> None:
    with together(databases, ManualClock(MONDAY), "audit") as alone:
        running = alone.running["audit"]
        size = _filled(alone)
        engine = connect(running.settings.owner_database_url, name="owner", pool_size=1)
        owner: Database[Store] = Database(
            source="audit", engine=engine, store=Store, clock=alone.clock
        )
        rng, key = random.Random(20_261_121), notary_of(running).key  # noqa: S311
        found: Counter[str] = Counter()
        for number in range(times):
            alter = ALTERATIONS[number % len(ALTERATIONS)]
            with suppress(_UndoneError), owner.transaction() as uow:
                alter(rng, _unguarded(uow.connection), size)
                found[_found(uow, key)] += 1
                raise _UndoneError
        engine.dispose()
    assert (found["nothing"], found.total()) == (0, times), found
    note("the log altered by the owner of its database", alterations=times, found=times)


def _unguarded(connection: sa.Connection) -> sa.Connection:
    for table in ("leaves", "checkpoints"):
        connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER only_grows"))
    return connection


def _filled(alone: Together) -> int:
    """Fill and sign the log; return its size."""
    running = alone.running["audit"]
    for batch in (a_handoff(), many_reads(20)):
        running.inbox.receive([Arrival(encode(each)) for each in batch])
        with running.database.transaction() as uow:
            sealing.seal(uow, notary_of(running))
    (row,) = alone.rows("audit", sa.text("SELECT count(*) AS n FROM leaves"))
    return int(row.n)


def _found(uow: UnitOfWork[Store], key: Any) -> str:
    for _ in range(100):
        progress = sealing.check_itself(uow, key)
        if progress and progress.finding:
            return progress.finding.code
        if progress is None or progress.finished_at:
            break
    return "nothing"
