"""The keyed digests that custody stores are HMAC-SHA256 (RFC 2104) as Python's `hmac` computes it."""

import hmac
import struct

import pytest

from pilookup import _core
from pilookup.custody.load.found_files import FoundFile
from pilookup.custody.load.input_file import InputFile
from pilookup.custody.load.split_task import subkey
from pilookup.keyring.key_ids import DIGEST_KEY_ID


def packed(items):
    """Return items one after another, and the offsets between them."""
    ends = [0]
    for item in items:
        ends.append(ends[-1] + len(item))
    return b"".join(items), struct.pack(f"<{len(ends)}I", *ends)


@pytest.mark.parametrize("length", [0, 16, 32, 64, 65, 200])
def test_account_pseudonyms_are_hmacs(length):
    key = bytes(range(length))
    numbers = [b"tel:+8613800138000", b"tel:+8613900139000"]
    rows = [(0, b"a"), (1, b"a"), (0, b""), (1, "账号".encode() * 40)]
    indices = struct.pack("<4I", *(index for index, _ in rows))
    found = _core.account_pseudonyms(*packed(numbers), indices, *packed([account for _, account in rows]), key)
    assert [found[at : at + 16] for at in range(0, 64, 16)] == [
        hmac.digest(key, numbers[index] + b"\0" + account, "sha256")[:16] if account else bytes(16)
        for index, account in rows
    ]


def test_the_digest_of_a_file_is_an_hmac_under_a_key_of_its_own(session, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("手机号\n13800138000\n", encoding="utf-8")
    subkeys = {subkey(session.keyring, purpose) for purpose in (b"file", b"account", b"frequent")}
    key = hmac.digest(session.keyring.symmetric(DIGEST_KEY_ID), b"pilookup-v1-file", "sha256")
    assert InputFile.of(session, FoundFile(path)).digest == hmac.digest(key, path.read_bytes(), "sha256").hex()
    assert key in subkeys
    assert len(subkeys) == 3
