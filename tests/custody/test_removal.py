import pytest

from pilookup import _core, durable
from pilookup.custody.removal import erase, withdraw
from pilookup.errors import CustodyError, VaultError
from tests.support.custody.home import content, elements_of, files_under, numbers, opened, run_load, write_csv

ONE = numbers(1)[0]
IDENTIFIER = b"tel:+86" + ONE.encode()


@pytest.fixture
def loaded(database, session, tmp_path):
    run_load(session, [write_csv(tmp_path / "a.csv", numbers(200))], "case-1")
    run_load(session, [write_csv(tmp_path / "b.csv", numbers(100))], "case-2")
    run_load(session, [write_csv(tmp_path / "c.csv", numbers(100, 500))], "case-3")
    return session


def element_of(session, identifier=IDENTIFIER):
    return _core.tokenise([identifier], session.keyring.scalar("vault"))


def test_an_erased_number_is_removed_from_every_dataset_and_no_other_is(loaded):
    before, gone = content(loaded), element_of(loaded)
    assert erase(loaded, IDENTIFIER) == 2
    assert content(loaded) == [row for row in before if row[1] != gone]
    assert loaded.control.removals() == 1


def test_erasing_an_erased_or_unknown_number_changes_nothing(loaded):
    erase(loaded, IDENTIFIER)
    after = content(loaded)
    assert erase(loaded, IDENTIFIER) == 0
    assert erase(loaded, b"tel:+8613900000000") == 0
    assert content(loaded) == after


def test_the_shards_themselves_no_longer_contain_an_erased_number(loaded, home):
    erase(loaded, IDENTIFIER)
    (home.vault / "suppressed.sealed").unlink()
    with_empty_list = type(loaded.vault)(home, loaded.keyring)
    with pytest.raises(VaultError, match=r"suppressed\.sealed: missing"):
        elements_of(with_empty_list, loaded.loads())
    with_empty_list.create()
    rows = elements_of(with_empty_list, loaded.loads())
    assert rows
    assert element_of(loaded) not in rows


def test_loading_the_same_file_again_does_not_restore_an_erased_number(loaded, tmp_path):
    erase(loaded, IDENTIFIER)
    after = content(loaded)
    outcome = run_load(loaded, [tmp_path / "a.csv"], "case-1", replace=True)
    assert outcome.total.rejected == {"erased": 1}
    assert (outcome.total.accepted, outcome.total.distinct) == (199, 199)
    assert content(loaded) == after
    run_load(loaded, [tmp_path / "a.csv"], "case-4")
    assert element_of(loaded) not in [row[1] for row in content(loaded)]


def test_an_erasure_killed_before_the_shards_are_rewritten_still_applies(loaded, home, monkeypatch):
    before, gone = content(loaded), element_of(loaded)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loaded.vault, "expunge", killed)
    with pytest.raises(KeyboardInterrupt):
        erase(loaded, IDENTIFIER)
    again = type(loaded.vault)(home, loaded.keyring)
    rows = elements_of(again, loaded.loads())
    assert sorted(rows) == sorted(row[1] for row in before if row[1] != gone)


def test_a_leftover_of_a_killed_rewrite_does_not_prevent_the_next(loaded):
    [load] = loaded.control.loads("case-1")
    partition = element_of(loaded)[1] & 63
    shard = loaded.home.vault / "case-1" / load.id / f"{partition:02}.shard"
    durable.temporary(shard).write_bytes(b"half a shard")
    assert erase(loaded, IDENTIFIER) == 2
    assert not durable.temporary(shard).exists()


def test_erased_elements_stay_erased_in_the_next_command(database, home, tmp_path):
    with opened(home.path) as session:
        run_load(session, [write_csv(tmp_path / "a.csv", numbers(20))])
        for number in numbers(5):
            erase(session, b"tel:+86" + number.encode())
    with opened(home.path) as session:
        assert len(content(session)) == 15
        assert len(session.vault.suppressed) == 5


def test_an_altered_list_of_erased_elements_is_refused(loaded, home):
    erase(loaded, IDENTIFIER)
    path = home.vault / "suppressed.sealed"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(VaultError, match=r"suppressed\.sealed: altered"):
        elements_of(type(loaded.vault)(home, loaded.keyring), loaded.loads())


def test_a_withdrawn_dataset_leaves_no_file_and_its_id_is_not_reused(loaded, home, tmp_path):
    before = content(loaded)
    assert withdraw(loaded, "case-2")
    assert not withdraw(loaded, "case-2")
    assert content(loaded) == [row for row in before if row[0] != 2]
    assert not (home.vault / "case-2").exists()
    assert loaded.control.removals() == 1
    with pytest.raises(CustodyError, match="case-2: withdrawn; load into a dataset of another id"):
        run_load(loaded, [tmp_path / "b.csv"], "case-2")
    run_load(loaded, [tmp_path / "b.csv"], "case-5")
    assert loaded.control.dataset("case-5").id == 4


def test_a_withdrawal_killed_before_its_files_are_deleted_is_completed_by_the_next_command(loaded, home):
    loaded.vault.mark_pending(load.id for load in loaded.control.loads("case-2"))
    loaded.recover()
    assert (home.vault / "case-2").exists()
    loaded.vault.mark_pending(load.id for load in loaded.control.loads("case-2"))
    loaded.control.withdraw("case-2", loaded.now)
    assert (home.vault / "case-2").exists()
    assert 2 not in {row[0] for row in content(loaded)}
    loaded.recover()
    assert not (home.vault / "case-2").exists()


def test_an_unknown_dataset_cannot_be_withdrawn(loaded):
    before = files_under(loaded.home.vault)
    with pytest.raises(CustodyError, match="there is no dataset case-9"):
        withdraw(loaded, "case-9")
    assert files_under(loaded.home.vault) == before
