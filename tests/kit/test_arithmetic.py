"""The kit's arithmetic, checked by the vectors of RFC 8032, 8452, 9496 and 9497 and against other libraries."""

import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup.protocol import oprf as product
from tests.kit import ed25519, gcm_siv, oprf, ristretto255

VECTORS = Path(__file__).parents[1] / "vectors"
INVALID = json.loads((VECTORS / "rfc9496.json").read_text())["invalid"]
SUITES = json.loads((VECTORS / "rfc9497.json").read_text())["suites"]
VOPRF = next(suite for suite in SUITES if suite["mode"] == "voprf")

# RFC 9496, appendix A.1: the first multiples of the generator.
MULTIPLES = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
]

# RFC 8032, section 7.1: secret key, public key, message, signature.
ED25519 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

# RFC 8452, appendix C.2: the key, the nonce, and (AAD, plaintext, result).
SIV_KEY, SIV_NONCE = "01" + 31 * "00", "03" + 11 * "00"
GCM_SIV = [
    ("", "", "07f5f4169bbf55a8400cd47ea6fd400f"),
    ("", "0100000000000000", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"),
    ("", "010000000000000000000000", "9aab2aeb3faa0a34aea8e2b18ca50da9ae6559e48fd10f6e5c9ca17e"),
    ("01", "0200000000000000", "1de22967237a813291213f267e3b452f02d01ae33e4ec854"),
    ("01", "020000000000000000000000", "163d6f9cc1b346cd453a2e4cc1a4a19ae800941ccdc57cc8413c277f"),
]


def unhex(items):
    return [bytes.fromhex(item) for item in items]


@pytest.mark.parametrize(("number", "encoding"), list(enumerate(MULTIPLES)))
def test_multiples_of_the_generator(number, encoding):
    assert ristretto255.encode(ristretto255.multiply_base(number)).hex() == encoding
    point = ristretto255.decode(bytes.fromhex(MULTIPLES[1]))
    assert ristretto255.encode(ristretto255.multiply(number, point)).hex() == encoding


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case["encoding"][:16])
def test_invalid_encodings_are_refused(case):
    with pytest.raises(ValueError, match=r"not a"):
        ristretto255.decode(bytes.fromhex(case["encoding"]))


@pytest.mark.parametrize("case", VOPRF["cases"])
def test_blind_evaluate_and_prove(case):
    key = int.from_bytes(bytes.fromhex(VOPRF["secret_key"]), "little")
    blinds = [int.from_bytes(blind, "little") for blind in unhex(case["blinds"])]
    inputs, blinded = unhex(case["inputs"]), unhex(case["blinded_elements"])
    assert oprf.public_key(key).hex() == VOPRF["public_key"]
    assert [oprf.element(one, blind) for one, blind in zip(inputs, blinds, strict=True)] == blinded
    evaluated = oprf.evaluate(blinded, key)
    assert evaluated == unhex(case["evaluated_elements"])
    proof = oprf.prove(blinded, evaluated, key, int.from_bytes(bytes.fromhex(case["proof_random_scalar"]), "little"))
    assert proof.hex() == case["proof"]
    assert oprf.verify(oprf.public_key(key), blinded, evaluated, proof)


def test_a_fresh_proof_is_valid_for_its_batch_only():
    key = oprf.derive_scalar("key")
    blinded = [oprf.element(b"input", oprf.derive_scalar(name)) for name in "abc"]
    evaluated = oprf.evaluate(blinded, key)
    proof = oprf.prove(blinded, evaluated, key)
    assert proof != oprf.prove(blinded, evaluated, key)
    public = oprf.public_key(key)
    assert oprf.verify(public, blinded, evaluated, proof)
    assert product.verify(public, b"".join(blinded), b"".join(evaluated), proof)
    assert not oprf.verify(public, blinded, evaluated[::-1], proof)
    assert not oprf.verify(oprf.public_key(key + 1), blinded, evaluated, proof)
    with pytest.raises(ValueError, match="identity"):
        oprf.evaluate([bytes(32)], key)


@pytest.mark.parametrize(("secret", "public", "message", "signature"), ED25519)
def test_signatures(secret, public, message, signature):
    secret, public, message, signature = unhex([secret, public, message, signature])
    assert ed25519.public_key(secret) == public
    assert ed25519.sign(secret, message) == signature
    assert ed25519.verify(public, message, signature)
    assert not ed25519.verify(public, message + b"x", signature)
    assert not ed25519.verify(public, message, signature[:32] + bytes(32))


def test_signatures_of_long_messages_equal_those_of_another_library():
    source = random.Random(8032)
    for length in (1023, 4096):
        secret, message = source.randbytes(32), source.randbytes(length)
        assert ed25519.sign(secret, message) == Ed25519PrivateKey.from_private_bytes(secret).sign(message)


@pytest.mark.parametrize(("aad", "plaintext", "result"), GCM_SIV)
def test_sealing(aad, plaintext, result):
    key, nonce, aad, plaintext, result = unhex([SIV_KEY, SIV_NONCE, aad, plaintext, result])
    assert gcm_siv.seal(key, nonce, aad, plaintext) == result
    assert gcm_siv.open_sealed(key, nonce, aad, result) == plaintext
    assert gcm_siv.open_sealed(key, nonce, aad + b"x", result) is None


def test_sealing_equals_that_of_another_library():
    source = random.Random(8452)
    for length in (1, 12, 16, 17, 100):
        key, nonce, aad, text = (source.randbytes(size) for size in (32, 12, length, length))
        assert gcm_siv.seal(key, nonce, aad, text) == AESGCMSIV(key).encrypt(nonce, text, aad)
