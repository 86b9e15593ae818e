"""Where a webhook may never reach (cases after stripe/smokescreen and the IANA registries)."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.errors import InvalidError
from services.notification.domain.addresses import first_refused, why_refused
from services.notification.domain.endpoints import target

REFUSED = {
    "0.0.0.0": "unspecified",  # noqa: S104
    "10.0.0.1": "private",
    "100.64.0.1": "carrier-nat",
    "100.127.255.255": "carrier-nat",
    "127.0.0.1": "loopback",
    "127.255.0.9": "loopback",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "protocol-assignment",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4-relay",
    "192.168.1.1": "private",
    "198.19.255.255": "benchmarking",
    "224.0.0.1": "multicast",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "ipv4-compatible",
    "::ffff:169.254.169.254": "ipv4-mapped",
    "::ffff:8.8.8.8": "ipv4-mapped",
    "::ffff:0:8.8.8.8": "ipv4-translated",
    "64:ff9b::a9fe:a9fe": "nat64",
    "64:ff9b:1::1": "nat64",
    "100::1": "discard",
    "2001::1": "teredo",
    "2001:0:53aa:64c::1": "teredo",
    "2001:20::1": "protocol-assignment",
    "2001:db8::1": "documentation",
    "2002:a9fe:a9fe::1": "6to4",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "2606:4700::1111%eth0": "not-global",
    "fec0::1": "private",
    "ff02::1": "multicast",
    "4000::1": "not-global",
}
REACHED = ("8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00::1")


@pytest.mark.parametrize(("address", "why"), REFUSED.items())
def test_an_address_that_leads_inside_is_refused_and_named(address: str, why: str) -> None:
    assert why_refused(ip_address(address)) == why


@pytest.mark.parametrize("address", REACHED)
def test_an_address_on_the_internet_may_be_reached(address: str) -> None:
    assert why_refused(ip_address(address)) is None


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    assert first_refused(["8.8.8.8", "10.0.0.1"]) == "private"
    assert first_refused(["8.8.8.8", "2606:4700::1111"]) is None


@given(st.ip_addresses(v=4))
def test_no_address_that_python_calls_private_is_reached(address: IPv4Address) -> None:
    if address.is_private or address.is_multicast or address.is_loopback or address.is_reserved:
        assert why_refused(address)


BAD_URLS = {
    "http://example.org/hook": "webhook-not-https",
    "https://example.org:8443/hook": "webhook-port",
    "https://10.0.0.1/hook": "webhook-address",
    "https://[::1]/hook": "webhook-address",
    "https://[::ffff:10.0.0.1]/hook": "webhook-address",
    "https://localhost/hook": "webhook-address",
    "https://intranet/hook": "webhook-address",
    "https://user:secret@example.org/hook": "webhook-url",
    "https://example.org\\@10.0.0.1/": "webhook-url",
    "https://example.org/#part": "webhook-url",
    "https://example.org/a b": "webhook-url",
    "https://exa\u043cple.org/": "webhook-url",
    "https://example.org:99999/": "webhook-url",
    "https://[::1/": "webhook-url",
    "https://exam_ple.org/": "webhook-url",
    "ftp://example.org/": "webhook-url",
    "https:///hook": "webhook-url",
    "example.net/hook": "webhook-url",
    "https://example.org/" + "a" * 1000: "webhook-url",
    "https://example.org/\r\nX: y": "webhook-url",
}


@pytest.mark.parametrize(("url", "code"), BAD_URLS.items())
def test_an_address_that_cannot_be_a_webhook_is_refused_when_it_is_entered(
    url: str, code: str
) -> None:
    with pytest.raises(InvalidError) as refusal:
        target(url, ())
    assert refusal.value.code == code
    assert url not in refusal.value.detail


def test_a_public_https_address_is_taken() -> None:
    made = target("https://Hooks.Example.org/onward?key=1", ())
    assert (made.host, made.port, made.exempt) == ("hooks.example.org", 443, False)


def test_an_origin_the_operator_names_may_be_anywhere_but_only_that_origin() -> None:
    allowed = ("http://127.0.0.1:9000",)
    assert target("http://127.0.0.1:9000/hook", allowed).exempt
    for other in ("http://127.0.0.1:9001/", "https://127.0.0.1:9000/", "http://127.0.0.2:9000/"):
        with pytest.raises(InvalidError):
            target(other, allowed)
