"""Runs the published vectors of RFC 9497, appendix A.1 (OPRF and VOPRF), through the public functions."""

import json
from pathlib import Path

import pytest

from pilookup import _core

SUITES = json.loads((Path(__file__).parents[1] / "vectors/rfc9497.json").read_text())["suites"]
CASES = [(suite, case) for suite in SUITES for case in suite["cases"]]
IDS = [f"{suite['mode']}-{len(case['inputs'])}-{i}" for i, (suite, case) in enumerate(CASES)]


def joined(texts):
    return b"".join(map(bytes.fromhex, texts))


def key_of(suite):
    return _core._derive_with(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["key_info"]), suite["mode"])


def test_the_list_has_all_published_vectors():
    assert {suite["mode"]: len(suite["cases"]) for suite in SUITES} == {"oprf": 2, "voprf": 3}
    assert all("proof" in case for suite in SUITES if suite["mode"] == "voprf" for case in suite["cases"])


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite["mode"])
def test_keys(suite):
    key = key_of(suite)
    assert key.export().hex() == suite["secret_key"]
    if suite["mode"] == "voprf":
        public = _core.SecretKey.derive(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["key_info"])).public()
        assert public.hex() == key.public().hex() == suite["public_key"]


@pytest.mark.parametrize(("suite", "case"), CASES, ids=IDS)
def test_a_batch(suite, case):
    key, inputs = key_of(suite), [bytes.fromhex(text) for text in case["inputs"]]
    blinds, blinded = _core._blind_with(inputs, joined(case["blinds"]), suite["mode"])
    assert blinded == joined(case["blinded_elements"])
    evaluated = _core.evaluate(blinded, key)
    assert evaluated == joined(case["evaluated_elements"])
    assert _core.finalize(inputs, blinds, evaluated) == joined(case["outputs"])
    if suite["mode"] == "voprf":
        proof = _core._prove_with(blinded, evaluated, key, bytes.fromhex(case["proof_random_scalar"]))
        assert proof.hex() == case["proof"]
        assert _core.verify(bytes.fromhex(suite["public_key"]), blinded, evaluated, proof) is True
        assert _core.unblind(blinds, evaluated) == _core.tokenise(inputs, key)


def test_private_entry_points_refuse_bad_scalars():
    with pytest.raises(ValueError, match="blind 1 "):
        _core._blind_with([b"a", b"b"], bytes([1] + [0] * 63))
    with pytest.raises(ValueError, match="number of blinds"):
        _core._blind_with([b"a"], bytes(64))
    with pytest.raises(ValueError, match="mode"):
        _core._blind_with([b"a"], bytes([1] + [0] * 31), "poprf")
    with pytest.raises(ValueError, match="random scalar"):
        _core._prove_with(bytes(32), bytes(32), _core.SecretKey.generate(), bytes(32))
