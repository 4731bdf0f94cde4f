"""Snapshots that custody should not make: refused before they are signed, and found out by clients where they are."""

import pytest

from pilookup import _core
from pilookup.custody.publish import entry_task, epoch_release
from pilookup.custody.publish import publish as publishing
from pilookup.custody.publish.spill_file import INDEX_BITS
from pilookup.errors import PublishError, VaultError
from pilookup.protocol import oprf, token
from pilookup.protocol.label import Label
from pilookup.protocol.oprf import SecretKey
from pilookup.release_files import verify
from tests.support.attacks.asking import assert_truth, assert_unknown, node_check
from tests.support.attacks.home import HIT, MISS, OTHER_HIT, identifier, silent


def under_another_key(monkeypatch):
    """Tasks seal everything, canaries too, under a key that is not the epoch's."""
    other = SecretKey.generate()
    monkeypatch.setattr(entry_task, "shift_of", lambda vault_key, _: vault_key.shift_to(other))


def with_shift_wrong(monkeypatch):
    """A shift that leads from the vault's key to no epoch's: as if the guard of the vault were left out."""
    monkeypatch.setattr(entry_task, "shift_of", lambda *_: SecretKey.generate())


WRONG = [under_another_key, with_shift_wrong]


def publish(held, channel="public"):
    with held.opened() as session:
        return publishing.publish(session, channel, silent)


def test_publish_refuses_a_vault_key_that_is_not_the_vaults(held):
    before = held.metadata()
    with held.opened() as session:
        session.keyring.destroy("vault")
        session.keyring.add_scalar("vault", SecretKey.generate())
        with pytest.raises((PublishError, VaultError)):
            publishing.publish(session, "public", silent)
    assert held.metadata() == before


@pytest.mark.parametrize("wrong", WRONG)
def test_publish_refuses_a_snapshot_whose_canaries_do_not_open(wrong, held, monkeypatch):
    wrong(monkeypatch)
    before = held.metadata()
    with pytest.raises(PublishError, match="canary"):
        publish(held)
    assert held.metadata() == before


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_snapshot_signed_nevertheless_is_bad_snapshot(wrong, held, serve, front, plain_client_at, monkeypatch):
    wrong(monkeypatch)
    monkeypatch.setattr(epoch_release, "verify_canaries", lambda *_: None)
    assert publish(held).changed
    proxy = front(serve(held.path))
    assert_unknown(plain_client_at(proxy.url, trust=held.trust()), "bad_snapshot")
    assert node_check(proxy.url, held.path / "trust-public.json") == [("unknown", "bad_snapshot")] * 2


def test_the_channel_key_changed_under_a_manifest_is_bad_proof_or_not_served(held, serve, front, plain_client_at):
    """Another key in the online half: the server does not serve it, and says nothing about any number."""
    with held.opened() as session:
        online = session.online_keyring()
        online.destroy("channel-public-1")
        online.add_scalar("channel-public-1", SecretKey.generate())
    proxy = front(serve(held.path))
    assert proxy.upstream.get("/readyz").status_code == 503
    assert_unknown(plain_client_at(proxy.url, trust=held.trust()), "server_error")


def twin(held, number):
    """An entry with the tag and the bucket of a number, made to open for nobody; as a spilled record."""
    with held.opened() as session:
        key = session.channel_key("public", 1)
    secret = token.tokens(oprf.tokenise([identifier(number)], key), "public", 1)[0]
    index = token.bucket_index(secret, INDEX_BITS)
    return [index.to_bytes(4, "big") + secret[4:8] + bytes([fill]) * 28 for fill in (1, 254)]


def with_records(monkeypatch, extra):
    """The publisher's own entries, and these beside them."""
    add_canaries = entry_task._EntryCollector.add_canaries

    def add(sealed, vault_key):
        add_canaries(sealed, vault_key)
        sealed.records += extra
        sealed.entries += len(extra)

    monkeypatch.setattr(entry_task._EntryCollector, "add_canaries", add)


def test_of_entries_with_one_tag_the_right_one_is_found(held, serve, front, plain_client_at, monkeypatch):
    """Strangers' entries bear a hit's tag and a miss's: the hit keeps its label, the miss stays not_found."""
    extra = [*twin(held, HIT), *twin(held, MISS)]
    before = held.manifest().entries
    with_records(monkeypatch, extra)
    assert publish(held).changed
    assert held.manifest().entries == before + 4
    slots = held.file("buckets.bin").read_bytes()
    assert slots.count(extra[0][4:8]) >= 3
    proxy = front(serve(held.path))
    client = plain_client_at(proxy.url, trust=held.trust())
    assert_truth(client)
    results = client.check_many([HIT, OTHER_HIT])
    assert results[0].malicious
    assert not results[1].malicious
    assert node_check(proxy.url, held.path / "trust-public.json") == [("found", None), ("not_found", None)]


def test_two_real_entries_of_one_number_are_refused_at_publish(held, monkeypatch):
    """The same entry twice cannot be laid out: a bucket's slots ascend strictly."""
    size = held.manifest().geometry.stride
    first = held.file("buckets.bin").read_bytes()[:size]
    with_records(monkeypatch, [bytes(4) + first[:32]])
    with pytest.raises(PublishError, match=r"buckets 0 to \d+: .*(?i:duplicate|twice|same)"):
        publish(held)


def test_a_label_for_a_number_that_only_canaries_may_have_is_bad_snapshot(
    held, serve, front, plain_client_at, monkeypatch
):
    with held.opened() as session:
        vault_key = session.keyring.scalar("vault")
        shift = vault_key.shift_to(session.channel_key("public", 1))
    element = oprf.tokenise([identifier(MISS)], vault_key)
    records, _ = _core.shift_and_seal(element, Label(canary=True).to_bytes(), shift, "public", 1, INDEX_BITS)
    with_records(monkeypatch, [records])
    assert publish(held).changed
    proxy = front(serve(held.path))
    results = plain_client_at(proxy.url, trust=held.trust()).check_many([HIT, MISS])
    assert [(one.status, one.reason) for one in results] == [("found", None), ("unknown", "bad_snapshot")]


def test_readback_refuses_files_that_are_not_the_manifests(held, tmp_path):
    manifest = held.manifest()
    paths = {name: tmp_path / name for name in manifest.files}
    for name, path in paths.items():
        path.write_bytes(held.file(name).read_bytes())
    verify.verify_files(manifest, paths)
    for name, path in paths.items():
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(ValueError, match=name):
            verify.verify_files(manifest, paths)
        path.write_bytes(whole)
