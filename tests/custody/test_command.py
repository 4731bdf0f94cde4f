"""Commands on a full disk, a busy HOME or a wrong passphrase print one line and end with status 1."""

import shutil
from datetime import UTC, datetime

import pytest

from pilookup.custody.home import Home
from pilookup.custody.initialise import initialise_home
from pilookup.release_files.verify import verify_directory
from tests.support.custody.command import assert_refused, load_of, run
from tests.support.custody.home import files_under, numbers, write_csv
from tests.support.passphrase_cost import shipped_profile


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with a HOME in which 2,000 numbers are loaded and published, and a file of 200 more."""
    folder = tmp_path_factory.mktemp("prepared")
    with shipped_profile():
        initialise_home(
            folder / "home", b"custody passphrase of the tests", b"online passphrase of the tests", datetime.now(UTC)
        )
    write_csv(folder / "first.csv", numbers(2000))
    write_csv(folder / "second.csv", numbers(200, start=5000))
    for command in (load_of(folder / "first.csv"), ["publish", "public"]):
        done = run(folder / "home", *command)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def home(prepared, tmp_path):
    return shutil.copytree(prepared / "home", tmp_path / "home")


def vault_of(home):
    return files_under(home / "custody" / "vault")


def served(home):
    return verify_directory(
        home / "online" / "channels" / "public", (home / "trust-public.json").read_bytes(), datetime.now(UTC)
    )


@pytest.mark.parametrize(
    ("largest_file", "text"),
    [
        (0, ""),
        (500, ": cannot be read or written: File too large"),
        (14_000, ": cannot be read or written: File too large"),
    ],
)
def test_a_load_that_the_disk_refuses_stores_nothing(prepared, home, largest_file, text):
    before = vault_of(home)
    done = run(home, *load_of(prepared / "second.csv"), largest_file=largest_file)
    line = assert_refused(done, text)
    assert not any(number in line for number in numbers(200, start=5000))
    assert vault_of(home) == before
    done = run(home, *load_of(prepared / "second.csv"))
    assert done.returncode == 0, done.stderr


def test_the_next_load_removes_the_files_of_a_load_whose_commit_the_disk_refused(prepared, home):
    """The database cannot be read either, so the failing command cannot know whether the load is committed."""
    done = run(home, *load_of(prepared / "second.csv"), commit_refused=True)
    assert_refused(done, "database failed")
    done = run(home, *load_of(prepared / "second.csv"))
    assert done.returncode == 0, done.stderr
    assert {path.parts[0] for path in vault_of(home)} == {"case-1", "suppressed.sealed"}
    assert len({path.parts[1] for path in vault_of(home) if len(path.parts) > 2}) == 2


@pytest.mark.parametrize("largest_file", [0, 8192, 40_000])
def test_a_publish_that_the_disk_refuses_does_not_change_what_is_served(prepared, home, largest_file):
    assert run(home, *load_of(prepared / "second.csv")).returncode == 0
    before = served(home)
    assert_refused(run(home, "publish", "public", largest_file=largest_file), "")
    assert served(home) == before
    done = run(home, "publish", "public")
    assert done.returncode == 0, done.stderr
    [snapshot] = served(home)
    assert snapshot.entries == before[0].entries + 200
    assert snapshot.serial > before[0].serial


@pytest.mark.parametrize(
    "command",
    [
        ["load", "FILE", "--dataset", "case-2", "--kind", "exposure"],
        ["publish", "public"],
        ["rotate", "public"],
        ["withdraw", "case-1"],
        ["erase", numbers(1)[0]],
    ],
    ids=lambda command: command[0],
)
def test_a_second_command_is_refused_at_once(prepared, home, command):
    command = [str(prepared / "second.csv") if word == "FILE" else word for word in command]
    before = vault_of(home), served(home)
    with Home(home).locked():
        assert_refused(run(home, *command), f"{home}: another command is working on it")
    assert (vault_of(home), served(home)) == before
    assert run(home, *command).returncode == 0


@pytest.mark.parametrize(
    ("name", "half"), [("PILOOKUP_PASSPHRASE", "custody"), ("PILOOKUP_ONLINE_PASSPHRASE", "online")]
)
def test_a_wrong_or_missing_passphrase_changes_nothing(home, name, half):
    before = files_under(home)
    line = assert_refused(run(home, "withdraw", "case-1", **{name: "sesame"}), f"does not open the {half} half")
    assert "sesame" not in line
    assert_refused(run(home, "withdraw", "case-1", **{name: ""}), f"set {name} or {name}_FILE")
    after = files_under(home)
    assert {path: data for path, data in after.items() if path.name != "lock"} == {
        path: data for path, data in before.items() if path.name != "lock"
    }


def test_loading_needs_no_online_half(prepared, home):
    shutil.rmtree(home / "online")
    done = run(home, *load_of(prepared / "second.csv"), PILOOKUP_ONLINE_PASSPHRASE="")
    assert done.returncode == 0, done.stderr
    assert_refused(run(home, "publish", "public"), "online/keyring.json: missing")


def test_a_dataset_of_another_kind_a_file_loaded_before_and_a_bad_file_are_refused(prepared, home, tmp_path):
    before = vault_of(home)
    (tmp_path / "empty.csv").write_bytes(b"")
    second = str(prepared / "second.csv")
    other = ["load", second, "--dataset", "case-1", "--kind", "malicious-registration"]
    assert_refused(run(home, *other), "dataset case-1: a load does not change --kind, which is exposure")
    assert_refused(run(home, *load_of(prepared / "first.csv")), "first.csv: already loaded into case-1; use --replace")
    bad = ["load", second, str(tmp_path / "empty.csv"), "--dataset", "case-1", "--kind", "exposure"]
    assert_refused(run(home, *bad), "empty.csv")
    assert vault_of(home) == before


def test_a_load_that_fails_leaves_no_rejects_file_and_can_be_tried_again(home, tmp_path):
    rejects, bad, good = tmp_path / "rejects.csv", tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_bytes(b"")
    failed = run(home, *load_of(bad, "--rejects", str(rejects)))
    assert failed.returncode == 1
    assert [path for path in tmp_path.iterdir() if "rejects" in path.name] == []
    write_csv(good, [*numbers(3, start=900_000), "none"])
    done = run(home, *load_of(good, "--rejects", str(rejects)))
    assert done.returncode == 0, done.stderr
    assert rejects.read_text(encoding="utf-8").splitlines() == [
        "place,row,column,reason,text",
        "good.csv,5,phone,no_digits,none",
    ]
    assert rejects.stat().st_mode & 0o777 == 0o600
    taken = run(home, *load_of(good, "--replace", "--rejects", str(rejects)))
    assert (taken.returncode, "already exists" in taken.stderr) == (2, True)
    assert rejects.exists()


def test_a_load_in_which_no_number_was_found_leaves_its_rejected_rows(home, tmp_path):
    rejects = tmp_path / "rejects.csv"
    path = write_csv(tmp_path / "bad.csv", ["12345,a", "无,b"], "phone,name")
    assert_refused(run(home, *load_of(path, "--rejects", str(rejects))), "no phone number found in it")
    assert rejects.read_text(encoding="utf-8").splitlines()[1:] == [
        "bad.csv,2,phone,short_code,12345",
        "bad.csv,3,phone,no_digits,无",
    ]
    assert rejects.stat().st_mode & 0o777 == 0o600
