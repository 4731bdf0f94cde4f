"""Answers of the evaluator in JSON (SPEC.md section 8.3), for clients that send their elements in JSON."""

import json
from collections.abc import Callable
from typing import Any

from tests.kit.case import Case, bad, good
from tests.kit.changes import answer_with
from tests.kit.repository import EPOCH
from tests.kit.site import JSON, Reply

Document = dict[str, Any]


def answered(change: Callable[[Document], None]) -> Callable[[Any], None]:
    """Change the object of an answer."""

    def apply(body: bytes) -> bytes:
        document = json.loads(body)
        change(document)
        return json.dumps(document).encode()

    return rewritten(apply)


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Any], None]:
    """Change the bytes of an answer."""
    return answer_with("evaluate", lambda _, right: Reply(body=change(right.body), headers=right.headers))


def unused_bits(document: Document) -> None:
    """Set the unused low bits of the last character of the proof, of which there are four."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    proof = document["proof"]
    document["proof"] = proof[:-1] + alphabet[alphabet.index(proof[-1]) | 1]


def short_element(document: Document) -> None:
    document["elements"][0] = document["elements"][0][:-3]


def padded_element(document: Document) -> None:
    document["elements"][0] += "="


def twice(body: bytes) -> bytes:
    return body.replace(b"{", b'{"epoch": 3, ', 1)


def _bad(name: str, changed: str, site: Callable[[Any], None]) -> Case:
    return bad(f"json-{name}", changed, "8.3", "bad_response", site=site, media=JSON)


CASES = [
    good("json-good", "nothing; the answer is JSON", "8.3", media=JSON),
    _bad("other-epoch", "the answer names another epoch", answered(lambda document: document.update(epoch=EPOCH + 1))),
    _bad("epoch-text", "the epoch is a text", answered(lambda document: document.update(epoch=str(EPOCH)))),
    _bad("member-more", "the answer has another member", answered(lambda document: document.update(more=1))),
    _bad("member-twice", "the answer has `epoch` twice", rewritten(twice)),
    _bad("no-proof", "the answer has no proof", answered(lambda document: document.pop("proof"))),
    _bad(
        "no-elements",
        "the answer has an empty list of elements",
        answered(lambda document: document.update(elements=[])),
    ),
    _bad("element-padded", "an element has padding", answered(padded_element)),
    _bad("element-short", "an element has fewer than 32 bytes", answered(short_element)),
    _bad("proof-unused-bits", "unused bits of the proof are set", answered(unused_bits)),
    _bad("cut", "the last byte of the answer is missing", rewritten(lambda body: body[:-1])),
]
