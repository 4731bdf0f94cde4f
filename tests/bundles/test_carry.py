"""Releases carried from custody to serving machines that have no common directory, and acknowledgements back."""

import json
import shutil
import stat
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pilookup_server.keys.keyring_adapter import KeyringKeys
from pilookup_server.release.loaded_release import load_release
from tuf.api.metadata import Metadata, Timestamp

from pilookup.bundles.acknowledgement import write_acknowledgement
from pilookup.bundles.completion import finish_interrupted
from pilookup.bundles.header import Header, Section, Sender
from pilookup.bundles.import_lock import import_lock
from pilookup.bundles.journal import Journal
from pilookup.bundles.machine import machine_id, read_machine_key, read_machine_trust
from pilookup.bundles.read import opened_bundle
from pilookup.bundles.records import TRUST_FILE, read_exports, read_trust
from pilookup.bundles.unlisted import remove_unlisted_now
from pilookup.bundles.write import item_of, write_bundle
from pilookup.custody import Custody
from pilookup.custody.bundles import import_acknowledgement
from pilookup.custody.home import Home
from pilookup.custody.journal import journal_key
from pilookup.custody.passphrase_change import change_passphrase
from pilookup.errors import BundleError, CustodyError, HomeError
from pilookup.keyring import Half, Keyring
from pilookup.release_files.destroyed_epochs import DestroyedEpochs
from pilookup.signing.signer import HeldKey, sign_metadata
from tests.support.bundles.machines import (
    LATER,
    PASSPHRASES,
    carried,
    export,
    import_bundle,
    opened,
    published,
    serve,
    state,
)
from tests.support.custody.channel import NOW, NUMBERS, look_up

ONE = {"platform": [1], "public": [1]}


@pytest.fixture
def machines(tmp_path):
    """The custody HOME, and a serving HOME that has imported and serves the first bundle."""
    custody, bundle, serving = carried(tmp_path)
    import_bundle(bundle, serving, custody)
    assert serve(serving) == ONE
    return custody, serving


def acknowledge(serving, custody, out):
    write_acknowledgement(serving / "online", out, NOW)
    return import_acknowledgement([out], Home(custody), read_machine_trust([serving]))


def warnings(home, now=NOW):
    return Custody.status_of(home, clock=lambda: now).warnings


def test_a_release_is_served_from_an_empty_directory(tmp_path):
    custody, bundle, serving = carried(tmp_path)
    outcome = import_bundle(bundle, serving, custody)
    assert (outcome.repeated, outcome.removals, outcome.not_included) == (False, (), ())
    assert [(each.channel, each.serial, each.epochs) for each in outcome.channels] == [
        ("platform", 1, (1,)),
        ("public", 1, (1,)),
    ]
    assert serve(serving) == ONE
    assert not (serving / "custody").exists()
    assert {path.name for path in (serving / "online" / "channels" / "public" / "metadata").iterdir()} >= {"root.json"}


def test_repeating_an_import_changes_nothing(machines, tmp_path):
    _, serving = machines
    before = state(serving)
    assert import_bundle(tmp_path / "bundle", serving).repeated
    assert state(serving) == before


def test_an_erasure_arrives_and_its_former_files_go(machines, tmp_path):
    custody, serving = machines
    with opened(custody, LATER) as open_home:
        open_home.erase(NUMBERS[0])
    exported = export(custody, tmp_path / "second", LATER)
    assert exported.new_removals == (f"erasure 1 of {LATER:%Y-%m-%d}",)
    outcome = import_bundle(tmp_path / "second", serving, now=LATER)
    assert outcome.removals == exported.new_removals
    assert outcome.not_included == ()
    former = {name for name in state(serving) if "epochs/1" in name}
    assert serve(serving, LATER) == ONE
    assert remove_unlisted_now(serving / "online", "public")
    assert serve(serving, LATER) == ONE
    left = {name for name in state(serving) if "channels/public/targets/epochs/1" in name}
    listed = {name for name in state(custody) if "channels/public/targets/epochs/1" in name}
    assert left == listed
    assert left < former
    assert NUMBERS[0].encode() not in b"".join(state(serving).values())


def test_a_removal_that_no_release_includes_yet_is_told(machines, tmp_path, monkeypatch):
    custody, serving = machines
    with opened(custody, LATER) as open_home:
        monkeypatch.setattr(open_home, "_republish", lambda *_: pytest.fail("the disk is full"))
        with pytest.raises(pytest.fail.Exception):
            open_home.erase(NUMBERS[0])
    assert export(custody, tmp_path / "second", LATER).not_included == ("platform", "public")
    assert import_bundle(tmp_path / "second", serving, now=LATER).not_included == ("platform", "public")


def test_an_older_bundle_is_refused_and_changes_nothing(machines, tmp_path):
    custody, serving = machines
    with opened(custody, LATER) as open_home:
        open_home.rotate("public")
    export(custody, tmp_path / "second", LATER)
    import_bundle(tmp_path / "second", serving, now=LATER)
    assert serve(serving, LATER) == {"platform": [1], "public": [1, 2]}
    before = state(serving)
    with pytest.raises(BundleError, match="it is older; import the newest one"):
        import_bundle(tmp_path / "bundle", serving, now=LATER)
    assert state(serving) == before


@pytest.mark.parametrize("what", ["release", "journal"])
def test_what_is_older_is_refused_whatever_its_number(machines, tmp_path, what):
    """Custody was put back to an older copy, which exports under a higher number."""
    custody, serving = machines
    shutil.copytree(custody, tmp_path / "copy")
    with opened(custody, LATER) as open_home:
        if what == "release":
            open_home.publish("public")
        else:
            open_home.withdraw("case-1")
    export(custody, tmp_path / "second", LATER)
    import_bundle(tmp_path / "second", serving, now=LATER)
    serve(serving, LATER)
    before = state(serving)
    export(tmp_path / "copy", tmp_path / "third", LATER + timedelta(hours=1))
    with pytest.raises(BundleError, match="it is older"):
        import_bundle(tmp_path / "third", serving, now=LATER)
    assert state(serving) == before


def test_a_journal_of_another_history_is_refused(machines, tmp_path):
    custody, serving = machines
    shutil.copytree(custody, tmp_path / "copy")
    for home, number, out in ((custody, NUMBERS[0], "second"), (tmp_path / "copy", NUMBERS[1], "third")):
        with opened(home, LATER) as open_home:
            open_home.erase(number)
            open_home.publish("public")
        export(home, tmp_path / out, LATER + timedelta(hours=out == "third"))
    import_bundle(tmp_path / "second", serving, now=LATER)
    with pytest.raises(BundleError, match="of another history"):
        import_bundle(tmp_path / "third", serving, now=LATER)


def test_another_home_is_refused(machines, tmp_path):
    _, serving = machines
    Custody.initialise(tmp_path / "other", **PASSPHRASES, clock=lambda: NOW)
    with opened(tmp_path / "other") as other:
        other.publish("public")
    export(tmp_path / "other", tmp_path / "foreign", LATER)
    with pytest.raises(BundleError, match="not signed by this HOME's custody half"):
        import_bundle(tmp_path / "foreign", serving)
    with pytest.raises(BundleError, match="of another custody half than the one trusted here before"):
        import_bundle(tmp_path / "foreign", serving, tmp_path / "other")
    assert serve(serving) == ONE


def test_the_first_import_trusts_nothing_by_itself(tmp_path):
    custody, bundle, serving = carried(tmp_path)
    with pytest.raises(BundleError, match="nothing says which custody half to trust"):
        import_bundle(bundle, serving)
    some = tmp_path / "some"
    some.mkdir()
    shutil.copy(custody / "trust-bundles.json", some)
    with pytest.raises(BundleError, match=r"give trust-platform\.json of the custody machine with --trust"):
        import_bundle(bundle, serving, some)
    assert not serving.exists()
    import_bundle(bundle, serving, custody)


def test_a_passphrase_changed_on_custody_arrives(machines, tmp_path):
    custody, serving = machines
    new = b"another passphrase of the online half"
    former_ones = {Half.CUSTODY: PASSPHRASES["passphrase"], Half.ONLINE: PASSPHRASES["online_passphrase"]}
    change_passphrase(Home(custody), Half.ONLINE, former_ones.__getitem__, lambda: new)
    export(custody, tmp_path / "second", LATER)
    former = Keyring.unlock(serving / "online", Half.ONLINE, PASSPHRASES["online_passphrase"])
    import_bundle(tmp_path / "second", serving, now=LATER)
    keyring = Keyring.unlock(serving / "online", Half.ONLINE, new)
    assert keyring.ids() == former.ids()
    former.scalar("channel-public-1")  # a server that runs goes on with the former files until it starts again
    keyring.destroy_former()
    assert import_bundle(tmp_path / "second", serving, now=LATER).repeated
    assert not (serving / "online" / "keys").exists()


def test_a_new_timestamp_key_arrives_with_the_root_that_lists_it(machines, tmp_path):
    custody, serving = machines
    with opened(custody, LATER) as home:
        home.replace_key("public", "timestamp")
    export(custody, tmp_path / "second", LATER)
    import_bundle(tmp_path / "second", serving, now=LATER)
    assert import_bundle(tmp_path / "second", serving, now=LATER).repeated  # before a server has signed
    assert serve(serving, LATER) == ONE
    names = Keyring.unlock(serving / "online", Half.ONLINE, PASSPHRASES["online_passphrase"]).ids()
    assert "timestamp-public-2" in names
    stamp = json.loads((serving / "online/channels/public/metadata/timestamp.json").read_bytes())
    assert stamp["signed"]["version"] == 1


def test_a_destroyed_key_does_not_come_back(machines, tmp_path):
    custody, serving = machines
    with opened(custody, LATER) as open_home:
        open_home.rotate("public")
    export(custody, tmp_path / "second", LATER)
    import_bundle(tmp_path / "second", serving, now=LATER)
    serve(serving, LATER)
    keyring = Keyring.unlock(serving / "online", Half.ONLINE, PASSPHRASES["online_passphrase"])
    DestroyedEpochs(serving / "online" / "channels" / "public").add([1])
    keyring.destroy("channel-public-1")
    import_bundle(tmp_path / "second", serving, now=LATER)
    assert "channel-public-1" not in keyring.ids()
    DestroyedEpochs(serving / "online" / "channels" / "public").add([2])
    with pytest.raises(BundleError, match="epoch 2 has ended, and its key was destroyed on this machine"):
        import_bundle(tmp_path / "second", serving, now=LATER)


def test_only_keys_of_released_epochs_travel(tmp_path):
    custody, _, serving = carried(tmp_path)
    with opened(custody, LATER) as open_home:
        open_home.rotate("public", compromised=True)
        online = open_home._session().online_keyring()
        online.add_bytes("channel-public-9", bytes(32))
    export(custody, tmp_path / "second", LATER)
    import_bundle(tmp_path / "second", serving, custody, LATER)
    keyring = Keyring.unlock(serving / "online", Half.ONLINE, PASSPHRASES["online_passphrase"])
    assert keyring.ids() == ["channel-platform-1", "channel-public-2", "timestamp-platform", "timestamp-public"]


def test_several_machines_acknowledge_and_the_status_says_what_has_not_arrived(machines, tmp_path):
    custody, serving = machines
    other = tmp_path / "other-serving"
    import_bundle(tmp_path / "bundle", other, custody)
    assert acknowledge(serving, custody, tmp_path / "ack-1").waiting == ()
    assert len(acknowledge(other, custody, tmp_path / "ack-2").waiting) == 2
    with opened(custody, LATER) as open_home:
        open_home.erase(NUMBERS[0])
    told = " ".join(warnings(custody, LATER))
    assert f"erasure 1 of {LATER:%Y-%m-%d} has not been exported" in told
    assert "public: the release was not exported; run: pilookup bundle export" in told
    export(custody, tmp_path / "second", LATER)
    told = [each for each in warnings(custody, LATER) if "serving machine" in each]
    assert len(told) == 2
    assert all("has not acknowledged bundle" in each for each in told)
    assert all(f"erasure 1 of {LATER:%Y-%m-%d}" in each for each in told)
    import_bundle(tmp_path / "second", serving, now=LATER)
    serve(serving, LATER)
    acknowledge(serving, custody, tmp_path / "ack-3")
    assert len([each for each in warnings(custody, LATER) if "serving machine" in each]) == 1
    shown = Custody.status_of(serving, clock=lambda: LATER).to_json()["bundle"]
    assert shown["journal"] == 1
    assert shown["machine"] in read_exports(custody / "custody").machines
    assert shown["removals"] == [f"erasure 1 of {LATER:%Y-%m-%d}"]


def test_nothing_is_warned_of_where_nothing_was_ever_exported(tmp_path):
    custody = published(tmp_path / "custody")
    with opened(custody) as open_home:
        open_home.erase(NUMBERS[0])
    assert not [each for each in warnings(custody) if "bundle" in each]


def test_an_acknowledgement_that_knows_more_is_refused(machines, tmp_path):
    custody, serving = machines
    shutil.copytree(custody, tmp_path / "copy")
    with opened(custody, LATER) as open_home:
        open_home.erase(NUMBERS[0])
    export(custody, tmp_path / "second", LATER)
    import_bundle(tmp_path / "second", serving, now=LATER)
    serve(serving, LATER)
    with pytest.raises(BundleError, match="something newer than this custody half"):
        acknowledge(serving, tmp_path / "copy", tmp_path / "ack")


def test_each_kind_is_imported_on_its_own_machine(machines, tmp_path):
    custody, serving = machines
    write_acknowledgement(serving / "online", tmp_path / "ack", NOW)
    with pytest.raises(BundleError, match="comes from the online half"):
        import_bundle(tmp_path / "ack", serving)
    with pytest.raises(BundleError, match="comes from the custody half"):
        import_acknowledgement([tmp_path / "bundle"], Home(custody))
    with pytest.raises(HomeError, match="the custody half is here"):
        import_bundle(tmp_path / "bundle", custody)


def test_a_server_that_starts_completes_an_interrupted_import(machines, tmp_path, monkeypatch):
    custody, serving = machines
    with opened(custody, LATER) as open_home:
        open_home.rotate("public")
    export(custody, tmp_path / "second", LATER)
    monkeypatch.setattr("pilookup.bundles.take_up.complete", lambda _: pytest.fail("the power is gone"))
    with pytest.raises(pytest.fail.Exception):
        import_bundle(tmp_path / "second", serving, now=LATER)
    assert serve(serving, LATER) == ONE
    with import_lock(serving / "online") as held:
        assert held
        finish_interrupted(serving / "online")  # another import is running, and completes it
    assert (serving / "online" / "taking-up").exists()
    finish_interrupted(serving / "online")
    assert serve(serving, LATER) == {"platform": [1], "public": [1, 2]}


def test_a_former_file_that_is_damaged_is_replaced(machines, tmp_path):
    _, serving = machines
    (buckets,) = (serving / "online" / "channels" / "public" / "targets").rglob("*buckets.bin")
    whole = buckets.read_bytes()
    buckets.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    import_bundle(tmp_path / "bundle", serving)
    assert buckets.read_bytes() == whole


def test_a_release_that_is_not_complete_cannot_be_exported(machines, tmp_path):
    custody, _ = machines
    (tree,) = (custody / "online" / "channels" / "public" / "targets").rglob("*tree.bin")
    tree.unlink()
    with pytest.raises(BundleError, match="tree"):
        export(custody, tmp_path / "second", LATER)
    assert not (tmp_path / "second").exists()


def test_a_loaded_release_of_the_serving_machine_is_that_of_custody(machines):
    custody, serving = machines
    keys = {}
    for home in (custody, serving):
        directory = home / "online" / "channels" / "public"
        held = KeyringKeys(Keyring.unlock(home / "online", Half.ONLINE, PASSPHRASES["online_passphrase"]))
        loaded = load_release(directory, "public", held, None, NOW)
        keys[home] = {path: file.ref for path, file in loaded.targets.items()}
    assert keys[custody] == keys[serving]


@pytest.mark.parametrize("kept", [0, 1])
def test_a_journal_that_was_cut_stops_the_next_erasure(tmp_path, kept):
    """The copy in the online half, which is longer, is not overwritten."""
    custody = published(tmp_path / "custody")
    with opened(custody) as home:
        for number in NUMBERS[:2]:
            home.erase(number)
    path = custody / "custody" / "journal"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:kept]))
    with pytest.raises(CustodyError, match="put the copy of HOME/online"), opened(custody) as home:
        home.erase(NUMBERS[2])
    assert (custody / "online" / "journal").read_bytes() == whole
    shutil.copy(custody / "online" / "journal", path)
    with opened(custody) as home:
        home.erase(NUMBERS[2])
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("act", ["erase", "withdraw"])
def test_a_removal_that_was_killed_after_its_entry_is_done_when_home_is_opened(tmp_path, monkeypatch, act):
    """The journal says that it happened, and bundles carry that: so it must happen."""
    custody = published(tmp_path / "custody")
    with opened(custody) as home:
        given = {"erase": NUMBERS[0], "withdraw": "case-1"}[act]
        with monkeypatch.context() as patched:
            patched.setattr("pilookup.custody.vault.Vault.mark_pending", _killed)
            patched.setattr("pilookup.custody.control.ControlDatabase.count_removal", _killed)
            with pytest.raises(KeyboardInterrupt):
                getattr(home, act)(given)
    with opened(custody, LATER) as home:
        word = {"erase": "erasure", "withdraw": "withdrawal"}[act]
        assert home.completed_removals == (f"{word} 1 of {NOW:%Y-%m-%d}",)
        home.publish("public")
        home.publish("platform")
        assert [look_up(home._session(), NUMBERS[0], channel)[0][0] for channel in ("public", "platform")] == [None] * 2
    with opened(custody, LATER) as home:
        assert home.completed_removals == ()
    assert export(custody, tmp_path / "bundle", LATER).not_included == ()


def _killed(*_, **__):
    raise KeyboardInterrupt


@pytest.fixture
def known(machines, tmp_path):
    """The same, and custody knows the serving machine and its first bundle; then a second bundle with an erasure."""
    custody, serving = machines
    acknowledge(serving, custody, tmp_path / "ack-1")
    with opened(custody, LATER) as open_home:
        open_home.erase(NUMBERS[0])
    export(custody, tmp_path / "second", LATER)
    return custody, serving


def silent(custody):
    return not [each for each in warnings(custody, LATER) if "serving machine" in each]


def forged(tmp_path, home, key, custody, *, timestamps=()):
    """What somebody with the bundle and any key can write: an acknowledgement of the second bundle."""
    with opened_bundle([tmp_path / "second"], Sender.CUSTODY, [read_trust(custody / TRUST_FILE)]) as bundle:
        taken_up = bundle.header
    journal = Journal.from_bytes((custody / "custody" / "journal").read_bytes(), read_trust(custody / TRUST_FILE))
    sources = {item_of("acknowledgement", "journal", journal.digest): journal.digest}
    for channel, data in timestamps:
        sources[item_of("acknowledgement", f"{channel}/timestamp.json", data)] = data
    header = Header(
        Sender.ONLINE, taken_up.number, LATER, machine_id(home), (Section("acknowledgement", critical=True),),
        tuple(sources), taken_up.channels, taken_up.journal,
    )  # fmt: skip
    (tmp_path / "forged").unlink(missing_ok=True)
    write_bundle(tmp_path / "forged", header, sources, key.sign)
    return tmp_path / "forged"


def test_nobody_acknowledges_without_the_key_of_the_machine(known, tmp_path):
    """Who carries bundles has all of them, and knows the ids of the machines; the keys of HOME do not help either."""
    custody, serving = known
    machine = read_machine_key(serving / "online")
    with opened(custody, LATER) as home:
        session = home._session()
        keys = [
            Ed25519PrivateKey.generate(),
            journal_key(session),
            session.online_keyring().signing("timestamp-public"),
        ]
    for key in keys:
        out = forged(tmp_path, machine.public_key(), key, custody)
        with pytest.raises(BundleError, match="not signed by a serving machine that is known here"):
            import_acknowledgement([out], Home(custody))
        assert not silent(custody)
    (tmp_path / "forged").unlink()
    with pytest.raises(BundleError, match="comes from the custody half"):
        import_acknowledgement([tmp_path / "second"], Home(custody))


def test_a_machine_is_believed_that_it_has_a_bundle_and_not_that_it_serves_it(known, tmp_path):
    custody, serving = known
    machine = read_machine_key(serving / "online")
    former = [
        (channel, (serving / f"online/channels/{channel}/metadata/timestamp.json").read_bytes()) for channel in ONE
    ]
    for timestamps in ((), former):
        out = forged(tmp_path, machine.public_key(), machine, custody, timestamps=timestamps)
        assert len(import_acknowledgement([out], Home(custody)).waiting) == 2
        told = [each for each in warnings(custody, LATER) if "serving machine" in each]
        assert len(told) == 2
        assert all("not proved that it serves it" in each for each in told)
    stamps = [(channel, resigned(data, Ed25519PrivateKey.generate())) for channel, data in former]
    out = forged(tmp_path, machine.public_key(), machine, custody, timestamps=stamps)
    assert len(import_acknowledgement([out], Home(custody)).waiting) == 2
    import_bundle(tmp_path / "second", serving, now=LATER)
    serve(serving, LATER)
    assert acknowledge(serving, custody, tmp_path / "ack-2").waiting == ()
    assert silent(custody)


def resigned(data, key):
    """A timestamp over a far higher version of the snapshot metadata, signed by a key that is not of the root."""
    metadata = Metadata[Timestamp].from_bytes(data)
    metadata.signed.snapshot_meta.version += 1000
    metadata.signatures.clear()
    sign_metadata(metadata, [HeldKey(key)])
    return metadata.to_bytes()


def test_an_older_acknowledgement_is_refused_and_one_of_a_copy_of_home_too(known, tmp_path):
    custody, serving = known
    write_acknowledgement(serving / "online", tmp_path / "old", NOW)
    import_bundle(tmp_path / "second", serving, now=LATER)
    serve(serving, LATER)
    acknowledge(serving, custody, tmp_path / "ack-2")
    with pytest.raises(BundleError, match="it is older; export a new one there"):
        import_acknowledgement([tmp_path / "old"], Home(custody))
    assert silent(custody)


def test_custody_learns_the_key_of_a_machine_from_its_trust_file_alone(machines, tmp_path):
    custody, serving = machines
    write_acknowledgement(serving / "online", tmp_path / "ack", NOW)
    with pytest.raises(BundleError, match="give it with --trust"):
        import_acknowledgement([tmp_path / "ack"], Home(custody))
    assert (serving / "trust-machine.json").exists()
    private = json.loads((serving / "online" / "bundle-machine").read_bytes())["key"]
    assert private not in (serving / "trust-machine.json").read_text()
    assert stat.S_IMODE((serving / "online" / "bundle-machine").stat().st_mode) == 0o600
    found = import_acknowledgement([tmp_path / "ack"], Home(custody), read_machine_trust([serving]))
    assert (found.is_new, sorted(found.served)) == (True, ["platform", "public"])
    assert not import_acknowledgement([tmp_path / "ack"], Home(custody)).is_new
    with pytest.raises(BundleError, match="not the trust file of a serving machine"):
        read_machine_trust([custody / "trust-bundles.json"])
    with pytest.raises(BundleError, match="no file trust-machine"):
        read_machine_trust([custody])


def test_what_an_earlier_version_left_proves_nothing_and_is_replaced(machines, tmp_path):
    """A machine id without a key, and acknowledgements that custody remembered without a proof."""
    custody, serving = machines
    (serving / "online" / "bundle-machine").write_bytes(b"0123456789abcdef")
    with pytest.raises(BundleError, match="import the newest bundle again"):
        write_acknowledgement(serving / "online", tmp_path / "ack", NOW)
    import_bundle(tmp_path / "bundle", serving)
    record = json.loads((custody / "custody" / "bundles.json").read_bytes())
    former = {"version": 1, "exports": record["exports"], "acknowledged": {"0123456789abcdef": record["exports"][0]}}
    (custody / "custody" / "bundles.json").write_text(json.dumps(former, separators=(",", ":")))
    assert read_exports(custody / "custody").last is not None
    assert acknowledge(serving, custody, tmp_path / "ack").is_new
    assert list(read_exports(custody / "custody").machines) == [machine_id(read_machine_trust([serving])[0])]
