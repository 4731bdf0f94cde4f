"""A member of an archive that cannot be read: the refusal names it with a remedy, and `skip_bad` leaves it out."""

import io
import zipfile

import pytest

from pilookup.custody.load import schedule
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.custody.home import files_under, numbers, write_csv

BROKEN = "x" * 40 + "\n"


def load(custody, files, **given):
    return custody.load(files, dataset="case-1", kind=Kind.EXPOSURE, **given)


def table(count, start):
    return "\n".join(["手机号", *numbers(count, start)]) + "\n"


def archive(*members):
    """A ZIP of (name, content); the bytes of BROKEN in it are altered, so that its checksum is wrong."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue().replace(BROKEN.encode(), b"y" * 40 + b"\n")


BAD = {
    "workbook": ("bad.xlsx", b"PK\x03\x04" + bytes(100)),
    "checksum": ("bad.csv", table(30, 500) + BROKEN),
    "nested": ("in.zip", archive(("good.csv", table(2, 40)), ("bad.csv", table(9, 700) + BROKEN))),
    "parquet": ("bad.parquet", b"PAR1" + bytes(100) + b"PAR1"),
}


@pytest.fixture(params=BAD)
def bad(request):
    return BAD[request.param]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_refusal_names_the_member_and_the_remedy(custody, home, tmp_path, bad, place):
    members = [("a.csv", table(3, 0)), ("b.csv", table(4, 10))]
    members.insert(place, bad)
    (tmp_path / "s.zip").write_bytes(archive(*members))
    before = files_under(home.vault)
    with pytest.raises(IntakeError, match=r"^s\.zip/(in\.zip/)?bad\.\w+.*; --skip-bad leaves this member out, or pack"):
        load(custody, tmp_path / "s.zip")
    assert files_under(home.vault) == before


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("beside", [False, True])
def test_skip_bad_leaves_out_the_member_alone_and_nothing_stays_of_it(custody, tmp_path, bad, place, beside):
    members = [("a.csv", table(3, 0)), ("b.csv", table(4, 10) + "none\n")]
    members.insert(place, bad)
    (tmp_path / "s.zip").write_bytes(archive(*members))
    files = [tmp_path / "s.zip", *([write_csv(tmp_path / "z.csv", numbers(5, 900))] if beside else [])]
    rejects = io.StringIO()
    outcome = load(custody, files, skip_bad=True, rejects=rejects)
    accepted = 7 + 2 * (bad[0] == "in.zip") + 5 * beside
    assert (outcome.total.accepted, outcome.total.distinct) == (accepted, accepted)
    assert custody.status().datasets[0].accepted == accepted
    [reason] = outcome.skipped
    assert "bad." in reason
    assert "--skip-bad" not in reason
    assert rejects.getvalue().count("no_digits") == 1


def test_several_bad_members_are_left_out_also_of_one_name_in_messages(custody, tmp_path):
    members = [(f"1380013800{index}.csv", table(2, 10 * index) + (BROKEN if index % 2 else "")) for index in range(6)]
    (tmp_path / "s.zip").write_bytes(archive(*members))
    outcome = load(custody, tmp_path / "s.zip", skip_bad=True)
    assert (outcome.total.accepted, len(outcome.skipped)) == (6, 3)


def test_an_archive_of_bad_members_alone_is_a_bad_file(custody, tmp_path):
    (tmp_path / "s.zip").write_bytes(archive(*(BAD[kind] for kind in ("workbook", "checksum"))))
    with pytest.raises(IntakeError, match=r"^s\.zip: no member of the archive can be loaded. bad\.xlsx: "):
        load(custody, tmp_path / "s.zip", skip_bad=True)
    other = write_csv(tmp_path / "z.csv", numbers(5, 900))
    assert load(custody, [tmp_path / "s.zip", other], skip_bad=True).total.accepted == 5


def test_an_archive_of_many_bad_members_is_a_bad_file(custody, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "MAX_BAD_MEMBERS", 2)
    for count, accepted in ((2, 8), (3, 5)):
        members = [(f"{at}.csv", table(2, 10 * at) + BROKEN) for at in range(count)]
        (tmp_path / f"{count}.zip").write_bytes(archive(*members, ("a.csv", table(3, 900))))
        other = write_csv(tmp_path / "z.csv", numbers(5, 800))
        outcome = load(custody, [tmp_path / f"{count}.zip", other], skip_bad=True, dry_run=True)
        assert outcome.total.accepted == accepted
    assert outcome.skipped == ["3.zip: has more than 2 members that cannot be read: unpack it, and load the files"]


def test_bad_members_of_an_archive_in_a_directory_are_told_also_where_it_has_no_others(custody, tmp_path):
    folder = tmp_path / "seized"
    folder.mkdir()
    (folder / "s.zip").write_bytes(archive(BAD["checksum"]))
    write_csv(folder / "z.csv", numbers(5, 900))
    outcome = load(custody, folder, skip_bad=True)
    assert outcome.total.accepted == 5
    assert [reason.partition(":")[0] for reason in outcome.skipped] == ["s.zip/bad.csv"]
