"""Archives under passwords: each cipher, wrong and missing passwords, and damage."""

import zipfile

import pytest

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.files import zip_aes
from pilookup.custody.intake.read import read_file
from pilookup.errors import IntakeError, PasswordRequiredError
from pilookup.protocol.label import Kind
from tests.support.intake.archives import CSV, NUMBERS, read
from tests.support.intake.packing import aes_zip, old_zip, zipped


@pytest.fixture
def packed(tmp_path):
    def write(content, name="s.zip"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("method", [0, 8, 12, 14])
@pytest.mark.parametrize("version", [1, 2])
def test_aes(packed, strength, method, version, monkeypatch):
    monkeypatch.setattr(zip_aes, "_READ_BYTES", 160)
    data = CSV + b"x,y\n" * 500
    path = packed(aes_zip("a.csv", data, "密码", strength=strength, method=method, version=version))
    assert read(path, "wrong", "密码") == NUMBERS


def test_the_older_cipher_and_many_wrong_passwords(packed):
    # One wrong password in 256 fits the check byte.
    assert read(packed(old_zip("a.csv", CSV, "right")), *(f"wrong {i}" for i in range(1_000)), "right") == NUMBERS
    assert read(packed(old_zip("a.csv", CSV, "密码".encode("gb18030"))), "密码") == NUMBERS


@pytest.mark.parametrize("pack", [aes_zip, old_zip])
def test_without_the_password(packed, pack):
    path = packed(pack("a.csv", CSV, "right"))
    with pytest.raises(PasswordRequiredError, match=r"s\.zip/a\.csv: is under a password: .*--password-file FILE"):
        read(path)
    with pytest.raises(IntakeError, match=r"s\.zip/a\.csv: .*password") as caught:
        read(path, "secret one", "secret two")
    assert "secret" not in str(caught.value)


def test_an_encrypted_archive_in_an_archive(packed):
    assert read(packed(zipped(("in.zip", aes_zip("a.csv", CSV, "x")))), "x") == NUMBERS


def test_a_password_is_missed_before_the_first_row(packed):
    plain, encrypted = zipped(("a.csv", CSV), method=zipfile.ZIP_STORED), aes_zip("b.csv", CSV, "x")
    path = packed(zip_of_both(plain, encrypted))
    batches = read_file(path, IntakeOptions(Kind.EXPOSURE), Report())
    with pytest.raises(PasswordRequiredError, match=r"s\.zip/b\.csv"):
        next(batches)
    assert read(path, "x") == NUMBERS * 2


def zip_of_both(first, second):
    """A ZIP archive with the members of two archives of one member each."""
    at, after = first.index(b"PK\x01\x02"), second.index(b"PK\x01\x02")
    end = [data.index(b"PK\x05\x06") for data in (first, second)]
    moved = bytearray(second[after : end[1]])
    moved[42:46] = at.to_bytes(4, "little")
    directory = first[at : end[0]] + moved
    local = first[:at] + second[:after]
    counts = (2).to_bytes(2, "little") * 2 + len(directory).to_bytes(4, "little") + len(local).to_bytes(4, "little")
    return local + directory + b"PK\x05\x06" + bytes(4) + counts + bytes(2)


@pytest.mark.parametrize("at", [0, 5, 18, 40, -1, -11])
def test_damage_under_a_password(packed, at):
    content = bytearray(aes_zip("a.csv", CSV * 10, "x", method=0))
    start = 30 + len("a.csv") + 11
    size = 16 + 2 + len(CSV) * 10 + 10
    content[start + at % size] ^= 1
    with pytest.raises(IntakeError, match=r"s\.zip/a\.csv: .*password"):
        read(packed(bytes(content)), "x")
