"""Sizes and bits that are defined in Python and in the native core are equal, judged by what the core does."""

import struct

import pytest

from pilookup import _core
from pilookup.protocol import filter as filters
from pilookup.protocol import label, messages, token
from pilookup.protocol.label import Kind, Label

ELEMENT = bytes(31) + b"\x01"


def merged(kinds, count=1):
    """The core's label for an element that is in one dataset of each given kind, with `count` accounts in each."""
    runs = [(ELEMENT, bytes(16), struct.pack("<I", count), bytes(2), source) for source in range(len(kinds))]
    elements, labels = _core.merge_labels(runs, [(i + 1, kind.flag) for i, kind in enumerate(kinds)], b"")
    assert elements == ELEMENT
    return Label.from_bytes(labels)


def test_the_sizes():
    assert label.LABEL_BYTES == _core.LABEL_BYTES == len(Label(exposed=True).to_bytes())
    assert messages.PROOF_BYTES == _core.PROOF_BYTES
    assert (token.TOKEN_BYTES, token.ELEMENT_BYTES, token.ENTRY_BYTES) == (64, 32, 32)
    assert token.ENTRY_BYTES == token.TAG_BYTES + label.LABEL_BYTES + 16
    assert _core.RECORD_BYTES == 4 + token.ENTRY_BYTES


def test_a_record_and_a_filter_key():
    key = _core.SecretKey.generate()
    elements = _core.tokenise([b"tel:+8613800138000"], key)
    sealed = Label(exposed=True).to_bytes()
    records, keys = _core.shift_and_seal(elements, sealed, key, "public", 1, 16)
    secret = token.tokens(_core.shift(elements, key), "public", 1)[0]
    assert keys == token.filter_key(secret).to_bytes(filters.KEY_BYTES, "big")
    assert records[:4] == token.bucket_index(secret, 16).to_bytes(4, "big")
    assert records[4 : 4 + token.TAG_BYTES] == secret[4 : 4 + token.TAG_BYTES]


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        (Kind.EXPOSURE, Label(exposed=True, cases=(1,))),
        (Kind.MALICIOUS, Label(malicious=True, accounts=1, cases=(1,))),
    ],
)
def test_the_flags_of_the_kinds(kind, made):
    assert merged([kind]) == made


def test_the_number_of_cases_and_the_flag_for_more():
    assert label.MAX_CASES == 3
    assert merged([Kind.EXPOSURE] * 3) == Label(exposed=True, cases=(1, 2, 3))
    assert merged([Kind.EXPOSURE] * 4) == Label(exposed=True, cases=(1, 2, 3), more=True)


@pytest.mark.parametrize("count", [label.MAX_ACCOUNTS - 1, label.MAX_ACCOUNTS, label.MAX_ACCOUNTS + 1, 2**32 - 1])
def test_the_most_accounts(count):
    assert merged([Kind.MALICIOUS], count).accounts == min(count, label.MAX_ACCOUNTS)
