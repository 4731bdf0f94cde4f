"""Blinding, proofs and bulk operations, called from Python."""

import os
import signal
import struct
import subprocess
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import machine
from pilookup import _core

BACKENDS = {"avx512ifma", "avx2", "dalek-avx512ifma", "dalek-avx2", "dalek-serial"}
CPU_FLAGS = set(machine.flags())
INPUTS = [b"tel:+861380000%04d" % i for i in range(1000)]
KEY = _core.SecretKey.derive(bytes(32), b"one")
OTHER = _core.SecretKey.derive(bytes(32), b"other")


@pytest.fixture(scope="module")
def batch():
    _, elements = _core.blind(INPUTS)
    evaluated = _core.evaluate(elements, KEY)
    return elements, evaluated, _core.prove(elements, evaluated, KEY)


def test_a_proof_of_a_thousand(batch):
    assert _core.verify(KEY.public(), *batch) is True


@pytest.mark.parametrize("count", [1, 2, 65, 1000])
def test_evaluate_and_prove_equals_its_two_steps(batch, count):
    elements, evaluated, _ = batch
    at_once, proof = _core.evaluate_and_prove(elements[: 32 * count], KEY)
    assert at_once == evaluated[: 32 * count]
    assert _core.verify(KEY.public(), elements[: 32 * count], at_once, proof) is True
    assert _core.verify(OTHER.public(), elements[: 32 * count], at_once, proof) is False


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 9, 64, 65, 130])
def test_evaluate_and_prove_each_gives_each_element_its_own_proof(batch, count):
    elements, evaluated, _ = (pieces(buffer, 32) for buffer in batch)
    each = _core.evaluate_and_prove_each(b"".join(elements[:count]), KEY)
    assert [answer for answer, _ in each] == evaluated[:count]
    for element, (answer, proof), other in zip(elements, each, each[1:] + each[:1], strict=False):
        assert _core.verify(KEY.public(), element, answer, proof) is True
        assert _core.verify(OTHER.public(), element, answer, proof) is False
        assert count == 1 or _core.verify(KEY.public(), element, answer, other[1]) is False


@given(st.lists(st.sampled_from(["good", "identity", "no element"]), max_size=20))
def test_invalid_elements_do_not_affect_the_others(batch, kinds):
    good = pieces(batch[0], 32)
    bad = {"identity": bytes(32), "no element": b"\xff" * 32}
    elements = [bad.get(kind, element) for kind, element in zip(kinds, good, strict=False)]
    each = _core.evaluate_and_prove_each(b"".join(elements), KEY)
    assert [answer is None for answer in each] == [kind in bad for kind in kinds]
    for element, answer in zip(elements, each, strict=True):
        assert answer is None or _core.verify(KEY.public(), element, *answer) is True


def test_a_partial_element_is_refused(batch):
    with pytest.raises(ValueError, match="elements"):
        _core.evaluate_and_prove_each(batch[0][:33], KEY)


def pieces(buffer, size):
    return [buffer[at : at + size] for at in range(0, len(buffer), size)]


def test_another_key_fails(batch):
    elements, evaluated, proof = batch
    assert _core.verify(OTHER.public(), elements, evaluated, proof) is False
    assert _core.verify(KEY.public(), elements, _core.evaluate(elements, OTHER), proof) is False


def test_another_order_fails(batch):
    elements, evaluated, proof = batch
    swapped = evaluated[32:64] + evaluated[:32] + evaluated[64:]
    assert _core.verify(KEY.public(), elements, swapped, proof) is False
    both = elements[32:64] + elements[:32] + elements[64:]
    assert _core.verify(KEY.public(), both, swapped, proof) is False


def test_a_replayed_proof_fails(batch):
    elements, evaluated, proof = batch
    assert _core.verify(KEY.public(), elements[32:], evaluated[32:], proof) is False


def test_every_proof_uses_fresh_randomness(batch):
    elements, evaluated, proof = batch
    assert _core.prove(elements, evaluated, KEY) != proof


def test_numbers_must_match(batch):
    elements, evaluated, proof = batch
    blinds, _ = _core.blind(INPUTS)
    for call in (
        lambda: _core.prove(elements, evaluated[32:], KEY),
        lambda: _core.verify(KEY.public(), elements[32:], evaluated, proof),
        lambda: _core.unblind(blinds, evaluated[32:]),
        lambda: _core.finalize(INPUTS[1:], blinds, evaluated),
        lambda: _core.seal(bytes(128), bytes(12), "public", 1),
        lambda: _core.shift_and_seal(elements, bytes(12), KEY, "public", 1, 4),
    ):
        with pytest.raises(ValueError, match="number of"):
            call()


@pytest.mark.parametrize("count", [0, 65_536])
def test_proofs_cover_1_to_65535_elements(count):
    many = KEY.public() * count
    for call in (lambda: _core.prove(many, many, KEY), lambda: _core.verify(KEY.public(), many, many, bytes(64))):
        with pytest.raises(ValueError, match="1 to 65535"):
            call()


@pytest.mark.parametrize("proof", [b"", bytes(63), bytes(65), bytes(96), b"\xff" * 64])
def test_malformed_proofs_are_errors(batch, proof):
    with pytest.raises(ValueError, match="proof"):
        _core.verify(KEY.public(), *batch[:2], proof)


@given(st.lists(st.binary(max_size=40), max_size=80))
def test_any_blind_gives_what_tokenise_gives(inputs):
    blinds, blinded = _core.blind(inputs)
    assert len(blinds) == len(inputs)
    elements = _core.unblind(blinds, _core.evaluate(blinded, KEY))
    assert elements == _core.tokenise(inputs, KEY)
    packed = struct.pack(f"<{len(inputs) + 1}I", 0, *(sum(map(len, inputs[: i + 1])) for i in range(len(inputs))))
    assert elements == _core.tokenise_packed(b"".join(inputs), packed, KEY)
    assert _core.shift(elements, KEY.shift_to(OTHER)) == _core.tokenise(inputs, OTHER)


@given(st.binary(max_size=30), st.binary(max_size=40))
def test_any_offsets_are_refused_or_give_one_element_each(data, offsets):
    try:
        elements = _core.tokenise_packed(data, offsets, KEY)
    except ValueError:
        return
    assert len(elements) == 32 * (len(offsets) // 4 - 1)


@pytest.mark.parametrize(
    ("offsets", "index"),
    [((), 0), ((1, 3), 0), ((0, 2), 1), ((0, 4), 1), ((0, 2, 1, 3), 2), ((0, 9, 3), 1)],
)
def test_bad_offsets_are_named(offsets, index):
    with pytest.raises(ValueError, match=f"offset {index} "):
        _core.tokenise_packed(b"abc", struct.pack(f"<{len(offsets)}I", *offsets), KEY)


def test_inputs_are_byte_strings_of_at_most_65535():
    with pytest.raises(ValueError, match="input 1 is longer"):
        _core.tokenise([b"", bytes(65_536)], KEY)
    for wrong in (b"one string", "text", ["text"], [1], None):
        with pytest.raises(TypeError):
            _core.tokenise(wrong, KEY)
    assert _core.tokenise((bytearray(b"a"), memoryview(b"a")), KEY) == _core.tokenise([b"a"], KEY) * 2


def test_threads_can_be_set_and_change_no_result():
    before = _core.threads()
    try:
        results = set()
        for n in (1, 3, 2):
            _core.set_threads(n)
            assert _core.threads() == n
            results.add(_core.tokenise(INPUTS, KEY))
        assert len(results) == 1
    finally:
        _core.set_threads(before)
    for n in (0, 1025):
        with pytest.raises(ValueError, match="threads"):
            _core.set_threads(n)


def test_a_forked_process_gets_its_own_threads():
    _core.set_threads(2)
    expected = _core.tokenise(INPUTS, KEY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer versions of Python warn about what is tested here
        child = os.fork()
    if child == 0:
        signal.alarm(30)  # if the threads do not exist, the process waits for them for ever
        os._exit(0 if _core.tokenise(INPUTS, KEY) == expected else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("asked", ["", "lanes", "AVX2"])
def test_a_backend_that_does_not_exist_is_refused_at_import(asked):
    environment = os.environ | {"PILOOKUP_BACKEND": asked}
    command = [sys.executable, "-c", "import pilookup._core"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ValueError: PILOOKUP_BACKEND: the backends are auto, avx512ifma, avx2 and dalek" in done.stderr


def run_on(backend, program):
    environment = os.environ | {"PILOOKUP_BACKEND": backend}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("backend", ["auto", "avx512ifma", "avx2", "dalek"])
def test_every_backend_gives_the_same_bytes_or_is_refused_for_its_instructions(backend):
    program = "import sys; from pilookup import _core; key = _core.SecretKey.derive(bytes(32), b'one')\n"
    program += "elements = _core.tokenise([b'tel:+861380000%04d' % i for i in range(1000)], key)\n"
    program += "sys.stdout.buffer.write(elements + _core.shift(elements, key))"
    elements = _core.tokenise(INPUTS, KEY)
    done = run_on(backend, program)
    if backend in {"auto", "dalek"} or backend in CPU_FLAGS:
        assert done.stdout == elements + _core.shift(elements, KEY)
    else:
        assert b"PILOOKUP_BACKEND: the processor does not have the instructions" in done.stderr


@pytest.mark.parametrize("backend", ["avx512ifma", "avx2"])
def test_the_backend_asked_for_is_the_one_named(backend):
    done = run_on(backend, "from pilookup import _core; print(_core.backend())")
    assert done.stdout.decode().strip() == (backend if backend in CPU_FLAGS else "")


def test_the_backend_is_named():
    assert _core.backend() in BACKENDS
