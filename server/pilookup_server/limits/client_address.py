"""Finds the client address that a request's quota is counted for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

from pilookup_server.settings import Network

Address = IPv4Address | IPv6Address

UNKNOWN = "unknown"
"""The key that all callers without a known address share (a Unix socket without a proxy in front of it)."""


@dataclass(frozen=True, slots=True)
class ClientNetwork:
    """A network that a caller's address is in.

    Attributes:
        key: The network, or UNKNOWN.
        multiple: How many times the quota of one address all its addresses together may use.
    """

    key: str = field(repr=False)
    multiple: int


IPV6_NETWORKS: Final = ((64, 1), (56, 4), (48, 16))
"""Length of the prefix, and the multiple. A /64 counts as one address: the least that a subscriber is given."""

IPV4_NETWORKS: Final = ((32, 1), (24, 32))


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
        return self.networks(scope)[0].key

    def networks(self, scope: Any) -> tuple[ClientNetwork, ...]:
        """The networks of a caller, for which quotas of networks are counted.

        Args:
            scope: The ASGI scope of the request.

        Returns:
            The caller's own address, whose key is that of `key`, then the wider networks that it is in.
        """
        client = scope.get("client")
        peer = _parse(client[0]) if client else None
        if peer is None:
            return (ClientNetwork(UNKNOWN, 1),)
        if self._trusted and self._trusts(peer):
            peer = self._forwarded_for(peer, scope["headers"])
        return _networks(peer)

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


def _key(address: Address) -> str:
    return _networks(address)[0].key


@lru_cache(maxsize=4096)
def _networks(address: Address) -> tuple[ClientNetwork, ...]:
    prefixes = IPV4_NETWORKS if isinstance(address, IPv4Address) else IPV6_NETWORKS
    return tuple(ClientNetwork(_network(address, length), multiple) for length, multiple in prefixes)


def _network(address: Address, length: int) -> str:
    if length == address.max_prefixlen:
        return str(address)
    return str(ip_network((str(address), length), strict=False))


def _without_port(hop: str) -> str:
    """Remove the port of `192.0.2.1:80` or `[2001:db8::1]:80`; return anything else unchanged."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
