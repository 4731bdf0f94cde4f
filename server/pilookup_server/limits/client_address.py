"""Whose quota a request counts against: an address, as far as it can be believed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from pilookup_server.settings import Network

Address = IPv4Address | IPv6Address

UNKNOWN = "unknown"
"""The one quota of all whose address cannot be told (a Unix socket without a proxy in front)."""


class ClientAddresses:
    """Tells callers apart; X-Forwarded-For is read from the right, and only through trusted hops."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def key(self, scope: Any) -> str:
        """A caller's quota key from an ASGI scope: an IPv4 address or an IPv6 /64."""
        client = scope.get("client")
        peer = _parse(client[0]) if client else None
        if peer is None:
            return UNKNOWN
        if self._trusted and self._trusts(peer):
            peer = self._forwarded_for(peer, scope["headers"])
        return _key(peer)

    def _forwarded_for(self, peer: Address, headers: Iterable[tuple[bytes, bytes]]) -> Address:
        lines = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
        for hop in reversed(",".join(lines).split(",")):
            if not self._trusts(peer):
                break
            address = _parse(_without_port(hop.strip()))
            if address is None:
                break
            peer = address
        return peer

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address | None:
    """An address, an IPv4-mapped one as the IPv4 address it is; None for anything else."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=4096)
def _key(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address) >> 64 << 64, 64)))


def _without_port(hop: str) -> str:
    """`192.0.2.1:80` and `[2001:db8::1]:80` without their port; anything else as it is."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
