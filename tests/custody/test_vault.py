import shutil

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core, durable
from pilookup.custody.vault import PARTITIONS, Vault
from pilookup.custody.vault.partitions import partitions_of
from pilookup.custody.vault.schema import SCHEMA
from pilookup.custody.vault.shard import MAGIC, ShardStore, read_guard
from pilookup.errors import PublishError, VaultError
from pilookup.protocol.names import VAULT_GUARD
from tests.support.custody.home import content, files_under, numbers, opened, rows_of, run_load, write_csv

GUARD = bytes(range(32))
HEAD = len(MAGIC) + 32
ONE_FILE = settings(max_examples=60, deadline=None)


def table(elements):
    rows = [{"element": element, "account": bytes(16), "count": 1, "month": 300} for element in elements]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@pytest.fixture
def loaded(session, tmp_path):
    run_load(session, [write_csv(tmp_path / "a.csv", numbers(400))])
    return session


def a_shard(session, index=0):
    [load] = session.loads()
    partition = session.vault.partitions(load)[index]
    return load, partition, session.home.vault / load.slug / load.id / f"{partition:02}.shard"


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40), st.text(max_size=40))
@ONE_FILE
def test_a_shard_is_read_back_as_written(tmp_path, elements, aad):
    store, path = ShardStore(bytes(32), GUARD), tmp_path / "s.shard"
    durable.write_flushed(path, store.encode_shard(aad, [table(elements)]))
    assert store.read_table(path, aad) == table(elements)
    assert read_guard(path) == GUARD
    path.unlink()


@given(st.data())
@ONE_FILE
def test_a_shard_that_is_truncated_or_has_a_flipped_bit_is_a_vault_error(tmp_path, data):
    store, path = ShardStore(bytes(32), GUARD), tmp_path / "s.shard"
    whole = bytearray(store.seal("1/a/00", b"some parquet bytes"))
    if data.draw(st.booleans()):
        bit = data.draw(st.integers(0, len(whole) * 8 - 1))
        whole[bit // 8] ^= 1 << bit % 8
    else:
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    path.write_bytes(whole)
    with pytest.raises(VaultError, match=r"s\.shard: "):
        store.read_table(path, "1/a/00")


@given(st.binary(max_size=100))
@ONE_FILE
def test_arbitrary_bytes_are_refused_as_a_shard(tmp_path, data):
    path = tmp_path / "s.shard"
    path.write_bytes(data)
    with pytest.raises(VaultError, match=r"s\.shard: "):
        ShardStore(bytes(32), GUARD).read(path, "1/a/00")


def test_a_shard_is_bound_to_its_aad_its_key_and_its_vault(tmp_path):
    path = tmp_path / "s.shard"
    ShardStore(bytes(32), GUARD).write(path, "1/a/00", b"x")
    for aad in ("2/a/00", "1/b/00", "1/a/01"):
        with pytest.raises(VaultError, match="not where it belongs"):
            ShardStore(bytes(32), GUARD).read(path, aad)
    with pytest.raises(VaultError, match="altered"):
        ShardStore(bytes(31) + b"\x01", GUARD).read(path, "1/a/00")
    with pytest.raises(VaultError, match="another vault key"):
        ShardStore(bytes(32), GUARD[::-1]).read(path, "1/a/00")


def test_a_missing_shard_is_named_and_not_read_as_empty(loaded):
    load, partition, path = a_shard(loaded)
    path.unlink()
    with pytest.raises(VaultError, match=f"{path}: missing"):
        rows_of(loaded.vault, partition, [load])


def test_a_missing_index_is_named(loaded):
    load, partition, path = a_shard(loaded)
    (path.parent / "index.sealed").unlink()
    with pytest.raises(VaultError, match=r"index\.sealed: missing"):
        rows_of(loaded.vault, partition, [load])


def test_a_shard_copied_over_another_is_refused(loaded):
    load, _, path = a_shard(loaded, 0)
    _, other, other_path = a_shard(loaded, 1)
    shutil.copy(path, other_path)
    with pytest.raises(VaultError, match=f"{other_path}: altered, or not where it belongs"):
        rows_of(loaded.vault, other, [load])


def test_a_shard_of_an_earlier_load_is_refused(loaded, tmp_path):
    run_load(loaded, [write_csv(tmp_path / "b.csv", numbers(400, 400))])
    one, two = loaded.loads()
    partition = min(set(loaded.vault.partitions(one)) & set(loaded.vault.partitions(two)))
    folder = loaded.home.vault / "case-1"
    shutil.copy(folder / one.id / f"{partition:02}.shard", folder / two.id / f"{partition:02}.shard")
    with pytest.raises(VaultError, match="not where it belongs"):
        rows_of(loaded.vault, partition, [two])


def test_every_element_is_in_its_partition_and_in_order(loaded):
    seen = 0
    for partition in range(PARTITIONS):
        elements = [row["element"] for row in rows_of(loaded.vault, partition, loaded.loads())]
        assert elements == sorted(elements)
        assert all(partitions_of(element)[0] == partition for element in elements)
        seen += len(elements)
    assert seen == 400


def test_the_vault_holds_the_elements_of_the_numbers(loaded):
    key = loaded.keyring.scalar("vault")
    wanted = _core.tokenise([b"tel:+86" + number.encode() for number in numbers(400)], key)
    assert [row[1] for row in content(loaded)] == sorted(wanted[i : i + 32] for i in range(0, len(wanted), 32))


def test_the_right_shift_passes_the_guards_and_another_does_not(loaded):
    vault_key, channel_key = loaded.keyring.scalar("vault"), _core.SecretKey.generate()
    loaded.vault.check_shift(vault_key.shift_to(channel_key), channel_key, loaded.loads())
    with pytest.raises(PublishError, match="written under another vault key; refusing to publish"):
        loaded.vault.check_shift(_core.SecretKey.generate(), channel_key, loaded.loads())


def test_a_guard_of_another_vault_in_one_shard_stops_the_shift(loaded):
    _, _, path = a_shard(loaded)
    vault_key, channel_key = loaded.keyring.scalar("vault"), _core.SecretKey.generate()
    foreign = _core.tokenise([VAULT_GUARD], _core.SecretKey.generate())
    data = path.read_bytes()
    path.write_bytes(MAGIC + foreign + data[HEAD:])
    with pytest.raises(PublishError, match="written under another vault key; refusing to publish"):
        loaded.vault.check_shift(vault_key.shift_to(channel_key), channel_key, loaded.loads())


def test_a_vault_with_loads_unknown_to_its_database_is_not_changed(loaded):
    """This is the state after an older database is restored. Recovery would delete what was loaded since."""
    stranger = loaded.home.vault / "case-2" / "dd" / "00.shard"
    stranger.parent.mkdir(parents=True)
    stranger.write_bytes(b"a load of another database")
    before = files_under(loaded.home.vault)
    with pytest.raises(VaultError, match="not in the control data"):
        loaded.recover()
    assert files_under(loaded.home.vault) == before


def test_recovery_keeps_what_the_control_data_name_and_nothing_else(loaded):
    before = files_under(loaded.home.vault)
    loaded.vault.mark_pending(["bb", "cc", *(load.id for load in loaded.loads())])
    for name in (".staging/aa.splits/000000.sorted", "case-1/bb/00.shard", "case-2/cc/00.shard"):
        path = loaded.home.vault / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"remains of a killed command")
    loaded.recover()
    assert files_under(loaded.home.vault) == before
    assert not list((loaded.home.vault / ".unsettled").iterdir())
    assert not (loaded.home.vault / ".staging").exists()
    assert not (loaded.home.vault / "case-2").exists()


def test_the_removal_of_a_load_is_flushed_before_its_mark_is_deleted(loaded, monkeypatch):
    [load] = loaded.loads()
    folder = loaded.home.vault / load.slug
    mark = loaded.home.vault / ".unsettled" / load.id
    loaded.vault.mark_pending([load.id])
    seen, sync = [], durable.sync_directory

    def watched(path):
        seen.append((path, (folder / load.id).exists(), mark.exists()))
        sync(path)

    monkeypatch.setattr(durable, "sync_directory", watched)
    loaded.vault.recover([])
    assert seen == [(folder, False, True)]
    assert not folder.exists()
    assert not mark.exists()


def test_a_vault_opened_under_another_vault_key_cannot_be_read(loaded, home):
    loaded.keyring.destroy("vault")
    loaded.keyring.add_scalar("vault", _core.SecretKey.generate())
    vault = Vault(home, loaded.keyring)
    with pytest.raises(VaultError, match="another vault key"):
        rows_of(vault, 0, loaded.loads())


def test_reopening_reads_the_same(home, tmp_path):
    with opened(home.path) as session:
        run_load(session, [write_csv(tmp_path / "a.csv", numbers(50))])
        before = content(session)
    with opened(home.path) as session:
        assert content(session) == before


@pytest.mark.parametrize("data", [b"", b"PLKS\x01" + bytes(31), b"PLKS\x03" + bytes(32), bytes(40)])
def test_the_guard_of_a_file_that_is_not_a_vaults_is_not_read(tmp_path, data):
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(VaultError, match=r"/f: not a vault file$"):
        read_guard(tmp_path / "f")


def test_the_guard_of_a_missing_file_is_not_read(tmp_path):
    with pytest.raises(VaultError, match=r"/f: missing$"):
        read_guard(tmp_path / "f")
