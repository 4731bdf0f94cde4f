"""The verbs as server and client use them. The RFC's vectors are in tests/core."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.protocol import oprf

KEY = oprf.SecretKey.generate()
INPUTS = st.lists(st.binary(max_size=30), min_size=1, max_size=6)


@given(INPUTS)
@settings(max_examples=40)
def test_any_blinds_give_the_same_elements(inputs):
    expected = oprf.tokenise(inputs, KEY)
    for _ in range(2):
        blinds, blinded = oprf.blind(inputs)
        evaluated = oprf.evaluate(blinded, KEY)
        proof = oprf.prove(blinded, evaluated, KEY)
        assert oprf.verify(KEY.public(), blinded, evaluated, proof)
        assert oprf.unblind(blinds, evaluated) == expected


def test_two_blinds_of_one_input_look_unrelated():
    _, one = oprf.blind([b"x"] * 2)
    assert one[:32] != one[32:]


@given(st.integers(0, 511))
@settings(max_examples=40)
def test_a_changed_proof_is_not_valid(bit):
    _, blinded = oprf.blind([b"x", b"y"])
    evaluated = oprf.evaluate(blinded, KEY)
    proof = bytearray(oprf.prove(blinded, evaluated, KEY))
    proof[bit // 8] ^= 1 << bit % 8
    try:
        assert not oprf.verify(KEY.public(), blinded, evaluated, bytes(proof))
    except ValueError as error:
        assert "proof scalar" in str(error)  # noqa: PT017 - both ways to refuse are right


def test_a_proof_is_for_its_batch_order_and_key():
    _, blinded = oprf.blind([b"x", b"y"])
    evaluated = oprf.evaluate(blinded, KEY)
    proof = oprf.prove(blinded, evaluated, KEY)
    swapped = blinded[32:] + blinded[:32], evaluated[32:] + evaluated[:32]
    assert not oprf.verify(KEY.public(), *swapped, proof)
    assert not oprf.verify(oprf.SecretKey.generate().public(), blinded, evaluated, proof)
    assert not oprf.verify(KEY.public(), blinded[:32], evaluated[:32], proof)


@pytest.mark.parametrize("bad", [bytes(32), b"\xff" * 32, b"\x01" + bytes(31)])
def test_an_invalid_point_is_refused_and_its_index_named(bad):
    good = oprf.tokenise([b"x"], KEY)
    with pytest.raises(ValueError, match="1"):
        oprf.evaluate(good + bad, KEY)
    with pytest.raises(ValueError, match="1"):
        oprf.verify(KEY.public(), good + bad, good + good, bytes(64))
