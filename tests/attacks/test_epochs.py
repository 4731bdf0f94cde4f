"""Epochs that are over, and snapshots of different epochs laid side by side."""

from itertools import combinations

import httpx2
import pytest

from pilookup.protocol import oprf, token
from tests.support.attacks.asking import assert_truth, assert_unknown, node_check
from tests.support.attacks.home import HIT, LISTED, identifier
from tests.support.filters import Filter, contains


@pytest.fixture(scope="module")
def rotated(original, tmp_path_factory):
    """Two epochs served, and what the first one's snapshot was."""
    held = original.copy(tmp_path_factory.mktemp("rotated") / "home")
    held.rotate()
    return held


def elements(count=1):
    return oprf.blind([b"tel:+8613900000001"] * count)[1]


def evaluate(url, epoch):
    headers = {"content-type": "application/octet-stream"}
    return httpx2.post(f"{url}/v1/channels/public/evaluate?epoch={epoch}", content=elements(), headers=headers)


def test_after_two_rotations_the_first_epoch_is_gone_and_a_client_goes_on(held, serve, plain_client_at):
    server = serve(held.path, grace_seconds=0)
    client = plain_client_at(server.url, trust=held.trust())
    assert_truth(client)
    first = held.manifest()
    held.rotate()
    assert [evaluate(server.url, epoch).status_code for epoch in (1, 2, 3)] == [200, 200, 410]
    held.rotate(compromised=True)
    # Until a worker has looked at the disk (once a second by default) it still holds the first epoch's key.
    assert httpx2.get(f"{server.url}/v1/channels/public/metadata/timestamp.json").status_code == 200
    assert_truth(client)
    assert client.client.manifest.epoch == 3
    answer = evaluate(server.url, 1)
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:pilookup:problem:retired"
    bucket = httpx2.get(f"{server.url}/v1/channels/public/snapshots/{first.serial}/buckets/0")
    assert bucket.status_code == 410
    assert not list(held.path.rglob("*channel-public-1.key"))
    assert not list(held.path.rglob("*channel-public-2.key"))
    assert list(held.path.rglob("*channel-public-3.key"))


def test_a_client_kept_on_old_metadata_is_retired(held, serve, front, plain_client_at):
    """A mirror that keeps showing the first epoch, after the server has let go of it: no answer, and no loop."""
    kept = held.metadata()
    proxy = front(serve(held.path, grace_seconds=0))
    path, manifest = held.file("manifest.json").name, held.file("manifest.json").read_bytes()
    held.rotate()
    held.rotate(compromised=True)

    def twist(request, answer):
        name = request.path.rpartition("/")[2]
        if "/metadata/" in request.path:
            return type(answer)(body=kept[name]) if name in kept else type(answer)(404)
        return type(answer)(body=manifest) if name == path else answer

    proxy.twist = twist
    assert_unknown(plain_client_at(proxy.url, trust=held.trust()), "retired")
    assert node_check(proxy.url, held.path / "trust-public.json") == [("unknown", "retired")] * 2
    assert sum("/evaluate" in request.path for request in proxy.recorded) <= 4


def test_the_former_epochs_key_for_the_current_one_is_bad_proof(rotated, serve, front, client_at):
    proxy = front(serve(rotated.path))
    passed = proxy.pass_on

    def pass_on(request):
        return passed(
            type(request)(request.method, request.path.replace("epoch=2", "epoch=1"), request.body, request.headers)
        )

    proxy.pass_on = pass_on
    assert_unknown(client_at(proxy.url, trust=rotated.trust()), "bad_proof")


def entries(data):
    return {data[at : at + 32] for at in range(0, len(data), 32)} - {bytes(32)}


def chance(first, second, bits):
    """More common values than this are no accident."""
    return len(first) * len(second) / 2**bits + 3


def test_entries_of_two_epochs_or_channels_have_nothing_in_common(rotated):
    """Nothing that lasts over a rotation can be seen: no tag, no sealed label, no run of bytes in either."""
    one, two = rotated.release().epochs[1], rotated.release().epochs[0]
    folder = rotated.channel() / "targets"
    old, new = ((folder / epoch.path("buckets.bin")).read_bytes() for epoch in (one, two))
    platform = rotated.file("buckets.bin", "platform").read_bytes()
    assert len(entries(old)) == len(LISTED) + 8
    for first, second in combinations([entries(data) for data in (old, new, platform)], 2):
        for start, end in ((0, 4), (4, 8), (8, 12), (12, 16), (16, 20), (28, 32)):
            left, right = ({entry[start:end] for entry in side} for side in (first, second))
            assert len(left & right) <= chance(left, right, 32)
        assert not {entry[4:16] for entry in first} & {entry[4:16] for entry in second}


def test_filters_of_one_epoch_know_nothing_of_the_tokens_of_another(rotated):
    one, two = rotated.release().epochs[1], rotated.release().epochs[0]
    names = ["exposure.base.fuse16", "malicious-registration.base.fuse16"]
    folder = rotated.channel() / "targets"
    with rotated.opened() as session:
        keys = {epoch: session.channel_key("public", epoch) for epoch in (1, 2)}
    listed = [identifier(number) for number in LISTED]
    for served, other in ((one, 2), (two, 1)):
        elements = oprf.tokenise(listed, keys[other])
        secrets = token.tokens(elements, "public", other)
        # The same element under the epoch's own number, too: the key alone must make the difference.
        secrets += token.tokens(elements, "public", served.epoch)
        for name in names:
            body = Filter.from_bytes((folder / served.path(name)).read_bytes()).body
            assert sum(contains(body, token.filter_key(secret)) for secret in secrets) <= 5


def test_a_numbers_bucket_says_nothing_about_its_bucket_in_the_next_epoch(rotated):
    with rotated.opened() as session:
        keys = [session.channel_key("public", epoch) for epoch in (1, 2)]
    listed = [identifier(number) for number in LISTED]
    places = []
    for epoch, key in enumerate(keys, 1):
        secrets = token.tokens(oprf.tokenise(listed, key), "public", epoch)
        places.append([token.bucket_index(secret, 3) for secret in secrets])
    same = sum(a == b for a, b in zip(*places, strict=True))
    assert abs(same - len(listed) / 8) < 6 * (len(listed) * 7 / 64) ** 0.5


def test_an_entry_of_the_former_epoch_does_not_open_in_the_current_one(rotated):
    """A snapshot kept from before cannot be searched with answers of today."""
    one = rotated.release().epochs[1]
    old = (rotated.channel() / "targets" / one.path("buckets.bin")).read_bytes()
    with rotated.opened() as session:
        keys = {epoch: session.channel_key("public", epoch) for epoch in (1, 2)}
    own = token.tokens(oprf.tokenise([identifier(HIT)], keys[1]), "public", 1)[0]
    assert token.find(own, old, "public", 1) is not None
    for epoch in (1, 2):
        secret = token.tokens(oprf.tokenise([identifier(HIT)], keys[2]), "public", epoch)[0]
        assert token.find(secret, old, "public", epoch) is None
