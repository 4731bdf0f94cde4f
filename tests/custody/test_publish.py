"""What a release says and keeps, and what `status` and `verify` report about it."""

import json
import shutil
from datetime import date, timedelta

import pytest

from pilookup.custody import epochs
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.initialise import initialise_home
from pilookup.custody.publish.publish import publish, republish, rotate
from pilookup.custody.removal import erase, withdraw
from pilookup.custody.repository import ChannelRepository
from pilookup.custody.status import read_status
from pilookup.errors import FormatError, HomeError, PilookupError, PublishError, TrustError
from pilookup.keyring.key_ids import channel_key_id
from pilookup.protocol.label import Kind, Label, Profile
from pilookup.protocol.release import MANIFEST
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import NOW, NUMBERS, at, initialised, look_up, manifests, quiet
from tests.support.custody.home import files_under, run_load, write_csv

CHANNEL = "online/channels/public"


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory):
    path = tmp_path_factory.mktemp("empty_home") / "home"
    initialised(path)
    return path


@pytest.fixture(scope="module")
def released(empty_home, tmp_path_factory):
    """A HOME with 300 numbers, published in the public channel."""
    folder = tmp_path_factory.mktemp("released")
    path = shutil.copytree(empty_home, folder / "home")
    session = at(path)
    run_load(session, [write_csv(folder / "a.csv", NUMBERS)], "leak", seized_on=date(2026, 1, 1))
    publish(session, "public", quiet)
    session.control.close()
    return path


@pytest.fixture
def path(released, tmp_path):
    return shutil.copytree(released, tmp_path / "home")


def identifier(number):
    return f"tel:+86{number}".encode()


def accounts(path, rows):
    return write_csv(path, rows, "phone,account")


def verified(path, now=NOW):
    return verify_directory(path / CHANNEL, (path / "trust-public.json").read_bytes(), now)


def files_of(session, which=0):
    """The bytes of a served epoch's files by name, the newest epoch first."""
    repository = session.repository("public")
    epoch = repository.listed()[which]
    return {name: (repository.targets / epoch.path(name)).read_bytes() for name in epoch.files}


# --- what a label says


def test_an_account_in_several_files_counts_once_and_datasets_add_up(empty_home, tmp_path):
    session = at(shutil.copytree(empty_home, tmp_path / "home"))
    [number, other] = NUMBERS[:2]
    first = accounts(tmp_path / "a.csv", [f"{number},alpha", f"{number},beta", f"{number},", f"{other},alpha"])
    second = accounts(tmp_path / "b.csv", [f"{number},beta", f"{number},gamma", f"{number},"])
    run_load(session, [first, second], "gang", Kind.MALICIOUS, seized_on=date(2026, 2, 1))
    third = accounts(tmp_path / "c.csv", [f"{number},alpha", f"{number},delta"])
    run_load(session, [third], "other-gang", Kind.MALICIOUS, seized_on=date(2026, 3, 1))
    for channel in ("public", "platform"):
        publish(session, channel, quiet)
    exact = Label(malicious=True, accounts=3 + 2 + 2, cases=(2, 1))
    assert look_up(session, number, "platform") == [(exact, True)]
    coarse = Label(malicious=True, accounts=Profile.COARSE.accounts(7), cases=(2, 1))
    assert look_up(session, number) == [(coarse, True)]
    assert coarse.accounts < exact.accounts
    assert look_up(session, other, "platform")[0][0] == Label(malicious=True, accounts=1, cases=(1,))


def test_a_label_refers_to_the_three_newest_datasets_and_says_that_there_are_more(path, tmp_path):
    session = at(path)
    for i, day in enumerate([date(2025, 1, 1), None, date(2026, 5, 1), date(2026, 4, 1)]):
        run_load(session, [write_csv(tmp_path / f"{i}.csv", NUMBERS[: i + 1])], f"more-{i}", seized_on=day)
    publish(session, "public", quiet)
    assert look_up(session, NUMBERS[0])[0][0] == Label(exposed=True, more=True, cases=(4, 5, 1))
    assert look_up(session, NUMBERS[3])[0][0] == Label(exposed=True, cases=(5, 1))
    assert look_up(session, NUMBERS[4])[0][0] == Label(exposed=True, cases=(1,))


def test_the_catalogue_id_of_a_withdrawn_dataset_is_not_reused(path, tmp_path):
    session = at(path)
    withdraw(session, "leak")
    run_load(session, [write_csv(tmp_path / "b.csv", NUMBERS[:5])], "another")
    publish(session, "public", quiet)
    assert [case.id for case in manifests(session)[0].datasets] == [2]
    assert look_up(session, NUMBERS[0]) == [(Label(exposed=True, cases=(2,)), True)]
    assert look_up(session, NUMBERS[5]) == [(None, False)]


# --- what a release keeps


def test_a_rotated_epoch_keeps_its_bytes(path, tmp_path):
    session = at(path)
    before = files_of(session)
    run_load(session, [write_csv(tmp_path / "b.csv", ["13900000001"])], "more")
    rotate(session, "public", quiet)
    assert files_of(session, 1) == before
    assert [label is not None for label, _ in look_up(session, "13900000001")] == [True, False]


def test_an_erasure_whose_republishing_was_killed_is_completed_by_the_next_publish(path):
    session = at(path)
    rotate(session, "public", quiet)
    erase(session, identifier(NUMBERS[5]))
    assert [label is not None for label, _ in look_up(session, NUMBERS[5])] == [True, True]
    publish(at(path), "public", quiet)
    assert look_up(session, NUMBERS[5]) == [(None, False), (None, False)]
    assert len(verified(path)) == 2


def test_an_erasure_before_a_rotation_reaches_the_former_epoch(path):
    session = at(path)
    erase(session, identifier(NUMBERS[5]))
    rotate(session, "public", quiet)
    assert look_up(session, NUMBERS[5]) == [(None, False), (None, False)]


def test_an_erased_number_leaves_the_additions_filter(path, tmp_path):
    session = at(path)
    run_load(session, [write_csv(tmp_path / "b.csv", ["13900000001", "13900000002"])], "more")
    publish(session, "public", quiet)
    assert "exposure.additions.fuse16" in manifests(session)[0].files
    erase(session, identifier("13900000001"))
    republish(session, quiet)
    assert look_up(session, "13900000001") == [(None, False)]
    assert look_up(session, "13900000002")[0][1]
    assert "exposure.additions.fuse16" not in manifests(session)[0].files


def test_a_former_epoch_too_full_to_be_rebuilt_is_ended(path, tmp_path):
    session = at(path)
    run_load(session, [write_csv(tmp_path / "b.csv", [f"1370{i:07}" for i in range(3000)])], "more")
    assert publish(session, "public", quiet).rotated
    assert len(session.repository("public").listed()) == 2
    erase(session, identifier(NUMBERS[5]))
    republish(session, quiet)
    assert [epoch.epoch for epoch in session.repository("public").listed()] == [2]
    assert look_up(session, NUMBERS[5]) == [(None, False)]
    for keyring in (session.keyring, session.online_keyring()):
        assert channel_key_id("public", 1) not in keyring.ids()
    assert not list((path / CHANNEL / "targets/epochs/1").iterdir())
    assert [snapshot.epoch for snapshot in verified(path)] == [2]


def test_bloom_filters_are_kept_when_a_number_is_erased(path, tmp_path):
    session = at(path)
    publish(session, "public", quiet, bloom=True)
    rotate(session, "public", quiet, bloom=True)
    erase(session, identifier(NUMBERS[5]))
    republish(session, quiet)
    for manifest in manifests(session):
        assert {"exposure.base.bloom", "malicious-registration.base.bloom"} <= set(manifest.files)
    assert look_up(session, NUMBERS[5]) == [(None, False), (None, False)]


def test_an_erasure_writes_no_bloom_filters_without_a_request(path):
    session = at(path)
    erase(session, identifier(NUMBERS[5]))
    [done] = republish(session, quiet).published
    assert done.changed
    assert not [name for name in manifests(session)[0].files if name.endswith(".bloom")]


def test_clients_of_the_previous_release_find_its_files_even_after_a_killed_publish(path, tmp_path, monkeypatch):
    """A client that has read timestamp.json just before the swap still needs the snapshot it names."""
    session, repository = at(path), ChannelRepository(path / CHANNEL)
    before = repository.current(NOW)
    read = {file.name: file.read_bytes() for file in repository.metadata.iterdir()}

    def killed(*_, **__):
        raise KeyboardInterrupt

    run_load(session, [write_csv(tmp_path / "b.csv", ["13900000001"])], "more")
    monkeypatch.setattr(ChannelRepository, "sign_timestamp", killed)
    with pytest.raises(KeyboardInterrupt):
        publish(session, "public", quiet)
    monkeypatch.undo()
    assert repository.current(NOW) == before
    publish(at(path), "public", quiet)
    assert set(read) <= {file.name for file in repository.metadata.iterdir()}
    assert all((repository.targets / epoch.path(name)).exists() for epoch in before.epochs for name in epoch.files)


def test_the_files_of_killed_publishes_are_deleted(path, tmp_path, monkeypatch):
    session, repository = at(path), ChannelRepository(path / CHANNEL)

    def killed(*_, **__):
        raise KeyboardInterrupt

    for i in range(3):
        run_load(session, [write_csv(tmp_path / f"{i}.csv", [f"1390000000{i}"])], f"more-{i}")
        monkeypatch.setattr(ChannelRepository, "sign_timestamp", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(session, "public", quiet)
        monkeypatch.undo()
    publish(at(path), "public", quiet)
    assert len(list(repository.metadata.glob("*.targets.json"))) == 2
    assert len(list(repository.metadata.glob("*.snapshot.json"))) == 2
    assert len(list(repository.targets.rglob("*.buckets.bin"))) == 2
    assert not repository.staging.exists()
    assert not list((path / CHANNEL).rglob(".*.new"))


def test_no_file_of_either_half_holds_a_number_after_publishing(released):
    spellings = [spelling for number in NUMBERS for spelling in _spellings(number)]
    written = files_under(released)
    assert any(path.name.endswith("buckets.bin") for path in written)
    for name, data in written.items():
        assert not [spelling for spelling in spellings if spelling in data], name


def _spellings(number):
    texts = [number, f"+86{number}", f"tel:+86{number}", number[3:]]
    coded = [text.encode(coding) for text in texts for coding in ("ascii", "utf-16-le", "utf-16-be")]
    return [*coded, number.encode().hex().encode(), int(number).to_bytes(8, "little"), int(number).to_bytes(8, "big")]


@pytest.mark.parametrize("keys", ["keyring", "online"])
def test_an_epoch_whose_key_is_lost_is_not_published(path, keys):
    session = at(path)
    getattr(session, keys).destroy(channel_key_id("public", 1))
    before = verified(path)
    with pytest.raises(PublishError, match="epoch 1 of channel public cannot be served any more"):
        publish(session, "public", quiet)
    assert verified(path) == before
    assert rotate(session, "public", quiet).epoch == 2


# --- verify


@pytest.mark.parametrize("after", [timedelta(hours=49), timedelta(days=31), timedelta(days=366)])
def test_verify_refuses_expired_metadata(path, after):
    verified(path)
    with pytest.raises(TrustError, match="expired") as caught:
        verified(path, NOW + after)
    assert caught.value.reason == "stale"


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json", "root.json"])
def test_verify_refuses_metadata_with_any_byte_of_the_signed_part_altered(path, name):
    file = path / CHANNEL / "metadata" / name
    whole = file.read_bytes()
    start = whole.index(b'"signed"')
    for at_byte in range(start, len(whole), max(1, (len(whole) - start) // 60)):
        file.write_bytes(whole[:at_byte] + bytes([whole[at_byte] ^ 1]) + whole[at_byte + 1 :])
        try:
            verified(path)
        except (PilookupError, FileNotFoundError):
            continue
        assert _same_json(whole, file.read_bytes()), at_byte
    file.write_bytes(whole)
    assert verified(path)


def _same_json(one, other):
    """White space may differ: what is signed is the canonical form."""
    return json.loads(one)["signed"] == json.loads(other)["signed"]


@pytest.mark.parametrize("size", [0, 1, 100])
@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json", "root.json"])
def test_verify_refuses_truncated_metadata(path, name, size):
    file = path / CHANNEL / "metadata" / name
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(FormatError):
        verified(path)


def test_verify_names_a_missing_file(path):
    session = at(path)
    epoch = session.repository("public").listed()[0]
    for name in (MANIFEST, "buckets.bin", "tree.bin", "exposure.base.fuse16"):
        file = session.repository("public").targets / epoch.path(name)
        file.rename(file.with_suffix(".away"))
        with pytest.raises(FileNotFoundError) as caught:
            verified(path)
        assert caught.value.filename == str(file)
        file.with_suffix(".away").rename(file)
    assert verified(path)


def test_a_new_root_that_the_old_one_did_not_sign_is_refused(path, empty_home, tmp_path):
    later = NOW + timedelta(days=300)
    publish(at(path, later), "public", quiet)
    assert verified(path, later)
    foreign = tmp_path / "foreign"
    initialise_home(foreign, b"custody passphrase of the tests", b"online passphrase of the tests", NOW)
    publish(at(foreign), "public", quiet)
    publish(at(foreign, later), "public", quiet)
    for name in ("root.json", "2.root.json"):
        shutil.copy(foreign / CHANNEL / "metadata" / name, path / CHANNEL / "metadata" / name)
    with pytest.raises(TrustError) as caught:
        verified(path, later)
    assert caught.value.reason == "bad_signature"


# --- status


def warnings(path, now=NOW):
    session = at(path, now)
    status = read_status(session.home, session.control, now)
    json.dumps(status.to_json())
    session.control.close()
    return [warning for warning in status.warnings if warning.startswith("public: ")]


def test_a_fresh_release_gives_no_warning(path):
    assert warnings(path) == []


def test_a_channel_that_was_never_published_gives_a_warning(empty_home):
    assert warnings(empty_home) == [f"public: never published; run: pilookup publish public --home {empty_home}"]


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (timedelta(hours=49), "the timestamp has expired"),
        (timedelta(days=21), "signatures expire"),
        (timedelta(days=31), "the release is not valid: snapshot metadata expired"),
        (timedelta(days=121), "the epoch ends soon; run: pilookup rotate public"),
    ],
)
def test_what_needs_doing_soon_gives_a_warning(path, after, text):
    assert any(text in warning for warning in warnings(path, NOW + after))
    if after > timedelta(days=3):
        publish(at(path, NOW + after), "public", quiet)
        assert not any("signatures" in warning or "valid" in warning for warning in warnings(path, NOW + after))


@pytest.mark.parametrize("how", ["altered", "missing"])
def test_a_damaged_manifest_gives_a_warning_and_not_an_error(path, how):
    session = at(path)
    manifest = session.repository("public").targets / session.repository("public").listed()[0].path(MANIFEST)
    if how == "missing":
        manifest.unlink()
    else:
        manifest.write_bytes(manifest.read_bytes()[:-20])
    assert any("the release is not valid" in warning for warning in warnings(path))


def test_either_half_alone_has_a_status(path, tmp_path):
    shutil.copytree(path / "online", tmp_path / "server" / "online")
    status = read_status(Home(tmp_path / "server"), None, NOW)
    assert status.datasets is None
    assert {row.name: row.release is not None for row in status.channels} == {"platform": False, "public": True}
    shutil.rmtree(path / "online")
    later = NOW + timedelta(days=121)
    with ControlDatabase.open(Home(path)) as control:
        status = read_status(Home(path), control, later)
    assert [row.id for row in status.datasets] == ["leak"]
    assert status.channels == ()
    (warning,) = [text for text in status.warnings if text.startswith("public: the epoch ends soon; ")]
    assert f"copy HOME/online of the serving machine to {path}/online, then run: pilookup rotate public" in warning


def test_without_either_half_there_is_no_status(tmp_path):
    with pytest.raises(HomeError, match=f"{tmp_path}: no HOME here"):
        read_status(Home(tmp_path), None, NOW)


def test_a_killed_rotation_changes_no_release(path):
    session = at(path)
    before = verified(path)
    epochs.begin(session, "public")
    assert verified(path) == before
    assert warnings(path) == []
