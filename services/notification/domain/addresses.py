"""Which network addresses a webhook may never reach: ours, the neighbours', and those that lead there.

After Stripe's smokescreen and IANA's special-purpose registries. A name that resolves to one such address
among good ones is refused as a whole: the next look-up could pick the other.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_REFUSED_4: Final = tuple(
    (ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-nat"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),  # cloud metadata at 169.254.169.254 too
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol-assignment"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4-relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),  # and broadcast
    )
)
_REFUSED_6: Final = tuple(
    (ip_network(network), why)
    for network, why in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "ipv4-mapped"),
        ("::ffff:0:0:0/96", "ipv4-translated"),
        ("::/96", "ipv4-compatible"),
        ("64:ff9b::/96", "nat64"),
        ("64:ff9b:1::/48", "nat64"),
        ("100::/64", "discard"),
        ("2001::/32", "teredo"),
        ("2001::/23", "protocol-assignment"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_6: Final = ip_network("2000::/3")


def why_refused(address: Address) -> str | None:
    """Return the class of addresses that *address* is refused for, or None when it may be reached."""
    refused = _REFUSED_4 if isinstance(address, IPv4Address) else _REFUSED_6
    for network, why in refused:
        if address in network:
            return why
    if isinstance(address, IPv6Address) and (address.scope_id or address not in _GLOBAL_6):
        return "not-global"
    return None


def first_refused(addresses: Iterable[str]) -> str | None:
    """Return why one of *addresses* (as text) is refused, or None when all may be reached."""
    for text in addresses:
        if why := why_refused(ip_address(text)):
            return why
    return None
