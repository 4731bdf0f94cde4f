"""Which addresses are those of public hosts, by the special-purpose registries of IANA (RFC 6890).

Python's `is_global` differs between versions, so the registries are here too, and an address must pass both. Where a
registry calls a block globally reachable that no web server is in (AS112, AMT, anycast of protocols), it is refused.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_SPECIAL_IPV4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

_UNICAST: Final = IPv6Network("2000::/3")
"""The only block that IANA gives out for hosts. Mapped, compatible, local and multicast addresses are outside of it."""

_SPECIAL_IPV6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, benchmarking, AMT, AS112, ORCHID, drones
        "2001:db8::/32",
        "2002::/16",  # 6to4, which wraps an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a machine with IPv6 alone sees them (RFC 6052)."""


def is_public(text: str) -> bool:
    """Whether a text is the address of a public host. False for every text that is not an address without a scope."""
    address = _parse(text)
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return _is_public_ipv4(IPv4Address(address.packed[-4:]))
        return address in _UNICAST and address.is_global and not any(address in block for block in _SPECIAL_IPV6)
    return address is not None and _is_public_ipv4(address)


def is_in(text: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether a text is an address without a scope in one of some networks."""
    address = _parse(text)
    return address is not None and any(address in network for network in networks)


def _is_public_ipv4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in block for block in _SPECIAL_IPV4)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None
