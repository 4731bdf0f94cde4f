"""HOMEs made by earlier code: unpacks them, opens them at their own date, and reads their files and answers.

Uses the product's own functions, none of them replaced.
"""

import json
import re
import shutil
import sqlite3
import tarfile
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE

from alembic.script import ScriptDirectory
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pilookup import _core
from pilookup.custody.control import ControlDatabase, migrate
from pilookup.custody.datasets import DatasetSpec
from pilookup.custody.home import Home
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.load.load import LoadJob, load
from pilookup.custody.publish.ascending_keys import lacked_keys
from pilookup.custody.publish.publish import publish, rotate
from pilookup.custody.session import Session
from pilookup.custody.vault import PARTITIONS, Vault
from pilookup.keyring import Half, Keyring
from pilookup.protocol import token
from pilookup.protocol.delta import is_delta
from pilookup.protocol.feed import FEED_FILE
from pilookup.protocol.label import Kind, Label
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST
from pilookup.release_files.filter_file import FilterFile

HERE = Path(__file__).parents[2] / "compatibility"
ARCHIVES = HERE / "homes"
INDEX = HERE / "homes.json"
CHANNELS = ("public", "platform")
ABSENT = "absent"
DATABASE = "custody/control.sqlite3"


def index():
    """The entries of homes.json, by the name of the HOME."""
    return json.loads(INDEX.read_text(encoding="utf-8"))


def archive(name):
    return ARCHIVES / f"{name}.tar.xz"


def unpack(name, folder):
    """Unpack a HOME with its modes below `folder`; return its path."""
    with tarfile.open(archive(name), "r:xz") as tar:
        tar.extractall(folder, filter="tar")
    return folder / "home"


def date_of(facts):
    """The time at which the HOME was made."""
    return datetime.fromisoformat(facts["date"])


@contextmanager
def opened(path, facts, now=None):
    """A session with both halves unlocked, under HOME's lock and at HOME's date, which has recovered nothing yet."""
    home = Home(path)
    with home.locked():
        custody = Keyring.unlock(home.custody, Half.CUSTODY, facts["passphrases"]["custody"].encode())
        online = Keyring.unlock(home.online, Half.ONLINE, facts["passphrases"]["online"].encode())
        with ControlDatabase.open(home) as control:
            yield Session(home, custody, control, Vault(home, custody), online, now or date_of(facts))


def quiet(*_):
    pass


def run(session, command, folder):
    """Run a command of homes.json, {"name": "load" | "publish" | "rotate", ...}; return its outcome as JSON."""
    if command["name"] == "load":
        return run_load(session, command, folder)
    act = {"publish": publish, "rotate": rotate}[command["name"]]
    outcome = act(session, command["channel"], quiet, bloom=command.get("bloom", False)).to_json()
    # Members that later versions added.
    assert outcome.pop("ended") == (), "an epoch ended before its time"
    assert outcome.pop("expired") == (), "a dataset of these HOMEs has no expiry"
    assert outcome.pop("guess_hits_a_day", 0) >= 0
    return outcome


def stage(session, commands, folder, numbers):
    """Run commands one after another; return their outcomes and then the rows, files, epochs and answers of HOME."""
    outcomes = [run(session, command, folder) for command in commands]
    return {
        "outcomes": outcomes,
        "vault": vault_content(session),
        "channels": channel_files(session.home.path),
        "served": {channel: served(session, channel) for channel in CHANNELS},
        "answers": answers(session, numbers),
    }


def without_new_keys(results):
    """The results of a stage that do not depend on a new key: without bytes of files and public keys."""
    outcomes = [_without_later_facts(outcome) for outcome in results["outcomes"]]
    shown = {
        channel: [
            {name: value for name, value in epoch.items() if name != "public_key"}
            for epoch in results["served"][channel]
        ]
        for channel in CHANNELS
    }
    return {"outcomes": outcomes, "vault": results["vault"], "served": shown, "answers": results["answers"]}


def without_later_metadata(results):
    """The results of a stage without the metadata that later versions sign otherwise; `verified` verifies those.

    A timestamp's version is one more than the one before, the targets of `platform` announce its rotation, and targets
    list deltas and the feed.
    """
    later = re.compile(r"(public|platform)/metadata/(timestamp|\d+\.targets)\.json")
    kept = {name: found for name, found in results["channels"].items() if not later.fullmatch(name)}
    outcomes = [_without_later_facts(each) for each in results["outcomes"]]
    return results | {"channels": kept, "outcomes": outcomes}


def _without_later_facts(outcome):
    """An outcome without its bytes, and without the root and replaced keys, which earlier versions did not tell."""
    return {name: value for name, value in outcome.items() if name not in ("bytes", "root", "replaced")}


def without_platform(results):
    """The results of a stage without those of `platform`, whose former epoch now follows the vault.

    What numbers are answered in its newest epoch stays.
    """
    newest = max(results["answers"]["platform"], key=int)
    return results | {
        "outcomes": [each for each in results["outcomes"] if each.get("channel") != "platform"],
        "served": {"public": results["served"]["public"]},
        "answers": results["answers"] | {"platform": results["answers"]["platform"][newest]},
        "channels": {
            name: found for name, found in results.get("channels", {}).items() if not name.startswith("platform/")
        },
    }


def without_ends(results):
    """The results of a rotation without until when epochs are served, which later versions decide otherwise."""
    served = {
        channel: [{name: value for name, value in epoch.items() if name != "serves_until"} for epoch in epochs]
        for channel, epochs in results["served"].items()
    }
    return results | {"served": served}


def run_load(session, command, folder, executor=None):
    kind = Kind(command["kind"])
    seized_on = date.fromisoformat(command["seized_on"]) if "seized_on" in command else None
    said = {name: command[name] for name in ("title_zh", "title_en", "sensitive") if name in command}
    spec = DatasetSpec(command["dataset"], kind, seized_on=seized_on, **said)
    files = write_files(command["files"], folder)
    job = LoadJob(files, spec, IntakeOptions(kind), replace=command.get("replace", False))
    return without_later_keys(load(session, job, executor=executor).to_json())


def without_later_keys(outcome):
    """The outcome of a load without what later versions added: keys, and the headers that notes name.

    It must have no warning, and no file left out.
    """
    assert not outcome.pop("skipped")
    for report in (outcome, *outcome["files"]):
        assert not report.pop("warnings")
        del report["columns"]
        report["notes"] = [re.sub(r"( column \d+) \(phone\) by name$", r"\1 by name", note) for note in report["notes"]]
    return outcome


def status_without_later_keys(status):
    """The status of a HOME without the keys that later versions added, each of which must say nothing."""
    assert status.pop("bundle") is None
    later = ("removed from the vault is still served", "after a restore of a backup")
    status["warnings"] = [text for text in status["warnings"] if not any(each in text for each in later)]
    for dataset in status["datasets"]:
        said = [dataset.pop(key) for key in ("warnings", "texts", "texts_updated_on", "expires_on")]
        assert not any(said)
    return status


def write_files(files, folder):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def tree(path):
    """Every path below a directory, with its mode and the digest of a file."""
    return {
        str(found.relative_to(path)): (S_IMODE(found.stat().st_mode), digest(found) if found.is_file() else None)
        for found in path.rglob("*")
    }


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


def channel_files(path):
    """The digests of all files of the channels, metadata and targets, except the empty lock files.

    The name of a target begins with its digest; it is listed under the rest of the name.
    """
    channels = path / "online" / "channels"
    files = {}
    for file in sorted(channels.rglob("*")):
        if file.is_file() and file.name != "lock":
            found = digest(file)
            assert "targets" not in file.parts or file.name.startswith(f"{found}."), f"{file}: not what its name says"
            name = file.relative_to(channels).with_name(file.name.removeprefix(f"{found}."))
            if _is_later(name.name):
                continue
            if name.name == MANIFEST:
                found = sha256(_without_later_files(file.read_bytes()).to_bytes()).hexdigest()
            files.setdefault(str(name), []).append(found)
    return {name: sorted(found) for name, found in files.items()}


def _is_later(name):
    """Whether earlier code wrote no file of this name."""
    return is_delta(name) or name == FEED_FILE


def _without_later_files(data):
    """The manifest that earlier code would have written."""
    manifest = Manifest.from_bytes(data)
    return replace(manifest, files={name: ref for name, ref in manifest.files.items() if not _is_later(name)})


def revision(path):
    """The revision of the control data's tables."""
    with closing(sqlite3.connect(path / DATABASE)) as database:
        ((found,),) = database.execute("SELECT version_num FROM alembic_version")
    return found


def newest_revision():
    """The revision of the tables of this version."""
    return ScriptDirectory(str(migrate._SCRIPTS)).get_current_head()


def recovered_database(path, folder):
    """The digest of the control database once SQLite has rolled back a transaction that was killed, in a copy."""
    folder.mkdir()
    for file in (path / DATABASE).parent.glob("control.sqlite3*"):
        shutil.copy(file, folder)
    copy = folder / Path(DATABASE).name
    with closing(sqlite3.connect(copy)) as database:
        database.execute("SELECT version_num FROM alembic_version").fetchall()
    return digest(copy)


def key_contents(keyring):
    """The content of each key: the public key of a pair, or the digest of a symmetric key."""
    return {key_id: _key_content(keyring, key_id) for key_id in keyring.ids()}


def _key_content(keyring, key_id):
    if key_id in ("vault-storage", "vault-digest", "audit"):
        return sha256(keyring.symmetric(key_id)).hexdigest()
    if key_id == "vault" or key_id.startswith("channel-"):
        return keyring.scalar(key_id).public().hex()
    return keyring.signing(key_id).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def vault_content(session):
    """The number of rows of each dataset in the vault, and their digest, without erased elements."""
    erased = set(session.vault.suppressed.to_pylist())
    content = {}
    for dataset in session.control.datasets(active_only=False):
        runs = [
            run
            for partition in range(PARTITIONS)
            for _, run in session.vault.runs(partition, session.control.loads(dataset.slug))
        ]
        rows = sorted(
            (row["element"].hex(), row["account"].hex(), row["count"], row["month"])
            for run in runs
            for row in run.to_pylist()
            if row["element"] not in erased
        )
        content[dataset.slug] = {"rows": len(rows), "sha256": sha256(json.dumps(rows).encode()).hexdigest()}
    return content


def served(session, channel):
    """Each listed epoch of a channel, newest first: its end, fields of its manifest, and the names of its files."""
    epochs = []
    for epoch, manifest in zip(session.repository(channel).listed(), manifests(session, channel), strict=True):
        epochs.append(
            {
                "epoch": manifest.epoch,
                "serial": manifest.serial,
                "entries": manifest.entries,
                "bits": manifest.geometry.bits,
                "slots": manifest.geometry.slots,
                "public_key": manifest.public_key.hex(),
                "serves_until": epoch.serves_until.isoformat(),
                "files": sorted(name for name in epoch.files if not _is_later(name)),
            }
        )
    return epochs


def manifests(session, channel):
    repository = session.repository(channel)
    return [
        Manifest.from_bytes((repository.targets / epoch.path(MANIFEST)).read_bytes()) for epoch in repository.listed()
    ]


def answers(session, numbers):
    """The answers of each served epoch of each channel: {channel: {epoch: {label: runs of numbers}}}.

    Uses the key in HOME and the buckets of the file. Asserts that a number that is found is also in the filters.
    """
    return {
        channel: {
            str(manifest.epoch): _answers(session, channel, epoch, manifest, numbers)
            for epoch, manifest in zip(session.repository(channel).listed(), manifests(session, channel), strict=True)
        }
        for channel in CHANNELS
    }


def _answers(session, channel, epoch, manifest, numbers):
    targets = session.repository(channel).targets
    key = session.channel_key(channel, manifest.epoch)
    assert key.public() == manifest.public_key
    elements = _core.tokenise([f"tel:+86{number}".encode() for number in numbers], key)
    buckets = (targets / epoch.path("buckets.bin")).read_bytes()
    said, keys = {}, {kind: set() for kind in Kind}
    for number, secret in zip(numbers, token.tokens(elements, channel, manifest.epoch), strict=True):
        start = token.bucket_index(secret, manifest.geometry.bits) * manifest.geometry.stride
        label = token.find(secret, buckets[start : start + manifest.geometry.stride], channel, manifest.epoch)
        said.setdefault(label.to_bytes().hex() if label else ABSENT, []).append(number)
        for kind in _kinds(label):
            keys[kind].add(secret[16:24])
    for kind, wanted in keys.items():
        assert not _lacked(targets, epoch, kind, wanted), f"filters of {channel} lack a number"
    return {label: joined(found) for label, found in sorted(said.items())}


def _kinds(label: Label | None):
    if label is None:
        return []
    return [kind for kind, applies in ((Kind.EXPOSURE, label.exposed), (Kind.MALICIOUS, label.malicious)) if applies]


def _lacked(targets, epoch, kind, keys):
    """The keys that are in none of the fuse filters of a kind, and those that its Bloom filter (if any) lacks."""
    fuse, bloom = keys, set()
    for name in epoch.files:
        if name.startswith(f"{kind.value}.") and name.endswith((".fuse16", ".bloom")):
            data = lacked_keys(FilterFile(targets / epoch.path(name)), b"".join(sorted(keys)))
            lacked = {data[at : at + 8] for at in range(0, len(data), 8)}
            if name.endswith(".fuse16"):
                fuse = fuse & lacked
            else:
                bloom |= lacked
    return fuse | bloom


def joined(numbers):
    """Numbers as runs: 13812340000+12 is twelve consecutive numbers."""
    runs = []
    for number in sorted(map(int, numbers)):
        if runs and runs[-1][0] + runs[-1][1] == number:
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    return [f"{first}+{count}" for first, count in runs]


def expanded(runs):
    """The numbers of runs."""
    pairs = (run.split("+") for run in runs)
    return [str(int(first) + i) for first, count in pairs for i in range(int(count))]
