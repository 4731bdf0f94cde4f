"""Every remedy that `status`, an error or status 3 names can be typed at the HOME that it is about, and works there."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from pilookup.custody import Custody
from pilookup.custody.backup.restore import restore
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.next_command import HOME_VARIABLE, with_home
from pilookup.custody.status import read_status
from pilookup.keyring import Half
from pilookup.keyring.weak_passphrase import Weakness, record_weaknesses
from tests.support.bundles.machines import PASSPHRASES, export, import_bundle, opened, published
from tests.support.custody.channel import NUMBERS, initialised
from tests.support.custody.home import write_csv
from tests.support.custody.remedies import Person, commands, typed

NOW = datetime.now(UTC)
LATER = [
    timedelta(),
    timedelta(days=3),
    timedelta(days=25),
    timedelta(days=130),
    timedelta(days=200),
    timedelta(days=300),
]
MOVED = ("root-public-1", "root-public-2", "targets-public-1", "targets-public-2")


def _moved(path, names=MOVED):
    home = published(path / "home")
    (path / "media").mkdir(exist_ok=True)
    with opened(home) as custody:
        for name in names:
            custody.move_key(name, path / "media" / f"{name}.key", passphrase=b"passphrase of a holder")
    return home


def new(path):
    return initialised(path / "home")


def one_machine(path):
    return published(path / "home")


def exporting(path):
    home = published(path / "home")
    export(home, path / "first")
    with opened(home) as custody:
        custody.erase(NUMBERS[0])
    return home


def serving(path):
    export(published(path / "custody"), path / "first")
    import_bundle(path / "first", path / "home", path / "custody")
    return path / "home"


def custody_only(path):
    home = published(path / "home")
    (home / "online").rename(path / "online")
    return home


def keys_moved(path):
    return _moved(path)


def all_keys_moved(path):
    return _moved(path, (*MOVED, "root-public-3", "targets-public-3", "snapshot-public"))


def _restored(path, names):
    home = _moved(path, names)
    with opened(home) as custody:
        custody.back_up(path / "backup", backup_passphrase=b"passphrase of the backup")
    given = lambda: b"passphrase of the backup"  # noqa: E731
    restore(path / "backup", path / "new", home / "online", NOW, given, lambda: PASSPHRASES["passphrase"])
    shutil.rmtree(home)
    (path / "new").rename(home)
    return home


def restored_with_holders(path):
    return _restored(path, MOVED)


def restored_without_holders(path):
    return _restored(path, ())


KINDS = [
    new, one_machine, exporting, serving, custody_only, keys_moved, all_keys_moved, restored_with_holders,
    restored_without_holders,
]  # fmt: skip


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def place(request, tmp_path):
    """A folder with `home` of one kind, and `media` of the holders."""
    (tmp_path / "media").mkdir()
    request.param(tmp_path)
    return tmp_path


def _trouble(home):
    """Bring about what status warns of: removals that are served, an expiry, weak passphrases."""
    for half in Half:
        if (home / half).is_dir():
            record_weaknesses(home / half, frozenset({Weakness.SHORT, Weakness.SHARED}))
    if (home / "custody").is_dir() and (home / "online").is_dir():
        with opened(home) as custody:
            custody.load(write_csv(home.parent / "b.csv", NUMBERS[:9]), dataset="case-9", kind="exposure",
                         expires_on=(NOW + timedelta(days=20)).date())  # fmt: skip
            if Home(home).channels.joinpath("public", "metadata", "timestamp.json").exists():
                custody._session().control.count_removal()


def _warnings(home):
    found = set()
    for later in LATER:
        layout = Home(home)
        if layout.has_custody():
            with ControlDatabase.open(layout) as control:
                found |= set(read_status(layout, control, NOW + later).warnings)
        else:
            found |= set(read_status(layout, None, NOW + later).warnings)
    return sorted(found)


def _copies(place):
    for number in count():
        folder = place / f"copy-{number}"
        folder.mkdir()
        shutil.copytree(place / "media", folder / "media")
        if (place / "online").exists():
            shutil.copytree(place / "online", folder / "online")
        yield folder


def _obey(place, folder, text):
    """Do what a text says at the HOME `place/home`, which is put back afterwards."""
    saved = folder / "saved"
    shutil.copytree(place / "home", saved)
    if "there is no online half in" in text:
        shutil.copytree(place / "online", place / "home" / "online")
    try:
        return Person(place / "home", folder / "desk", folder / "media").obey(text)
    finally:
        shutil.rmtree(place / "home")
        saved.rename(place / "home")


def test_what_status_says_can_be_typed(place):
    _trouble(place / "home")
    warnings = _warnings(place / "home")
    assert len(warnings) >= 3, warnings
    copies = _copies(place)
    done = [command for text in warnings for command in _obey(place, next(copies), text)]
    if not (place / "home" / "custody").exists():
        assert not [command for command in done if not command.startswith("pilookup serve")]
        assert all("on the custody machine" in text or "pilookup serve" in text or "docs/" in text for text in warnings)
    else:
        assert done
    for text in warnings:
        assert "pilookup" not in text or commands(text) or "docs/" in text, text


TRIED = (
    ["publish", "public"],
    ["rotate", "public"],
    ["erase", NUMBERS[1]],
    ["withdraw", "case-1"],
    ["keys", "replace", "public", "targets", "targets-public-1"],
    ["keys", "replace", "public", "snapshot"],
    ["bundle", "export", "OUT"],
    ["publish", "public", "--finish", "EMPTY"],
    ["passphrase", "online"],
)


@pytest.mark.sampled("place")
@pytest.mark.parametrize("words", TRIED, ids=lambda words: "-".join(words[:3]))
def test_what_an_error_says_can_be_typed(place, words, tmp_path):
    empty = tmp_path / "empty.json"
    empty.write_bytes(b"{}")
    known = {"EMPTY": empty, "OUT": tmp_path / "out"}
    home = place / "home"
    result = typed([*(known.get(word, word) for word in words), "--home", home], PILOOKUP_NEW_PASSPHRASE="n" * 20)
    if result.exit_code == 0:
        return
    text = " ".join(result.stderr.split("\n")).replace("pilookup: ", " ")
    assert "Traceback" not in result.output
    _obey(place, next(_copies(place)), result.stderr.replace("pilookup: ", ""))
    if not (home / "custody").exists():
        assert "custody machine" in text or "HOME of this machine" in text, text


def test_a_command_in_full_names_home_unless_the_environment_does(tmp_path, monkeypatch):
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    home = Home(tmp_path / "a b")
    assert with_home(home, "pilookup rotate public") == f"pilookup rotate public --home '{tmp_path}/a b'"
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "a b"))
    assert with_home(home, "pilookup rotate public") == "pilookup rotate public"
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "another"))
    assert with_home(home, "pilookup rotate public").endswith("b'")


def test_status_3_says_who_must_sign_and_what_to_type(tmp_path):
    home = keys_moved(_media(tmp_path))
    done = typed(["erase", NUMBERS[0], "--home", home, "--json"])
    assert done.exit_code == 3
    said = json.loads(done.stdout)
    assert said["unsigned"] == ["public"]
    (state,) = said["missing"]
    assert (state["channel"], state["role"], state["threshold"], state["short"]) == ("public", "targets", 2, 1)
    assert sorted(key["name"] for key in state["keys"]) == ["targets-public-1", "targets-public-2"]
    first, signed = state["keys"][0]["name"], "request-public.json.signed-1.json"
    assert said["next"] == [
        f"pilookup publish public --prepare request-public.json --home {home}",
        f"pilookup keys sign request-public.json --trust trust-public.json --key MEDIUM/{first}.key --out {signed}",
        f"pilookup publish public --finish request-public.json.signed-1.json --home {home}",
    ]
    text = typed(["erase", NUMBERS[0], "--home", home]).stderr
    for key in state["keys"]:
        assert f"{key['key_id'][:16]} ({key['name']}, in a file of its holder)" in text
    assert "role targets is short by 1 of 2 signatures" in text
    assert all(step in text for step in said["next"])


def test_a_release_is_served_by_typing_what_status_3_says(tmp_path):
    home = keys_moved(_media(tmp_path))
    for words in (["erase", NUMBERS[0]], ["withdraw", "case-1"], ["rotate", "public"]):
        done = typed([*words, "--home", home])
        assert done.exit_code == 3, done.output
        folder = tmp_path / words[0]
        typed_now = Person(home, folder, tmp_path / "media").obey(done.stderr.replace("pilookup: ", ""))
        assert [command.split()[1] for command in typed_now] == ["publish", "keys", "publish"]
        assert not [
            text for text in Custody.status_of(home).warnings if "still served" in text and "public" in text[:6]
        ]


def _media(path):
    (path / "media").mkdir()
    return path


def test_a_backup_says_what_could_not_be_signed_and_moving_keys_settles_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_BACKUP_PASSPHRASE", "passphrase of the backup")
    home = published(_media(tmp_path) / "home")
    before = typed(["backup", tmp_path / "one", "--home", home])
    assert before.exit_code == 0, before.output
    text = " ".join(before.stderr.split())
    for channel in ("public", "platform"):
        assert f"channel {channel}: after a restore of a backup, the root and targets and snapshot signatures" in text
    said = [text for text in Custody.status_of(home).warnings if "after a restore" in text]
    assert len(said) == 2
    person = Person(home, tmp_path / "desk", tmp_path / "media")
    moved = [command.split()[3] for text in said for command in person.obey(text)]
    assert sorted(moved) == [
        f"{role}-{channel}-2" for role in ("root", "targets") for channel in ("platform", "public")
    ]
    assert not [text for text in Custody.status_of(home).warnings if "after a restore" in text]
    after = json.loads(typed(["backup", tmp_path / "two", "--home", home, "--json"]).stdout)["after_restore"]
    assert [(each["channel"], [state["role"] for state in each["lost"]], each["run_now"]) for each in after] == [
        ("platform", ["snapshot"], []), ("public", ["snapshot"], []),
    ]  # fmt: skip
    shutil.copytree(home / "online", tmp_path / "online")
    done = typed(["restore", tmp_path / "two", tmp_path / "new", "--journal", tmp_path / "online"])
    assert done.exit_code == 0, done.output
    typed_now = Person(tmp_path / "new", tmp_path / "desk2", tmp_path / "media").obey(done.stdout)
    assert [command.split()[1] for command in typed_now] == ["rotate", "keys", "keys", "keys", "publish"] * 2
    assert typed(["publish", "public", "--home", tmp_path / "new"]).exit_code == 1  # the targets keys are with holders
    assert not [text for text in Custody.status_of(tmp_path / "new").warnings if "cannot be signed" in text]


def test_restoring_what_cannot_sign_says_so_at_its_end(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_BACKUP_PASSPHRASE", "passphrase of the backup")
    home = published(tmp_path / "home")
    assert typed(["backup", tmp_path / "one", "--home", home]).exit_code == 0
    shutil.copytree(home / "online", tmp_path / "online")
    done = typed(["restore", tmp_path / "one", tmp_path / "new", "--journal", tmp_path / "online"])
    assert done.exit_code == 0, done.output
    for channel in ("public", "platform"):
        assert f"channel {channel}: role targets is short by 1 of 2 signatures; no other key is known" in done.stderr
        assert f"no release of channel {channel} can be signed with the keys that are known" in done.stdout
    warned = " ".join(Custody.status_of(tmp_path / "new").warnings)
    assert "no release of channel public can be signed" in warned


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_replacing_a_key_says_which_key_took_its_place(tmp_path, role):
    home = published(tmp_path / "home")
    listed = {each["role"]: each["keys"] for each in json.loads(typed(["keys", "list", "--json", "--home", home]).stdout)
              if each["channel"] == "public"}  # fmt: skip
    old = listed[role][0]
    done = typed(["keys", "replace", "public", role, old["name"], "--home", home])
    assert done.exit_code == 0, done.output
    (key,) = re.findall(
        rf"^public: the {role} key {old['key_id'][:16]} is replaced; ([0-9a-f]{{16}}) signs", done.stdout
    )
    assert key != old["key_id"][:16]
    assert "version 2 of the root is served" in done.stdout
    assert "public: unchanged, signatures renewed" not in done.stdout
    now = json.loads(typed(["keys", "list", "--json", "--home", home]).stdout)
    assert key in [each["key_id"][:16] for one in now if one["channel"] == "public" for each in one["keys"]]
