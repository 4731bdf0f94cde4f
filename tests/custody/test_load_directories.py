"""A directory stands for the files in it and below it; a note or a warning names what is left out."""

import io

import pytest

from pilookup.errors import IntakeError, StrictLoadError
from pilookup.protocol.label import Kind
from tests.support.custody.home import files_under, numbers, write_csv

PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 4
SKIPPED = "member_skipped"


@pytest.fixture
def seized(tmp_path):
    """A directory with three tables, two of them below it."""
    folder = tmp_path / "seized"
    (folder / "sub" / "deep").mkdir(parents=True)
    write_csv(folder / "b.csv", numbers(3))
    write_csv(folder / "sub" / "a.csv", numbers(4, 10))
    write_csv(folder / "sub" / "deep" / "a.csv", numbers(5, 20))
    return folder


def load(custody, files, **given):
    return custody.load(files, dataset="case-1", kind=Kind.EXPOSURE, **given)


def told(outcome):
    return sorted((warning.location, str(warning.code), warning.count) for warning in outcome.total.warnings)


def test_the_files_in_a_directory_and_below_are_loaded_in_the_order_of_their_paths(custody, seized):
    outcome = load(custody, seized)
    assert outcome.names == ["b.csv", "sub/a.csv", "sub/deep/a.csv"]
    assert [report.accepted for report in outcome.files] == [3, 4, 5]
    assert "sub/deep/a.csv: phone column 1 (phone) by name" in outcome.total.notes
    assert (outcome.total.warnings, outcome.skipped) == ([], [])
    assert custody.status().datasets[0].accepted == 12


def test_directories_and_files_are_given_together(custody, seized, tmp_path):
    other = write_csv(tmp_path / "z.csv", numbers(2, 40))
    assert load(custody, [other, seized / "sub", seized / "b.csv"]).names == ["z.csv", "a.csv", "deep/a.csv", "b.csv"]


@pytest.mark.parametrize(
    "name", [".DS_Store", ".hidden.csv", ".git/a.csv", "Thumbs.db", "sub/desktop.ini", "__MACOSX/a.csv", "sub/._a.csv"]
)
def test_hidden_and_system_files_are_left_out_with_one_note(custody, seized, name):
    (seized / name).parent.mkdir(exist_ok=True)
    (seized / name).write_bytes(b"phone\n13800138000\n")
    outcome = load(custody, seized)
    [note] = [note for note in outcome.total.notes if "hidden" in note]
    assert note.startswith("seized: 1 hidden or system file or folder (")
    assert (outcome.total.accepted, outcome.total.warnings) == (12, [])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PHOTO, "a JPEG picture"),
        (b"%PDF-1.4\n" + bytes(40), "a PDF"),
        (b"no number in this text\n" * 3, "no phone number"),
    ],
    ids=["photo", "pdf", "text"],
)
@pytest.mark.parametrize("count", [1, 5])
def test_files_that_are_no_tables_are_told_as_members_of_archives_are(custody, seized, content, kind, count):
    for index in range(count):
        (seized / "sub" / f"x{index}.dat").write_bytes(content + b"abcde"[: index + 1])
    outcome = load(custody, seized)
    assert outcome.total.accepted == 12
    assert told(outcome) == [("sub/x0.dat" if count == 1 else "seized", SKIPPED, count)]
    [warning] = outcome.total.warnings
    assert kind in warning.text
    assert warning.text.endswith("load it by itself as a table, or leave it out of the directory")
    with pytest.raises(StrictLoadError):
        load(custody, seized, strict=True, replace=True)


def test_an_empty_file_is_a_note(custody, seized):
    (seized / "empty.csv").touch()
    outcome = load(custody, seized)
    assert "empty.csv: not read: the file is empty" in outcome.total.notes
    assert outcome.total.warnings == []


def test_the_warnings_of_a_table_in_which_no_number_is_read_are_told(custody, seized):
    write_csv(seized / "c.csv", [f"P,{number}" for number in numbers(30, 50)], "姓名,办案民警电话")
    rejects = io.StringIO()
    outcome = load(custody, seized, rejects=rejects)
    assert ("c.csv", "other_party", 30) in told(outcome)
    assert ("c.csv", SKIPPED, 1) in told(outcome)


def test_a_damaged_file_fails_the_command_and_names_its_path(custody, home, seized):
    (seized / "sub" / "bad.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    before = files_under(home.vault)
    with pytest.raises(IntakeError, match=r"^sub/bad\.xlsx: "):
        load(custody, seized)
    assert files_under(home.vault) == before
    outcome = load(custody, seized, skip_bad=True)
    assert [reason.partition(":")[0] for reason in outcome.skipped] == ["sub/bad.xlsx"]
    assert outcome.total.accepted == 12


@pytest.mark.parametrize("to_directory", [True, False])
def test_symbolic_links_are_not_followed_and_told(custody, seized, tmp_path, to_directory):
    outside = tmp_path / "outside"
    outside.mkdir()
    write_csv(outside / "a.csv", numbers(7, 70))
    (seized / "sub" / "link").symlink_to(outside if to_directory else outside / "a.csv")
    (seized / "round").symlink_to(seized)
    outcome = load(custody, seized)
    assert outcome.total.accepted == 12
    assert told(outcome) == [("seized", SKIPPED, 2)]
    assert "the first is round" in outcome.total.warnings[0].text
    assert load(custody, outside if to_directory else seized / "sub" / "link").total.accepted == 7


@pytest.mark.parametrize("content", [(), (".DS_Store", "Thumbs.db"), ("sub/.x",)])
def test_a_directory_without_a_file_to_load_is_an_error(custody, tmp_path, content):
    empty = tmp_path / "empty"
    (empty / "sub").mkdir(parents=True)
    for name in content:
        (empty / name).write_bytes(b"x")
    wrong = r"^empty: the directory holds no file to load" + (" besides .* hidden" if content else "$")
    with pytest.raises(IntakeError, match=wrong):
        load(custody, empty)
    other = write_csv(tmp_path / "a.csv", numbers(3))
    with pytest.raises(IntakeError, match=wrong):
        load(custody, [other, empty])
    assert load(custody, [other, empty], skip_bad=True).total.accepted == 3


@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_directory_of_nothing_but_photos_is_an_error(custody, tmp_path, count):
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(count):
        (folder / f"{index}.jpg").write_bytes(PHOTO + bytes([index]))
    with pytest.raises(IntakeError, match="a JPEG picture"):
        load(custody, folder)


def test_numbers_in_the_names_of_folders_are_told_and_not_shown(custody, seized):
    [number] = numbers(1, 99)
    (seized / number).mkdir()
    write_csv(seized / number / "n.csv", numbers(3, 80))
    outcome = load(custody, seized)
    assert told(outcome) == [("138…/n.csv", "unread_numbers", 1)]
    assert number not in str(outcome.to_json())


def test_a_directory_is_loaded_again_only_on_request(custody, seized):
    load(custody, seized)
    with pytest.raises(Exception, match=r"^b\.csv, sub/a\.csv, sub/deep/a\.csv: already loaded"):
        load(custody, seized)
    assert load(custody, seized, replace=True).total.accepted == 12
