import pytest

from pilookup.loopback import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.255.254", "::1"])
def test_hosts_of_this_machine_are_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.org",
        "localhost.example.org",
        "LOCALHOST.",
        "10.0.0.1",
        "0.0.0.0",
        "::",
        "128.0.0.1",
        "127.1",
        "[::1]",
    ],
)
def test_other_hosts_are_not_loopback(host):
    assert not is_loopback(host)
