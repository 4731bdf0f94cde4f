"""Tar files: cut short, with damaged headers, of the oldest kind, with links, devices and names of every kind."""

import tarfile

import pytest

from pilookup.custody.intake import limits
from pilookup.errors import IntakeError
from tests.support.intake.archives import CSV, NUMBERS
from tests.support.intake.packing import tarred


@pytest.mark.parametrize("cut", [1, 512, 5_000, 6_300, 6_700, 9_000, 9_216])
def test_truncated_tar(load, cut):
    content = tarred(("a.csv", CSV), ("b.csv", b"phone\n13700137000\n" * 100))
    if cut > 6_000:
        with pytest.raises(IntakeError, match="truncated or damaged"):
            load("a.tar", content[:-cut])
    else:
        assert len(load("a.tar", content[:-cut]).numbers) > 2


def test_a_damaged_header_in_tar(load):
    content = bytearray(tarred(("a.csv", CSV), ("b.csv", CSV)))
    content[1024 + 20] ^= 1
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.tar", bytes(content))


def test_a_tar_of_the_oldest_kind(load):
    content = bytearray(tarred(("a.csv", CSV)))
    content[257:265] = bytes(8)
    content[148:156] = b" " * 8
    content[148:154] = b"%06o" % sum(content[:512])
    assert load("a.tar", bytes(content)).numbers == NUMBERS


def entry(name, kind, **values):
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in values.items():
        setattr(info, key, value)
    return info


def test_links_and_devices_in_tar(load):
    special = [
        (entry("x", tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
        (entry("y", tarfile.LNKTYPE, linkname="../../etc/passwd"), b""),
        (entry("z", tarfile.CHRTYPE, devmajor=1, devminor=3), b""),
    ]
    outcome = load("a.tar", tarred(*special, ("../../a.csv", CSV)))
    assert outcome.numbers == NUMBERS
    assert [warning.location for warning in outcome.report.warnings] == ["a.tar/x", "a.tar/y", "a.tar/z"]


def test_a_tar_header_that_claims_a_long_name(load):
    header = entry("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=7 << 30).tobuf()
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.tar", header + tarred(("a.csv", CSV)))
    longs = entry("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=1).tobuf() + b"x" + bytes(511)
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.tar", longs * 5_000 + tarred(("a.csv", CSV)))


def test_names_in_tar_in_gbk(load):
    content = tarred(("名单.csv", CSV + b"c,12\n"), encoding="gb18030")
    assert load("a.tar", content).rejects[0][0] == "a.tar/名单.csv"


OTHER = b"name,phone\nd,13700137000\n"


@pytest.mark.parametrize("gap", [0, 512, 1 << 20])
def test_tars_that_were_joined_are_read_one_after_the_other(load, gap):
    joined = tarred(("a.csv", CSV)) + bytes(gap) + tarred(("b.csv", OTHER)) + tarred(("c.csv", OTHER))
    outcome = load("a.tar", joined)
    assert outcome.numbers == [*NUMBERS, "8613700137000", "8613700137000"]
    assert outcome.report.warnings == []


def test_other_data_behind_the_end_of_a_tar_are_told(load):
    outcome = load("a.tar", tarred(("a.csv", CSV)) + OTHER)
    assert outcome.numbers == NUMBERS
    assert [(warning.code, warning.location) for warning in outcome.report.warnings] == [
        ("member_skipped", "a.tar/behind its end")
    ]


def test_damage_in_a_tar_that_was_joined_to_another(load):
    content = bytearray(tarred(("b.csv", OTHER), ("c.csv", OTHER)))
    content[1024 + 20] ^= 1
    with pytest.raises(IntakeError, match="truncated or damaged"):
        load("a.tar", tarred(("a.csv", CSV)) + bytes(content))


def test_joined_tars_have_one_limit_of_members(load, monkeypatch):
    monkeypatch.setattr(limits, "MAX_MEMBERS", 2)
    with pytest.raises(IntakeError, match="more than 2 members"):
        load("a.tar", tarred(("a.csv", CSV)) * 3)


def test_links_to_members_of_a_tar_are_not_told(load):
    links = [
        (entry("x/soft", tarfile.SYMTYPE, linkname="../a.csv"), b""),
        (entry("hard", tarfile.LNKTYPE, linkname="a.csv"), b""),
    ]
    outcome = load("a.tar", tarred(("./a.csv", CSV), *links))
    assert (outcome.numbers, outcome.report.warnings) == (NUMBERS, [])


def test_links_that_lead_to_no_file_of_a_tar_are_told(load):
    links = [
        (entry("x", tarfile.SYMTYPE, linkname="y"), b""),
        (entry("y", tarfile.SYMTYPE, linkname="x"), b""),
        (entry("z", tarfile.SYMTYPE, linkname="/a.csv"), b""),
    ]
    outcome = load("a.tar", tarred(("a.csv", CSV), *links))
    assert [warning.location for warning in outcome.report.warnings] == ["a.tar/x", "a.tar/y", "a.tar/z"]
