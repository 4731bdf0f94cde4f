"""Data that grow tenfold in five publishes within one epoch of `platform`: both clients answer throughout."""

import time

import httpx2

from pilookup.custody.publish.publish import publish
from pilookup.protocol.label import Kind
from tests.support.attacks.asking import assert_truth, node_check, statuses
from tests.support.attacks.home import HIT, LISTED, MISS, silent
from tests.support.server.platform_keys import KEY


def served_serial(server):
    state = server.app.state.service.watchers["platform"].state
    return max(state.loaded.snapshots)


def test_both_clients_answer_while_data_grow_tenfold(held, serve, plain_client_at):
    server = serve(held.path)
    trust = held.path / "trust-platform.json"
    client = plain_client_at(server.url, "platform", trust=held.trust("platform"))
    first, total = held.manifest("platform"), len(LISTED)
    assert_truth(client)
    for step, factor in enumerate((1.6, 2.5, 4, 6.3, 10)):
        more = [f"136{total + n:08}" for n in range(int(len(LISTED) * factor) - total)]
        total += len(more)
        with held.opened() as session:
            held.load(session, held.path.parent / f"growth-{step}.csv", ["phone", *more], Kind.EXPOSURE)
            done = publish(session, "platform", silent)
        assert not done.rotated
        end = time.monotonic() + 30
        while served_serial(server) != done.serial:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert_truth(client)  # by what it knows of the release before
        fresh = plain_client_at(server.url, "platform", trust=held.trust("platform"))
        assert statuses(fresh, [HIT, MISS, more[-1]]) == ["found", "not_found", "found"]
        found = node_check(server.url, trust, [HIT, MISS, more[-1]], channel="platform", token=KEY)
        assert found == [("found", None), ("not_found", None), ("found", None)]
    last = held.manifest("platform")
    assert (last.epoch, last.geometry.bits) == (1, first.geometry.bits)
    assert last.geometry.slots > 5 * first.geometry.slots
    assert last.entries > 9.5 * first.entries
    assert httpx2.get(f"{server.url}/readyz").status_code == 200
