"""Wrong answers of the evaluator (SPEC.md sections 3.3 and 8.3)."""

from tests.kit import oprf
from tests.kit.case import Case, bad
from tests.kit.changes import answer_with
from tests.kit.repository import EPOCH, channel_key
from tests.kit.ristretto255 import IDENTITY, ORDER, P
from tests.kit.site import Batch, Evaluate, Reply, Request

OTHER_KEY = channel_key(EPOCH + 1)
FORMER_KEY = channel_key(EPOCH - 1)


def under(key: int) -> Evaluate:
    """Evaluate, and prove, under another key."""
    return lambda batch: batch.answer(key)


def other_elements(batch: Batch) -> bytes:
    return batch.answer(OTHER_KEY, proof_key=batch.key)


def one_other_element(batch: Batch) -> bytes:
    mixed = [batch.evaluated(OTHER_KEY)[0], *batch.evaluated()[1:]]
    return b"".join(mixed) + batch.proof(mixed)


def swapped(batch: Batch) -> bytes:
    evaluated = batch.evaluated()
    return b"".join(evaluated[::-1]) + batch.proof(evaluated)


def swapped_and_proved(batch: Batch) -> bytes:
    evaluated = batch.evaluated()[::-1]
    return b"".join(evaluated) + batch.proof(evaluated)


def first(replacement: bytes) -> Evaluate:
    """Put other bytes in place of the first element."""
    return lambda batch: replacement + batch.answer()[32:]


def negative(batch: Batch) -> bytes:
    number = P - int.from_bytes(batch.evaluated()[0], "little")
    return number.to_bytes(32, "little") + batch.answer()[32:]


def unchanged(batch: Batch) -> bytes:
    return b"".join(batch.elements) + oprf.prove(batch.elements, batch.elements, 1)


def of_another_batch() -> Evaluate:
    """Give each answer the proof of the batch before it, the first one that of a batch of the kit's own."""
    own = Batch([oprf.element(b"kit", 5), oprf.element(b"kit", 7)], channel_key(EPOCH))
    before = [own.answer()[-64:]]

    def evaluate(batch: Batch) -> bytes:
        answer = batch.answer()
        before.append(answer[-64:])
        return answer[:-64] + before[-2]

    return evaluate


def flipped(at: int) -> Evaluate:
    """Change one bit of the answer, counted from its end."""

    def evaluate(batch: Batch) -> bytes:
        answer = bytearray(batch.answer())
        answer[at] ^= 1
        return bytes(answer)

    return evaluate


def long_scalar(batch: Batch) -> bytes:
    """Add the order of the group to the proof's s."""
    answer = batch.answer()
    s = int.from_bytes(answer[-32:], "little") + ORDER
    return answer[:-32] + s.to_bytes(32, "little")


def scalars_swapped(batch: Batch) -> bytes:
    answer = batch.answer()
    return answer[:-64] + answer[-32:] + answer[-64:-32]


def one_element_less(batch: Batch) -> bytes:
    shorter = Batch(batch.elements[:-1], batch.key)
    return shorter.answer()


def one_element_more(batch: Batch) -> bytes:
    longer = Batch([*batch.elements, batch.elements[-1]], batch.key)
    return longer.answer()


def in_the_other_form(request: Request, right: Reply) -> Reply:
    """Answer octets with JSON, and JSON with octets."""
    if right.headers.get("Content-Type") == "application/json":
        return Reply(body=bytes(right.body), headers={"Content-Type": "application/octet-stream"})
    return Reply(body=b'{"epoch":3,"elements":[],"proof":""}', headers={"Content-Type": "application/json"})


def _proof(name: str, changed: str, evaluate: Evaluate) -> Case:
    return bad(f"evaluate-{name}", changed, "3.3", "bad_proof", evaluate=evaluate)


def _form(name: str, changed: str, evaluate: Evaluate) -> Case:
    return bad(f"evaluate-{name}", changed, "8.3", "bad_response", evaluate=evaluate)


CASES = [
    _proof("other-key", "elements and proof are made under another key", under(OTHER_KEY)),
    _proof("former-key", "elements and proof are made under the key of the former epoch", under(FORMER_KEY)),
    _proof("other-elements", "the elements are made under another key, the proof under the right one", other_elements),
    _proof("mixed-keys", "the first element is made under another key than the rest", one_other_element),
    _proof("swapped", "two elements have changed places, the proof is that of the right order", swapped),
    _proof("swapped-proved", "two elements have changed places, the proof is made for them", swapped_and_proved),
    _proof("unchanged", "the elements are those that were sent, proved under the key 1", unchanged),
    _proof("identity", "the first element is the identity", first(IDENTITY)),
    _proof("not-canonical", "the first element is not below the prime", first(P.to_bytes(32, "little"))),
    _proof("negative", "the first element is the negative field element", negative),
    _proof("not-an-element", "the first element is no point", first((2).to_bytes(32, "little"))),
    _proof("other-element", "the first element is another valid element", first(oprf.element(b"kit", 3))),
    _proof("proof-of-another-batch", "the proof is that of another batch", of_another_batch()),
    _proof("proof-zero", "the proof is 64 zero bytes", lambda batch: batch.answer()[:-64] + bytes(64)),
    _proof("proof-c-changed", "one bit of the proof's c is changed", flipped(-64)),
    _proof("proof-s-changed", "one bit of the proof's s is changed", flipped(-32)),
    _proof("proof-long-scalar", "the proof's s is not below the group order", long_scalar),
    _proof("proof-swapped", "the proof is s, then c", scalars_swapped),
    _form("short", "an element is missing; the proof is valid for the others", one_element_less),
    _form("extra", "an element is given twice; the proof is valid", one_element_more),
    _form("empty", "the answer is empty", lambda _: b""),
    _form("no-proof", "the proof is missing", lambda batch: batch.answer()[:-64]),
    _form("proof-cut", "the last byte of the proof is missing", lambda batch: batch.answer()[:-1]),
    _form("byte-more", "a byte follows the proof", lambda batch: batch.answer() + b"\0"),
    _form("order-short-other-key", "an element is missing, and the key is another", lambda b: b.answer(OTHER_KEY)[32:]),
    _form("oversized", "a mebibyte follows the proof", lambda batch: batch.answer() + bytes(2**20)),
    bad(
        "evaluate-other-form",
        "the answer is JSON without elements where octets were asked for",
        "8.3",
        "bad_response",
        site=answer_with("evaluate", in_the_other_form),
    ),
]
