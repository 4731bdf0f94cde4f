"""Finds the client address that a request's quota is counted for."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from pilookup_server.settings import Network

Address = IPv4Address | IPv6Address

UNKNOWN = "unknown"
"""The key that all callers without a known address share (a Unix socket without a proxy in front of it)."""


class ClientAddresses:
    """Finds client addresses, also behind trusted proxies.

    X-Forwarded-For is read from right to left. An entry is believed only if a trusted address has added it.
    """

    def __init__(self, trusted: Sequence[Network]) -> None:
        """Trust the proxies whose addresses are in the networks `trusted`."""
        self._trusted = tuple(trusted)

    def key(self, scope: Any) -> str:
        """The quota key of a caller.

        Args:
            scope: The ASGI scope of the request.

        Returns:
            The caller's IPv4 address, the /64 network of its IPv6 address, or UNKNOWN.
        """
        client = scope.get("client")
        peer = _parse(client[0]) if client else None
        if peer is None:
            return UNKNOWN
        if self._trusted and self._trusts(peer):
            peer = self._forwarded_for(peer, scope["headers"])
        return _key(peer)

    def peer(self, host: str | None) -> tuple[str, bool]:
        """The quota key of a connection's other end, and whether it is a trusted proxy.

        Args:
            host: The address of the other end; None if it has none.
        """
        peer = _parse(host) if host else None
        return (UNKNOWN, False) if peer is None else (_key(peer), self._trusts(peer))

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
    """Parse an address. An IPv4-mapped IPv6 address becomes the IPv4 address; anything else than an address is None."""
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
    """Remove the port of `192.0.2.1:80` or `[2001:db8::1]:80`; return anything else unchanged."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
