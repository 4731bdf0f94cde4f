"""Join keys and row ids are those of SPEC section 16.2, whatever computes them."""

import hashlib
import hmac
import json
import struct
import subprocess
import sys

import numpy as np
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.errors import FormatError, ScreenError
from pilookup.screening.join_keys import join_keys, row_bytes, row_ids, token_join_keys
from pilookup.screening.local_key import LocalKey
from pilookup.screening.token_file import open_tokens, seal_tokens
from tests.support.docs.documents import ROOT

VECTORS = json.loads((ROOT / "tests" / "vectors" / "screening.json").read_text())
KEY = LocalKey(bytes(range(32)))
EPOCHS = st.integers(1, 2**32 - 1)
TOKENS = st.lists(st.binary(min_size=64, max_size=64), max_size=20)


def derived(purpose):
    return HKDF(SHA256(), 32, salt=None, info=b"pilookup-v1-screen-" + purpose).derive(bytes(range(32)))


def by_the_specification(channel, epoch, index, tag):
    message = channel.encode() + b"\0" + struct.pack(">II", epoch, index) + tag
    return struct.unpack(">q", hmac.digest(derived(b"join"), message, "sha256")[:8])[0]


@given(st.sampled_from(["platform", "a", "x-9"]), EPOCHS, st.integers(0, 16), TOKENS)
def test_join_keys_are_the_specified_hmac(channel, epoch, bits, tokens):
    expected = [
        by_the_specification(channel, epoch, int.from_bytes(one[:4], "big") >> (32 - bits), one[4:8]) for one in tokens
    ]
    assert token_join_keys(KEY, channel, epoch, bits, tokens).tolist() == expected


@given(
    st.lists(st.tuples(st.text(min_size=1), st.binary(min_size=1).map(lambda b: b.replace(b"\0", b"1"))), max_size=20)
)
def test_row_ids_are_the_specified_hmac(rows):
    users = [user.encode("utf-8", "surrogatepass") for user, _ in rows]
    found = row_ids(KEY, users, [one for _, one in rows])
    expected = [
        hmac.digest(derived(b"rows"), user + b"\0" + one, "sha256")[:16]
        for user, (_, one) in zip(users, rows, strict=True)
    ]
    assert row_bytes(found) == expected


def test_the_vectors_are_what_the_script_makes():
    subprocess.run([sys.executable, ROOT / "tests" / "vectors" / "make_screening.py", "--check"], check=True)


def test_the_published_vectors():
    for vector in VECTORS["vectors"]:
        key = LocalKey(bytes.fromhex(vector["local_key"]))
        assert key.join.hex() == vector["join_key_key"]
        assert key.rows.hex() == vector["row_id_key"]
        assert key.sealing.hex() == vector["sealing_key"]
        token = bytes.fromhex(vector["token"])
        keys = token_join_keys(key, vector["channel"], vector["epoch"], vector["bucket_bits"], [token])
        assert keys.tolist() == [vector["join_key"]]
        row = row_ids(key, [vector["user"].encode()], [vector["identifier"].encode()])
        assert row_bytes(row)[0].hex() == vector["row_id"]
        opened = open_tokens(key, vector["channel"], vector["epoch"], bytes.fromhex(vector["token_file"]))
        assert opened.rows.tolist() == row.tolist()
        assert opened.token(0) == token[:8] + bytes(24) + token[32:]


def test_users_and_release_have_one_function():
    token = bytes(range(64))
    index = int.from_bytes(token[:4], "big") >> 22
    tags = np.frombuffer(token[4:8], np.uint8).reshape(1, 4)
    of_release = join_keys(KEY, "platform", 7, np.array([index], np.uint32), tags)
    assert of_release.tolist() == token_join_keys(KEY, "platform", 7, 10, [token]).tolist()


def test_tables_of_two_platforms_have_nothing_in_common():
    tokens = [hashlib.sha512(bytes([one])).digest() for one in range(200)]
    ours = token_join_keys(KEY, "platform", 1, 16, tokens)
    theirs = token_join_keys(LocalKey(bytes(32)), "platform", 1, 16, tokens)
    assert not set(ours.tolist()) & set(theirs.tolist())
    assert not set(ours.tolist()) & set(token_join_keys(KEY, "platform", 2, 16, tokens).tolist())


def sealed(tokens, epoch=3):
    rows = row_ids(KEY, [str(at).encode() for at in range(len(tokens))], [b"tel:+1"] * len(tokens))
    return rows, seal_tokens(KEY, "platform", epoch, rows, tokens)


@given(TOKENS)
def test_sealed_tokens_open_to_what_opens_entries(tokens):
    rows, data = sealed(tokens)
    opened = open_tokens(KEY, "platform", 3, data)
    assert opened.rows.tolist() == rows.tolist()
    assert [opened.token(at) for at in range(len(tokens))] == [one[:8] + bytes(24) + one[32:] for one in tokens]


@settings(deadline=None)
@given(st.data())
def test_an_altered_token_file_is_refused(data):
    _, whole = sealed([bytes(range(64))] * 3)
    at = data.draw(st.integers(0, len(whole) - 1))
    altered = data.draw(
        st.sampled_from([whole[:at], whole + b"\0", whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]])
    )
    with pytest.raises(FormatError, match="token file"):
        open_tokens(KEY, "platform", 3, altered)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data):
    with pytest.raises(FormatError, match="token file"):
        open_tokens(KEY, "platform", 3, data)


@pytest.mark.parametrize(
    ("key", "channel", "epoch"), [(LocalKey(bytes(32)), "platform", 3), (KEY, "other", 3), (KEY, "platform", 4)]
)
def test_tokens_of_another_key_channel_or_epoch_are_refused(key, channel, epoch):
    _, data = sealed([bytes(range(64))])
    with pytest.raises(FormatError, match="token file"):
        open_tokens(key, channel, epoch, data)


def test_a_key_file(tmp_path):
    path = tmp_path / "local.key"
    LocalKey.make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert LocalKey.read(path).id == LocalKey.read(path).id
    assert path.read_bytes().hex() not in repr(LocalKey.read(path))
    with pytest.raises(ScreenError, match="exists"):
        LocalKey.make(path)
    path.chmod(0o640)
    with pytest.raises(ScreenError, match="chmod 600"):
        LocalKey.read(path)
    path.chmod(0o600)
    path.write_bytes(bytes(31))
    with pytest.raises(ScreenError, match="not a local key"):
        LocalKey.read(path)
    with pytest.raises(ScreenError, match="missing"):
        LocalKey.read(tmp_path / "none")
