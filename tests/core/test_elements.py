"""Every function refuses elements and keys that are not canonical or are the identity, and names their index."""

import json
from pathlib import Path

import pytest

from pilookup import _core

INVALID = json.loads((Path(__file__).parents[1] / "vectors/rfc9496.json").read_text())["invalid"]
IDENTITY = bytes(32)
ORDER = bytes.fromhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
INPUTS = [b"tel:+861380000%04d" % i for i in range(5)]
KEY = _core.SecretKey.derive(bytes(32), b"test")


def offers(bad):
    """A call of every function that takes elements, with `bad` as the fourth of five elements."""
    good = _core.tokenise(INPUTS, KEY)
    spoiled = good[:96] + bad + good[128:]
    blinds, _ = _core.blind(INPUTS)
    return {
        "shift": lambda: _core.shift(spoiled, KEY),
        "evaluate": lambda: _core.evaluate(spoiled, KEY),
        "prove elements": lambda: _core.prove(spoiled, good, KEY),
        "prove evaluated": lambda: _core.prove(good, spoiled, KEY),
        "verify elements": lambda: _core.verify(KEY.public(), spoiled, good, bytes(64)),
        "verify evaluated": lambda: _core.verify(KEY.public(), good, spoiled, bytes(64)),
        "unblind": lambda: _core.unblind(blinds, spoiled),
        "finalize": lambda: _core.finalize(INPUTS, blinds, spoiled),
        "tokens": lambda: _core.tokens(spoiled, "public", 1),
        "shift_and_seal": lambda: _core.shift_and_seal(spoiled, bytes(60), KEY, "public", 1, 4),
    }


def test_the_list_has_all_invalid_encodings():
    assert len(INVALID) == 29


@pytest.mark.parametrize("invalid", INVALID, ids=lambda invalid: invalid["encoding"][:8])
def test_invalid_encodings_of_rfc_9496_are_refused_everywhere(invalid):
    bad = bytes.fromhex(invalid["encoding"])
    for call in offers(bad).values():
        with pytest.raises(ValueError, match="element 3 is not a canonical"):
            call()
    with pytest.raises(ValueError, match="public key 0 is not a canonical"):
        _core.verify(bad, KEY.public(), KEY.public(), bytes(64))


@pytest.mark.parametrize("call", offers(IDENTITY))
def test_the_identity_is_refused_everywhere(call):
    with pytest.raises(ValueError, match="element 3 is the identity"):
        offers(IDENTITY)[call]()


def test_the_identity_is_not_a_public_key():
    with pytest.raises(ValueError, match="public key 0 is the identity"):
        _core.verify(IDENTITY, KEY.public(), KEY.public(), bytes(64))


@pytest.mark.parametrize("call", ["shift", "evaluate", "tokens", "unblind"])
@pytest.mark.parametrize("size", [1, 31, 33, 159])
def test_ragged_buffers_are_refused(call, size):
    blinds, _ = _core.blind([])
    arguments = {"tokens": ("public", 1), "unblind": ()}.get(call, (KEY,))
    with pytest.raises(ValueError, match="32-byte items"):
        getattr(_core, call)(*((blinds,) if call == "unblind" else ()), bytes(size), *arguments)


@pytest.mark.parametrize("data", [bytes(32), ORDER, b"\xff" * 32, b"", b"\x01" * 31, b"\x01" * 33])
def test_secret_keys_are_canonical_and_not_zero(data):
    with pytest.raises(ValueError, match="secret key"):
        _core.SecretKey.from_bytes(data)


def test_keys_survive_their_export_and_bytes_of_any_kind():
    for kind in (bytes, bytearray, memoryview):
        assert _core.SecretKey.from_bytes(kind(KEY.export())).public() == KEY.public()
    assert _core.SecretKey.generate().export() != _core.SecretKey.generate().export()


def test_derive_needs_a_seed_of_32_bytes():
    with pytest.raises(ValueError, match="seed"):
        _core.SecretKey.derive(bytes(31), b"")
    with pytest.raises(ValueError, match="info"):
        _core.SecretKey.derive(bytes(32), bytes(65_536))


def test_errors_never_contain_their_input():
    for call in offers(b"\xab" * 32).values():
        with pytest.raises(ValueError) as caught:
            call()
        assert "ab" * 4 not in str(caught.value).lower()
