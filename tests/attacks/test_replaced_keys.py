"""Clients with the pinned root, and with state of before, answer a release that was made after all keys were replaced."""

import httpx2
import pytest

from pilookup.clock import utc_now
from pilookup.custody import Custody
from tests.support.attacks.asking import BOTH, assert_truth, node_check
from tests.support.attacks.home import CUSTODY, ONLINE


@pytest.fixture
def replaced(held):
    with Custody.open(held.path, passphrase=CUSTODY, online_passphrase=ONLINE, clock=utc_now) as custody:
        for role in ("timestamp", "snapshot"):
            custody.replace_key("public", role)
        for role in ("targets", "root"):
            for number in (1, 2, 3):
                custody.replace_key("public", role, f"{role}-public-{number}")
    return held


def test_clients_follow_eight_roots(original, replaced, serve, front, client_at, tmp_path):
    proxy = front(serve(original.path))
    client = client_at(proxy.url, trust=original.trust())
    assert_truth(client)
    trust, state = original.path / "trust-public.json", tmp_path / "node.json"
    seen = node_check(proxy.url, trust, BOTH, state)
    assert [status for status, _ in seen] == ["found", "not_found"]
    proxy.upstream.close()
    proxy.upstream = httpx2.Client(base_url=serve(replaced.path).url, timeout=30)
    assert replaced.metadata().keys() >= {f"{version}.root.json" for version in range(1, 10)}
    for one in (client, client_at(proxy.url, trust=replaced.trust())):
        one.client._trust._verified_at = (-1e9, -1e9)
        assert_truth(one)
    assert node_check(proxy.url, trust, BOTH, state) == seen
    assert node_check(proxy.url, trust, BOTH) == seen
