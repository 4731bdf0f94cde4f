"""A bucket host that lies, or a publisher's files altered on their way: bad_bucket, never another answer."""

import pytest

from pilookup.errors import FormatError
from pilookup.protocol import merkle, oprf, token
from pilookup.protocol.buckets import check_body
from tests.support.attacks.asking import assert_truth, assert_unknown
from tests.support.attacks.home import HIT, MISS, identifier


@pytest.fixture
def stride(original):
    return original.manifest().geometry.stride


def where(original, number):
    """The bucket of a number and its token, by the channel's key."""
    manifest = original.manifest()
    with original.opened() as session:
        key = session.channel_key("public", 1)
    secret = token.tokens(oprf.tokenise([identifier(number)], key), "public", 1)[0]
    return token.bucket_index(secret, manifest.geometry.bits), secret


def flip(data, at, bit=1):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


BODIES = {
    "first byte": lambda out, size: flip(out, 0),
    "a sealed label": lambda out, size: flip(out, 31, 0x80),
    "an empty slot": lambda out, size: flip(out, size - 1),
    "first hash of the path": flip,
    "last hash of the path": lambda out, size: flip(out, len(out) - 1),
    "hashes of the path exchanged": lambda out, size: out[:size] + out[size + 32 : size + 64] + out[size : size + 32] + out[size + 64 :],
    "path of zeros": lambda out, size: out[:size] + bytes(len(out) - size),
    "no entry left": lambda out, size: bytes(size) + out[size:],
    "two entries exchanged": lambda out, size: out[32:64] + out[:32] + out[64:],
    "an entry twice": lambda out, size: out[:32] + out[: size - 32] + out[size:],
    "path one longer": lambda out, size: out[:-32],
    "no path": lambda out, size: out[:size],
    "nothing": lambda out, size: b"",
    "a byte short": lambda out, size: out[:-1],
}  # fmt: skip


@pytest.mark.parametrize("change", BODIES)
def test_an_altered_body_is_bad_bucket_and_is_not_kept(change, proxy, client, stride):
    proxy.alter("/buckets/", lambda request, out: BODIES[change](out, stride))
    assert_unknown(client, "bad_bucket")
    proxy.honest()
    assert_truth(client)


def test_longer_bodies_are_cut_off(proxy, client):
    for more in (1, 10_000_000):
        proxy.alter("/buckets/", lambda request, out, more=more: out + bytes(more))
        assert_unknown(client, "bad_bucket")


def test_a_bucket_exchanged_for_another_is_bad_bucket(original, proxy, client):
    count = original.manifest().geometry.buckets

    def other(request, out):
        head, _, index = request.path.rpartition("/")
        return proxy.upstream.get(f"{head}/{(int(index) + 1) % count}").content

    proxy.alter("/buckets/", other)
    assert_unknown(client, "bad_bucket")


def test_an_entry_copied_to_another_bucket_is_bad_bucket(original, proxy, client, stride):
    """A hit's own entry put where a miss is looked for: under the true path, and under one that fits it."""
    index, secret = where(original, HIT)
    body = proxy.upstream.get(f"/v1/channels/public/snapshots/{original.manifest().serial}/buckets/{index}").content
    entry = next(body[at : at + 32] for at in range(0, stride, 32) if body[at : at + 4] == secret[4:8])
    buckets = original.file("buckets.bin").read_bytes()

    def copied(out):
        return entry + out[32:stride]

    def rerooted(request, out):
        place = int(request.path.rpartition("/")[2])
        slots = copied(out)
        leaves = [merkle.leaf_hash(buckets[at : at + stride]) for at in range(0, len(buckets), stride)]
        leaves[place] = merkle.leaf_hash(slots)
        return slots + merkle.path(merkle.build(leaves), place, original.manifest().geometry.bits)

    for change in (lambda request, out: copied(out) + out[stride:], rerooted):
        proxy.alter("/buckets/", change)
        assert_unknown(client, "bad_bucket")


def test_an_entry_moved_by_the_publisher_does_not_open_for_another_number(original, stride):
    """Even in a bucket that is signed, an entry opens for its own number alone."""
    index, miss = where(original, MISS)
    buckets = original.file("buckets.bin").read_bytes()
    slots = buckets[index * stride : (index + 1) * stride]
    home, hit = where(original, HIT)
    own = buckets[home * stride : (home + 1) * stride]
    entry = next(own[at : at + 32] for at in range(0, stride, 32) if own[at : at + 4] == hit[4:8])
    for planted in (entry, miss[4:8] + entry[4:]):
        assert token.find(miss, planted + slots[32:], "public", 1) is None
    assert token.find(hit, entry + slots[32:], "platform", 1) is None
    assert token.find(hit, entry + slots[32:], "public", 2) is None
    assert token.find(hit, entry + slots[32:], "public", 1) is not None


def test_an_older_bucket_under_a_newer_manifest_is_bad_bucket(held, serve, front, plain_client_at):
    proxy = front(serve(held.path))
    before = held.manifest()
    path = f"/v1/channels/public/snapshots/{before.serial}/buckets/"
    kept = [proxy.upstream.get(f"{path}{index}").content for index in range(before.geometry.buckets)]
    held.publish_more("13500000001")
    manifest = held.manifest()
    assert (manifest.geometry, manifest.serial > before.serial) == (before.geometry, True)
    for index, body in enumerate(kept):
        with pytest.raises(FormatError):
            check_body(body, index, manifest.geometry, manifest.root)
    proxy.alter("/buckets/", lambda request, out: kept[int(request.path.rpartition("/")[2])])
    assert_unknown(plain_client_at(proxy.url, trust=held.trust()), "bad_bucket")
