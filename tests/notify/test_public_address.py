"""Addresses that are not public, in every form: the registries of IANA, wrapped addresses, spellings of look-ups."""

import random
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.notify.endpoint import Endpoint
from pilookup_server.notify.public_address import is_in, is_public
from pilookup_server.service_database.deliveries import TargetError

# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry, 2026-11; every entry.
IPV4_REGISTRY = [
    "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.88.99.2/32", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32",
]  # fmt: skip
IPV6_REGISTRY = [
    "::1/128", "::/128", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
]  # fmt: skip
MULTICAST = ["224.0.0.0/4", "ff00::/8"]
OTHER = ["fec0::/10", "::/96", "::ffff:0:0:0/96", "4000::/3", "e000::/4"]
"""Site-local, IPv4-compatible and translated addresses, and blocks that IANA has not given out."""

PUBLIC = ["1.1.1.1", "8.8.8.8", "114.114.114.114", "223.5.5.5", "100.63.255.255", "172.32.0.1", "192.0.1.1"]
PUBLIC += ["2400:3200::1", "2606:4700:4700::1111", "2a00:1450::1", "240e::1", "64:ff9b::8.8.8.8"]


def samples(block):
    """The ends of a block and some addresses inside it."""
    network, draw = ip_network(block), random.Random(block)
    numbers = [0, network.num_addresses - 1, *(draw.randrange(network.num_addresses) for _ in range(20))]
    return [str(network[number]) for number in numbers]


@pytest.mark.parametrize("block", [*IPV4_REGISTRY, *IPV6_REGISTRY, *MULTICAST, *OTHER])
def test_no_address_of_a_special_block_is_public(block):
    assert not [address for address in samples(block) if is_public(address)]


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_hosts_are(address):
    assert is_public(address)


@pytest.mark.parametrize("block", IPV4_REGISTRY + MULTICAST[:1])
def test_no_wrapping_makes_an_ipv4_address_public(block):
    for text in samples(block):
        packed = IPv4Address(text).packed
        inverted = bytes(byte ^ 0xFF for byte in packed)
        wrapped = {
            "mapped": b"\0" * 10 + b"\xff\xff" + packed,
            "compatible": b"\0" * 12 + packed,
            "translated": b"\0" * 8 + b"\xff\xff\0\0" + packed,
            "NAT64": bytes.fromhex("0064ff9b") + b"\0" * 8 + packed,
            "local NAT64": bytes.fromhex("0064ff9b0001") + b"\0" * 6 + packed,
            "6to4": bytes.fromhex("2002") + packed + b"\0" * 10,
            "Teredo server": bytes.fromhex("20010000") + packed + b"\0" * 8,
            "Teredo client": bytes.fromhex("20010000") + b"\x08" * 8 + inverted,
            "ISATAP": bytes.fromhex("fe8000000000000000005efe") + packed,
        }
        for how, address in wrapped.items():
            assert not is_public(str(IPv6Address(address))), how


def test_a_public_address_in_a_wrapping_is_public_for_nat64_alone():
    packed = IPv4Address("8.8.8.8").packed
    assert is_public(str(IPv6Address(bytes.fromhex("0064ff9b") + b"\0" * 8 + packed)))
    for prefix in (b"\0" * 10 + b"\xff\xff", b"\0" * 12):
        assert not is_public(str(IPv6Address(prefix + packed)))
    assert not is_public(str(IPv6Address(bytes.fromhex("2002") + packed + b"\0" * 10)))


@given(st.ip_addresses())
@settings(deadline=None)
def test_what_python_calls_private_is_never_public(address):
    if is_public(str(address)):
        assert address.is_global
        assert not any((address.is_private, address.is_loopback, address.is_link_local, address.is_multicast))
        assert not (address.is_reserved or address.is_unspecified) or address in ip_network("64:ff9b::/96")


@pytest.mark.parametrize(
    "text", ["fe80::1%eth0", "2400:3200::1%1", "8.8.8.8%1", "", "localhost", "8.8.8", "08.8.8.8", " 8.8.8.8"]
)
def test_a_scope_or_what_is_no_address_is_never_public(text):
    assert not is_public(text)
    assert not is_in(text, [ip_network("0.0.0.0/0"), ip_network("::/0")])


def test_the_operators_networks():
    networks = [ip_network("10.20.0.0/16"), ip_network("fd00:1::/32")]
    assert is_in("10.20.3.4", networks)
    assert is_in("fd00:1::5", networks)
    assert not is_in("10.21.0.1", networks)
    assert not is_in("::ffff:10.20.3.4", networks)


def spellings(address):
    """Host spellings of an IPv4 address that the system's look-up takes for it (inet_aton), and IPv6 ones."""
    number = int(address)
    a, b, c, d = address.packed
    whole = [str(number), hex(number), f"0x{number:X}", f"0{number:o}", f"0000{number:o}"]
    rest = [f"{a}.{number & 0xFFFFFF}", f"{a}.{b}.{number & 0xFFFF}", f"{a}.{b}.{c}.{d}", f"0x{a:x}.{b}.{c}.0{d:o}"]
    mixed = [f"0{a:o}.0x{b:x}.{c}.{d}", f"{hex(a)}.{hex(b)}.{hex(c)}.{hex(d)}", f"{a:03o}.{b}.{number & 0xFFFF:#x}"]
    ipv6 = [f"[::ffff:{address}]", "[::1]", "[fe80::1%25eth0]"]
    return whole + rest + mixed + ipv6


@given(st.ip_addresses(v=4))
@settings(deadline=None)
def test_no_spelling_of_an_address_is_a_hosts_name(address):
    for host in spellings(address):
        for url in (f"https://{host}/x", f"https://{host}:8443/x", f"https://{host}./x"):
            with pytest.raises(TargetError):
                Endpoint.parse(url)


def test_the_spellings_are_ones_that_the_system_takes():
    address = IPv4Address("127.0.0.1")
    for host in spellings(address)[:10]:
        assert ip_address(socket.inet_aton(host)) == address, host


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "https:hooks.example", "https:///x", "https://", "https://hooks.example:0/", "https://hooks.example:99999/",
        "https://user@hooks.example/", "https://user:word@hooks.example/", "https://hooks.example\\@10.0.0.1/", "https://hooks.example#x",
        "https://hooks.example/#x", "https://hooks.example/a b", "https://hooks.example/\r\nhost: x", "https://hooks.example\t/", "https://钩子.example/",
        "https://-hooks.example/", "https://hooks-.example/", "https://hooks..example/", "https://hooks.example./", "https://hooks.example:/",
        "https://hooks.example:+1/", "https://hooks_.example/", "https://1.2.3.4/", "https://hooks.example.1/", "https://0x/", "file:///etc/passwd",
        "ftp://hooks.example/", "https://hooks%2eexample/", f"https://{'a' * 64}.example/", f"https://{'a.' * 127}example/", "https://hooks.example/" + "x" * 2048,
    ],
)  # fmt: skip
def test_what_is_no_url_of_a_receiver_is_refused_without_repeating_it(url):
    with pytest.raises(TargetError) as raised:
        Endpoint.parse(url)
    assert len(url) < 10 or url not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://hooks.example", "hooks.example", 443, "/"),
        ("https://Hooks.Example:443/x?token=1", "hooks.example", 443, "/x?token=1"),
        ("HTTPS://hooks.example:8443/a%20b", "hooks.example", 8443, "/a%20b"),
        ("https://xn--fsq.example/", "xn--fsq.example", 443, "/"),
    ],
)
def test_urls_have_one_spelling(url, host, port, target):
    endpoint = Endpoint.parse(url)
    assert (endpoint.host, endpoint.port, endpoint.target) == (host, port, target)
    assert Endpoint.parse(endpoint.url) == endpoint
    assert target.strip("/") == "" or target not in repr(endpoint)


@given(st.text(max_size=60) | st.from_regex(r"https://[ -~]{0,40}", fullmatch=True))
@settings(deadline=None)
def test_any_text_is_refused_or_has_one_spelling(url):
    try:
        endpoint = Endpoint.parse(url)
    except TargetError:
        return
    assert Endpoint.parse(endpoint.url) == endpoint
    assert endpoint.url.isascii()
    assert endpoint.url.isprintable()
