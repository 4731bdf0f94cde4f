"""Publishing over a channel's life: unchanged, grown, full, rotated, withdrawn, erased, restored."""

from datetime import date, timedelta
from stat import S_IMODE

import pytest

from pilookup.custody import epochs
from pilookup.custody.publish.publish import publish, republish, rotate
from pilookup.custody.removal import erase, withdraw
from pilookup.custody.status import read_status
from pilookup.custody.vault.vault import STAGING
from pilookup.errors import PublishError, TrustError
from pilookup.keyring.key_ids import channel_key_id, epoch_of_key_id
from pilookup.protocol.label import Kind, Label
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import NOW, NUMBERS, initialised, look_up, manifests, quiet, settled_absent
from tests.support.custody.home import run_load, write_csv


@pytest.fixture
def path(tmp_path, at):
    initialised(tmp_path / "home")
    session = at(tmp_path / "home")
    run_load(session, [write_csv(tmp_path / "a.csv", NUMBERS)], "leak", seized_on=date(2026, 1, 1))
    rows = [f"{number},u{i}" for i, number in enumerate(NUMBERS[:10] * 3)]
    accounts = write_csv(tmp_path / "b.csv", rows, "phone,account")
    run_load(session, [accounts], "accounts", Kind.MALICIOUS, seized_on=date(2026, 2, 1), sensitive=True)
    session.control.close()
    return tmp_path / "home"


def test_the_same_vault_gives_the_same_bytes_and_no_new_serial(at, path):
    session = at(path)
    first = publish(session, "public", quiet)
    before = manifests(session)[0]
    again = publish(at(path, NOW + timedelta(days=20)), "public", quiet)
    assert (first.changed, again.changed, again.serial) == (True, False, first.serial)
    assert manifests(session)[0] == before
    release = session.repository("public").current(NOW)
    assert release.targets_expire == NOW + timedelta(days=50)


def test_every_directory_of_a_published_home_is_accessible_only_to_its_owner(at, path):
    session = at(path)
    publish(session, "public", quiet)
    session.vault.stage(session.home.vault / STAGING / "a-load")
    for folder in (each for each in [path, *path.rglob("*")] if each.is_dir()):
        assert S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_the_public_channel_has_coarse_labels_and_no_sensitive_dataset(at, path):
    session = at(path)
    for channel in ("public", "platform"):
        publish(session, channel, quiet)
    ((public, _),) = look_up(session, NUMBERS[0])
    ((platform, _),) = look_up(session, NUMBERS[0], "platform")
    assert public == Label(exposed=True, cases=(1,))
    assert platform == Label(exposed=True, malicious=True, accounts=3, cases=(2, 1))
    assert [case.id for case in manifests(session)[0].datasets] == [1]
    assert [case.id for case in manifests(session, "platform")[0].datasets] == [1, 2]


def test_a_base_gets_additions_and_is_replaced_when_they_grow(at, path, tmp_path):
    session = at(path)
    publish(session, "public", quiet)
    base = manifests(session)[0].files["exposure.base.fuse16"]
    run_load(session, [write_csv(tmp_path / "c.csv", ["13900000001", "13900000002"])], "more")
    publish(session, "public", quiet)
    second = manifests(session)[0]
    assert second.files["exposure.base.fuse16"] == base
    assert second.files["exposure.additions.fuse16"].size > 0
    assert look_up(session, "13900000001")[0][1]
    assert_settled(session, ["13900000001", NUMBERS[0]], ["13999999999", "13999999998"])
    run_load(session, [write_csv(tmp_path / "d.csv", [f"1391000{i:04}" for i in range(60)])], "many")
    publish(session, "public", quiet)
    third = manifests(session)[0]
    assert_settled(session, ["13900000001", NUMBERS[0]], ["13999999999", "13999999998"])
    assert "exposure.additions.fuse16" not in third.files
    assert third.files["exposure.base.fuse16"] != base
    assert third.geometry == second.geometry


def assert_settled(session, held, others):
    """Assert that the filters alone settle numbers as absent, and never one that is held."""
    said, doubts = settled_absent(session, [*held, *others])
    assert not doubts
    assert not any(said[: len(held)])
    assert any(said[len(held) :])  # each is in a filter by chance with probability 2^-16


def test_a_full_epoch_is_followed_by_a_new_one(at, path, tmp_path):
    session = at(path)
    publish(session, "public", quiet)
    old = manifests(session)[0].geometry
    run_load(session, [write_csv(tmp_path / "c.csv", [f"1370{i:07}" for i in range(3000)])], "more")
    done = publish(session, "public", quiet)
    assert (done.rotated, done.epoch, done.entries) == (True, 2, 3308)
    newest, former = manifests(session)
    assert newest.geometry != old
    assert former.geometry == old
    assert look_up(session, "13700000000")[0][0] is not None


def test_an_old_epoch_is_followed_by_a_new_one(at, path):
    publish(at(path), "public", quiet)
    assert publish(at(path, NOW + timedelta(days=180)), "public", quiet).epoch == 2


def test_a_rotation_keeps_the_former_epoch_and_a_further_one_is_refused_until_it_ends(at, path):
    session = at(path)
    publish(session, "public", quiet)
    assert rotate(session, "public", quiet).epoch == 2
    newest, former = session.repository("public").listed()
    assert (newest.epoch, former.epoch) == (2, 1)
    assert former.serves_until == NOW + timedelta(hours=72)
    assert newest.serves_until == NOW + timedelta(days=180)
    with pytest.raises(PublishError, match=r"serves epochs 1 and 2; rotate again after .*rotate public --compromised"):
        rotate(session, "public", quiet)
    assert [epoch.epoch for epoch in session.repository("public").listed()] == [2, 1]
    late = at(path, NOW + timedelta(hours=72))
    done = rotate(late, "public", quiet)
    assert (done.epoch, done.ended) == (3, ())
    assert [epoch.epoch for epoch in late.repository("public").listed()] == [3, 2]
    assert kept_keys(late) == [{2, 3}] * 2


def kept_keys(session, channel="public"):
    """The epochs of which each half has the key."""
    return [
        {epoch for key_id in keyring.ids() if (epoch := epoch_of_key_id(key_id, channel))}
        for keyring in (session.keyring, session.online_keyring())
    ]


@pytest.mark.parametrize("rotated", [False, True])
def test_a_compromise_ends_all_former_epochs_at_once(at, path, rotated):
    session = at(path)
    publish(session, "public", quiet)
    if rotated:
        rotate(session, "public", quiet)
    done = rotate(session, "public", quiet, compromised=True)
    before = [2, 1] if rotated else [1]
    assert [ended.epoch for ended in done.ended] == before
    assert [epoch.epoch for epoch in session.repository("public").listed()] == [done.epoch]
    assert kept_keys(session) == [{done.epoch}] * 2
    assert all(epoch.destroyed_at for epoch in session.control.epochs("public")[:-1])
    assert rotate(at(path, NOW + timedelta(hours=1)), "public", quiet).epoch == done.epoch + 1


def test_an_overflow_while_two_epochs_are_served_leaves_both_out(at, path, tmp_path):
    session = at(path)
    publish(session, "public", quiet)
    rotate(session, "public", quiet)
    run_load(session, [write_csv(tmp_path / "c.csv", [f"1370{i:07}" for i in range(3000)])], "more")
    done = publish(session, "public", quiet)
    assert (done.rotated, done.epoch, [ended.epoch for ended in done.ended]) == (True, 3, [2, 1])
    assert [epoch.epoch for epoch in session.repository("public").listed()] == [3]
    assert kept_keys(session) == [{3}] * 2


@pytest.mark.parametrize("half", ["keyring", "online"])
@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_key_of_the_former_epoch_that_is_missing_or_damaged_ends_that_epoch_alone(at, path, half, how):
    session = at(path)
    publish(session, "public", quiet)
    rotate(session, "public", quiet)
    key = getattr(session, half).directory / "keys" / "channel-public-1.key"
    if how == "missing":
        key.unlink()
    else:
        key.write_bytes(key.read_bytes()[:-1])
    assert_ended_alone(session, f"{key}")


@pytest.mark.parametrize("name", ["manifest.json", "exposure.base.fuse16"])
@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_file_of_the_former_epoch_that_is_missing_or_damaged_ends_that_epoch_or_is_made_again(at, path, name, how):
    session = at(path)
    publish(session, "public", quiet)
    rotate(session, "public", quiet)
    repository = session.repository("public")
    file = repository.targets / repository.listed()[1].path(name)
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"[]")
    if name == "manifest.json":
        assert_ended_alone(session, "manifest")
    else:
        publish(session, "public", quiet)
        assert all(repository.holds(epoch) for epoch in repository.listed())


def assert_ended_alone(session, reason):
    done = publish(session, "public", quiet)
    assert (done.epoch, done.rotated) == (2, False)
    [ended] = done.ended
    assert ended.epoch == 1
    assert reason in ended.reason
    assert [epoch.epoch for epoch in session.repository("public").listed()] == [2]
    assert kept_keys(session) == [{2}] * 2
    assert look_up(session, NUMBERS[0])[0][0] is not None


def test_the_former_epoch_ends_after_72_hours(at, path):
    session = at(path)
    publish(session, "public", quiet)
    rotate(session, "public", quiet)
    late = at(path, NOW + timedelta(hours=73))
    warnings = read_status(late.home, late.control, late.now).warnings
    assert any("due to be destroyed" in warning for warning in warnings)
    publish(late, "public", quiet)
    assert [epoch.epoch for epoch in late.repository("public").listed()] == [2]
    assert channel_key_id("public", 1) not in late.online_keyring().ids()


@pytest.mark.parametrize("finish", [publish, rotate])
def test_a_rotation_killed_before_its_release_is_completed_by_the_next_command(at, path, finish):
    session = at(path)
    publish(session, "public", quiet)
    epochs.begin(session, "public")
    done = finish(at(path), "public", quiet)
    assert done.epoch == 2
    assert [epoch.epoch for epoch in session.repository("public").listed()] == [2, 1]


def test_withdrawing_and_erasing_reach_every_served_epoch(at, path):
    session = at(path)
    publish(session, "public", quiet)
    rotate(session, "public", quiet)
    assert [label is not None for label, _ in look_up(session, NUMBERS[5])] == [True, True]
    assert erase(session, f"tel:+86{NUMBERS[5]}".encode()) == 2
    republish(session, quiet)
    assert look_up(session, NUMBERS[5]) == [(None, False), (None, False)]
    assert [label is not None for label, _ in look_up(session, NUMBERS[6])] == [True, True]
    withdraw(session, "leak")
    republish(session, quiet)
    assert [label for label, _ in look_up(session, NUMBERS[6])] == [None, None]
    named = {
        session.repository("public").targets / e.path(n) for e in session.repository("public").listed() for n in e.files
    }
    kept = set(session.repository("public").targets.rglob("*.bin"))
    assert kept <= named, "files that contain what was removed still exist"


def test_an_erased_number_stays_out_when_its_file_is_loaded_again(at, path, tmp_path):
    session = at(path)
    erase(session, f"tel:+86{NUMBERS[5]}".encode())
    run_load(session, [tmp_path / "a.csv"], "leak", replace=True)
    publish(session, "public", quiet)
    assert look_up(session, NUMBERS[5])[0][0] is None


def test_a_serial_is_consumed_before_its_files_exist(at, path, monkeypatch):
    session = at(path)

    def fail(*_):
        raise PublishError("stopped")

    monkeypatch.setattr("pilookup.custody.publish.epoch_release.verify_files", fail)
    with pytest.raises(PublishError, match="stopped"):
        publish(session, "public", quiet)
    monkeypatch.undo()
    assert session.repository("public").listed() == ()
    assert publish(session, "public", quiet).serial == 2


def test_one_rotate_recovers_control_data_restored_from_an_older_copy(at, path, database):
    """Channel keys are in no backup. Publishing says what to do, and one rotate exceeds all epochs and serials."""
    session = at(path)
    publish(session, "public", quiet)
    session.control.close()
    backup = database.save(session.home)
    session = at(path)
    rotate(session, "public", quiet)
    served = rotate(session, "public", quiet, compromised=True)
    session.control.close()
    database.restore(backup, session.home)
    session = at(path)
    with pytest.raises(PublishError, match="run: pilookup rotate public"):
        publish(session, "public", quiet)
    done = rotate(session, "public", quiet)
    assert done.epoch > served.epoch
    assert done.serial > served.serial
    assert [epoch.epoch for epoch in session.repository("public").listed()] == [done.epoch]
    assert kept_keys(session) == [{done.epoch}] * 2, "keys that the restored control data do not know of"
    assert look_up(at(path), NUMBERS[0])[0][0] is not None


def test_bloom_filters_are_written_on_request(at, path):
    session = at(path)
    publish(session, "public", quiet, bloom=True)
    assert {"exposure.base.bloom", "malicious-registration.base.bloom"} <= set(manifests(session)[0].files)
    assert publish(session, "public", quiet, bloom=True).changed is False
    assert publish(session, "public", quiet).changed is True


def test_a_root_near_its_expiry_is_renewed_and_the_pinned_root_still_verifies_it(at, path):
    publish(at(path), "public", quiet)
    pinned = (path / "trust-public.json").read_bytes()
    later = NOW + timedelta(days=300)
    publish(at(path, later), "public", quiet)
    channel = path / "online/channels/public"
    assert (channel / "metadata/2.root.json").exists()
    assert verify_directory(channel, pinned, later)
    with pytest.raises(TrustError):
        verify_directory(channel, (path / "trust-platform.json").read_bytes(), later)


def test_too_few_signing_keys_sign_nothing(at, path):
    session = at(path)
    for name in ("targets-public-1", "targets-public-2"):
        session.keyring.destroy(name)
    with pytest.raises(PublishError, match="channel public: role targets is short by 1 of 2 signatures"):
        publish(session, "public", quiet)
    assert session.repository("public").listed() == ()


def test_an_unknown_channel_is_named(at, path):
    with pytest.raises(PublishError, match="there is no channel elsewhere"):
        publish(at(path), "elsewhere", quiet)
