"""The address and the networks that a request is counted for, also behind proxies."""

from ipaddress import ip_address, ip_network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilookup_server.limits.client_address import UNKNOWN, ClientAddresses, ClientNetwork


def scope(client, *forwarded):
    headers = [(b"host", b"t"), *((b"x-forwarded-for", line.encode("latin-1")) for line in forwarded)]
    return {"client": (client, 1) if client else None, "headers": headers}


@pytest.mark.parametrize(
    ("client", "key"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("2001:db8:1:3::9", "2001:db8:1:3::/64"), ("fe80::1%eth0", "fe80::/64"), (None, UNKNOWN), ("testclient", UNKNOWN),
    ],
)  # fmt: skip
def test_addresses(client, key):
    assert ClientAddresses(()).key(scope(client, "203.0.113.9")) == key


@pytest.mark.parametrize(
    ("client", "forwarded", "key"),
    [
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.9,10.9.9.9"], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9:5555"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::5]:443"], "2001:db8::/64"),
        ("10.0.0.1", ["2001:db8::5"], "2001:db8::/64"),
        ("10.0.0.1", ["203.0.113.9, junk"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, junk, 10.1.1.1"], "10.1.1.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.1.1.1"], "10.1.1.1"),
        ("192.0.2.7", ["203.0.113.9"], "192.0.2.7"),
        ("fd00::1", ["203.0.113.9"], "203.0.113.9"),
    ],
)  # fmt: skip
def test_forwarded_addresses_are_believed_only_from_trusted_proxies(client, forwarded, key):
    callers = ClientAddresses((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    assert callers.key(scope(client, *forwarded)) == key


@given(st.text(alphabet="0123456789abcdef:.,[] %x", max_size=80))
def test_any_forwarded_header_gives_a_key(text):
    key = ClientAddresses((ip_network("10.0.0.0/8"),)).key(scope("10.0.0.1", text))
    ip_network(key)


@pytest.mark.parametrize(
    ("client", "networks"),
    [
        ("192.0.2.7", [("192.0.2.7", 1), ("192.0.2.0/24", 32)]),
        ("2001:db8:1:2345::9", [("2001:db8:1:2345::/64", 1), ("2001:db8:1:2300::/56", 4), ("2001:db8:1::/48", 16)]),
        (None, [(UNKNOWN, 1)]),
    ],
)
def test_the_networks_around_an_address(client, networks):
    found = ClientAddresses(()).networks(scope(client))
    assert found == tuple(ClientNetwork(*one) for one in networks)


@given(st.ip_addresses())
def test_every_network_holds_the_address_and_the_narrower_ones(address):
    networks = [ip_network(one.key) for one in ClientAddresses(()).networks(scope(str(address)))]
    if getattr(address, "ipv4_mapped", None):
        address = address.ipv4_mapped
    assert all(ip_address(str(address)) in network for network in networks)
    assert all(inner.subnet_of(outer) for inner, outer in pairwise(networks))
