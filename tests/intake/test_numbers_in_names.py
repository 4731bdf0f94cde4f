"""Numbers in the names of files, folders and members of archives are told, each once."""

import io
import tarfile
import zipfile

import pytest

ROWS = "姓名,电话\n" + "".join(f"某{at},138{at:08}\n" for at in range(3))


def told(outcome):
    return [
        (warning.location, warning.count) for warning in outcome.report.warnings if warning.code == "unread_numbers"
    ]


def zipped(names):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, ROWS)
    return data.getvalue()


def tarred(names):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(ROWS.encode())
            archive.addfile(member, io.BytesIO(ROWS.encode()))
    return data.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "13912345678.csv",
        "13912345678话单.csv",
        "msg_13912345678.csv",
        "通讯录-139-1234-5678.csv",
        "a+8613912345678.csv",
    ],
)
def test_the_number_in_the_name_of_a_file_is_told(load, name):
    outcome = load(name, ROWS)
    assert len(outcome.numbers) == 3
    assert [count for _, count in told(outcome)] == [1]
    assert "13912345678" not in repr(outcome.report)


@pytest.mark.parametrize(("file", "pack"), [("a.zip", zipped), ("a.tar.gz", tarred)])
def test_each_number_in_names_of_members_and_folders_is_told_once(load, file, pack):
    names = [
        "upload/13912340001/contacts.csv",
        "upload/13912340001/sms.csv",
        "upload/13912340002/contacts.csv",
        "x/13912340003.csv",
        "y/z.csv",
    ]
    outcome = load(file, pack(names))
    assert told(outcome) == [(file, 3)]
    assert not any(f"1391234000{at}" in repr(outcome.report) for at in (1, 2, 3))


@pytest.mark.parametrize(
    "name", ["名单20240115.csv", "330106199001011234.csv", "a1391234567.csv", "IMG_20240115_123456.csv"]
)
def test_other_digits_in_names_are_not_told(load, name):
    assert told(load(name, ROWS)) == []
