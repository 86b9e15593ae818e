"""One POST that goes where it was checked to go, and ends in time."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notification.timers.pinned import Calls, Reach, Resolve, post
from tests.support.receiver import Receiver

NAME = "hooks.partner.test"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate for `NAME` alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "partner.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def partner(certificate: Path) -> Iterator[Receiver]:
    """Lend a receiver behind TLS that shows the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Receiver(tls=context) as receiver:
        yield receiver


def always(*addresses: str) -> Resolve:
    return lambda _host, _port: addresses


def reach(receiver: Receiver, certificate: Path, name: str = NAME) -> Reach:
    return Reach(
        allowed=(f"https://{name}:{receiver.port}",),
        resolve=always("127.0.0.1"),
        trust=ssl.create_default_context(cafile=str(certificate)),
    )


def test_the_name_stays_in_host_and_certificate_though_the_address_is_pinned(
    partner: Receiver, certificate: Path
) -> None:
    url = f"https://{NAME}:{partner.port}/hooks"
    outcome = post(url, b"{}", {}, reach(partner, certificate))
    assert (outcome.code, outcome.status_code) == (None, 204)
    assert partner.calls[0].headers["host"] == f"{NAME}:{partner.port}"


def test_a_certificate_for_another_name_is_refused(partner: Receiver, certificate: Path) -> None:
    url = f"https://other.partner.test:{partner.port}/hooks"
    outcome = post(url, b"{}", {}, reach(partner, certificate, "other.partner.test"))
    assert outcome.code == "certificate"
    assert partner.calls == []


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("64:ff9b::7f00:1",),
        ("2002:7f00:1::1",),
        ("93.184.216.34", "127.0.0.1"),
    ],
)
def test_a_name_that_leads_inside_is_refused_before_any_connection(
    addresses: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", _never)
    outcome = post("https://hooks.partner.test/", b"{}", {}, Reach(resolve=always(*addresses)))
    assert outcome.code == "address-refused"


def test_the_system_resolver_cannot_be_talked_into_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "create_connection", _never)
    for host in ("0177.0.0.1", "0x7f.1", "127.1"):
        outcome = post(f"https://{host}/", b"{}", {}, Reach())
        assert outcome.code in {"address-refused", "webhook-address", "name-not-found"}, host


def test_a_name_is_looked_up_once_so_that_it_cannot_change_after_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([("93.184.216.34",), ("127.0.0.1",)])
    connected: list[tuple[str, int]] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    outcome = post(
        "https://hooks.partner.test/", b"{}", {}, Reach(resolve=lambda *_: next(answers))
    )
    assert outcome.code == "connection-refused"
    assert connected == [("93.184.216.34", 443)]


def test_the_next_address_is_tried_when_the_first_does_not_answer(
    receiver: Receiver,
) -> None:
    allowed = (f"http://hooks.partner.test:{receiver.port}",)
    both = Reach(allowed=allowed, resolve=always("127.0.0.9", "127.0.0.1"))
    assert post(f"{allowed[0]}/hooks", b"{}", {}, both).taken


def test_a_name_without_an_address_is_named_so() -> None:
    def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror

    outcome = post("https://hooks.partner.test/", b"{}", {}, Reach(resolve=nowhere))
    assert outcome.code == "name-not-found"


@pytest.mark.parametrize("hangs_up", [False, True])
def test_calls_share_a_connection_as_long_as_the_other_side_keeps_it(
    receiver: Receiver, *, hangs_up: bool
) -> None:
    receiver.hangs_up = hangs_up
    with Calls(receiver.url, Reach(allowed=(receiver.origin,))) as calls:
        assert all(calls.post(b"{}", {}).taken for _ in range(3))
    assert len({call.port for call in receiver.calls}) == (3 if hangs_up else 1)


@pytest.fixture
def drip() -> Iterator[Callable[[], str]]:
    """Lend a server that answers one byte at a time, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        talking, _ = listening.accept()
        with talking:
            while not over.wait(0.05):
                try:
                    talking.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    yield lambda: f"http://127.0.0.1:{listening.getsockname()[1]}"
    over.set()
    thread.join()
    listening.close()


def test_an_answer_that_drips_ends_at_the_deadline(drip: Callable[[], str]) -> None:
    begun = time.monotonic()
    outcome = post(f"{drip()}/", b"{}", {}, Reach(allowed=(drip(),), timeout=0.5))
    assert outcome.code in {"timeout", "connection-broken"}
    assert time.monotonic() - begun < 5


def test_no_proxy_of_the_environment_is_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(receiver.url, b"{}", {}, Reach(allowed=(receiver.origin,))).taken


def test_the_test_addresses_are_what_they_claim() -> None:
    assert ipaddress.ip_address("93.184.216.34").is_global


def _never(*_: object, **__: object) -> None:
    raise AssertionError("a connection was tried")
