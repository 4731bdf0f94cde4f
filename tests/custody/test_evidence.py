"""The list of electronic data of a load: files, members, digests, forms, and that no digest stays in HOME."""

import csv
import gzip
import hashlib
import io
import json
import shlex
import zipfile

import pytest
from cryptography.hazmat.primitives import hashes

from pilookup.custody.evidence import file_ids, list_evidence
from pilookup.errors import IntakeError
from tests.support.custody.channel import initialised
from tests.support.custody.command import load_of, run
from tests.support.custody.home import files_under, numbers
from tests.support.passphrase_cost import shipped_profile

TABLE = ("phone\n" + "\n".join(numbers(30)) + "\n").encode()


def sm3(data):
    made = hashes.Hash(hashes.SM3())
    made.update(data)
    return made.finalize().hex()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def nested(tmp_path):
    """A ZIP with a table, a picture, an empty file, a ZIP with a table, and a gzip file; and the contents by path."""
    inner = zipped({"a/13800138000.csv": TABLE})
    packed = gzip.compress(TABLE, mtime=0)
    members = {
        "b.csv": TABLE,
        "photo.jpg": b"\xff\xd8\xff\xe0" + b"x" * 64,
        "empty.csv": b"",
        "in.zip": inner,
        "c.csv.gz": packed,
    }
    path = tmp_path / "seized.zip"
    path.write_bytes(zipped(members))
    contents = {f"seized.zip/{name}": data for name, data in members.items()}
    further = {"seized.zip/in.zip/a/138….csv": TABLE, "seized.zip/c.csv.gz/c.csv": TABLE}
    return path, {"seized.zip": path.read_bytes()} | contents | further


def usual_home(folder):
    """A HOME that a command in a process of its own opens."""
    with shipped_profile():
        return initialised(folder / "home")


def listed(path, **options):
    return list_evidence([path], file_ids([path]), **options)


def test_every_file_and_member_has_its_size_and_digests(nested):
    path, contents = nested
    progress = []
    items = listed(path, on_progress=lambda *done: progress.append(done))
    assert {item.path: (item.size, item.sha256, item.sm3) for item in items} == {
        name: (len(data), hashlib.sha256(data).hexdigest(), sm3(data)) for name, data in contents.items()
    }
    kinds = {item.path: item.kind for item in items}
    assert kinds["seized.zip"] == "a ZIP archive"
    assert kinds["seized.zip/b.csv"] == "text (CSV, TSV, TXT)"
    assert kinds["seized.zip/empty.csv"] == "an empty file"
    assert {item.container for item in items if item.path.startswith("seized.zip/in.zip/")} == {"seized.zip/in.zip"}
    assert progress[-1] == (path.stat().st_size, path.stat().st_size, len(items))


def test_the_digests_are_those_of_the_standards():
    assert sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"  # GB/T 32905, example 1


def test_what_cannot_be_read_is_listed_with_the_reason(tmp_path):
    path = tmp_path / "cut.zip"
    path.write_bytes(zipped({"a.csv": TABLE})[:-30])
    missing = tmp_path / "gone.csv"
    items = list_evidence([path, missing], file_ids([path, missing]))
    assert items[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (items[1].sha256, "not all of it can be read" in items[1].note) == (None, True)
    assert (items[2].path, items[2].sha256, items[2].note) == ("gone.csv", None, "cannot be read")


def test_a_file_that_changed_after_the_load_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE)
    before = file_ids([path])
    path.write_bytes(TABLE + b"13800138000\n")
    with pytest.raises(IntakeError, match="changed after it was loaded"):
        list_evidence([path], before)


def test_the_command_makes_each_form_and_its_counts_come_again(nested, tmp_path):
    path, contents = nested
    home = usual_home(tmp_path)
    page, table, body = (tmp_path / f"list.{form}" for form in ("html", "csv", "json"))
    done = run(home, *load_of(path, "--evidence-list", str(page)))
    assert done.returncode == 0, done.stderr
    for further in (table, body):
        again = run(home, *load_of(path, "--replace", "--evidence-list", str(further)))
        assert again.returncode == 0, again.stderr
    assert {form.stat().st_mode & 0o777 for form in (page, table, body)} == {0o600}
    text = page.read_text(encoding="utf-8")
    digest = hashlib.sha256(contents["seized.zip"]).hexdigest()
    for part in (
        "电子数据提取清单",
        "侦查人员二",
        "见证人",
        "Second investigator",
        "Witness",
        digest,
        sm3(TABLE),
        "@media print",
    ):
        assert part in text
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert {row["path"]: row["sm3"] for row in rows} == {name: sm3(data) for name, data in contents.items()}
    told = json.loads(body.read_text(encoding="utf-8"))
    _, *command = shlex.split(told["command"])
    counted = json.loads(run(home, *command).stdout)
    for name in ("rows", "accepted", "distinct", "duplicates"):
        assert told["counts"][name] == counted[name]
    assert told["counts"]["accepted"] == 90


def test_no_digest_of_a_file_stays_in_home(nested, tmp_path):
    path, contents = nested
    home = usual_home(tmp_path)
    done = run(home, *load_of(path, "--evidence-list", str(tmp_path / "list.json")))
    assert done.returncode == 0, done.stderr
    stored = list(files_under(home, audit=True).values())
    for data in contents.values():
        for digest in (hashlib.sha256(data).digest(), bytes.fromhex(sm3(data))):
            assert not [held for held in stored if digest in held or digest.hex().encode() in held]


@pytest.mark.parametrize("name", ["list.txt", "seized.zip", "no/list.html"])
def test_a_name_that_cannot_be_a_new_list_is_refused_before_the_load(nested, tmp_path, name):
    home = usual_home(tmp_path)
    done = run(home, *load_of(nested[0], "--evidence-list", str(tmp_path / name)))
    assert done.returncode == 2
    assert "--evidence-list" in done.stderr


def test_the_files_of_a_directory_are_listed_with_their_folders(tmp_path):
    folder, listed = tmp_path / "seized", tmp_path / "list.json"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.csv").write_text("phone\n13800138000\n")
    (folder / "sub" / "a.csv").write_text("phone\n13800138001\n")
    (folder / "sub" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40))
    done = run(usual_home(tmp_path), *load_of(folder, "--evidence-list", str(listed)))
    assert done.returncode == 0, done.stderr
    assert [item["path"] for item in json.loads(listed.read_text())["files"]] == [
        "a.csv",
        "sub/a.csv",
        "sub/photo.jpg",
    ]
