"""What a client sees of one case: files, a live evaluator, and the case's changes of right answers (SPEC.md section 8)."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.kit import oprf
from tests.kit.canonical_json import base64url
from tests.kit.repository import Repository

ELEMENT_BYTES = 32
OCTETS = "application/octet-stream"
JSON = "application/json"
ELSEWHERE = "elsewhere"
"""Where redirects lead, relative to the request. A client follows none."""

_ROUTE = re.compile(r"/v1/channels/([a-z0-9-]+)/(.*)")


@dataclass
class Request:
    """A request below the base URL of a case."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path below the channel, without the query."""
        match = _ROUTE.fullmatch(urlsplit(self.target).path)
        return match[2] if match else ""

    @property
    def route(self) -> str:
        """`metadata`, `targets`, `snapshots` or `evaluate`."""
        return self.path.split("/")[0]


@dataclass
class Reply:
    """An answer.

    Attributes:
        status: the status; 0 closes the connection without an answer.
        body: the body.
        headers: headers, `Content-Length` apart.
        whole: False closes the connection before the last byte of the body.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    whole: bool = True


@dataclass
class Batch:
    """The blinded elements of one request, and the answers to them."""

    elements: list[bytes]
    key: int

    def answer(self, key: int | None = None, *, proof_key: int | None = None) -> bytes:
        """Return the evaluated elements and the proof, by the evaluator's key unless another is given."""
        evaluated = self.evaluated(key)
        return b"".join(evaluated) + self.proof(evaluated, proof_key or key)

    def evaluated(self, key: int | None = None) -> list[bytes]:
        return oprf.evaluate(self.elements, key or self.key)

    def proof(self, evaluated: list[bytes], key: int | None = None) -> bytes:
        return oprf.prove(self.elements, evaluated, key or self.key)


Evaluate = Callable[[Batch], bytes]
Change = Callable[[Request, Reply], Reply]


class Site:
    """Serves one release. A case replaces `files`, `evaluate` or `changes`.

    Attributes:
        now: the time to which dates are relative.
        channel: the channel's name.
        trust: the root to pin.
        files: what is handed out, by the path below the channel.
        keys: the evaluator's key by epoch.
        evaluate: makes the octets of an answer from a batch.
        changes: changes of the answers, in order.
    """

    def __init__(self, repository: Repository) -> None:
        self.now = repository.now
        self.channel = repository.channel
        self.trust = repository.trust
        self.files = repository.files()
        self.keys = {repository.snapshot.epoch: repository.key}
        self.evaluate: Evaluate = Batch.answer
        self.changes: list[Change] = []

    def answer(self, request: Request) -> Reply:
        reply = self._right(request)
        for change in self.changes:
            reply = change(request, reply)
        return reply

    def _right(self, request: Request) -> Reply:
        match = _ROUTE.fullmatch(urlsplit(request.target).path)
        if match is None or match[1] != self.channel:
            return problem(404, "not-found")
        if request.path == "evaluate":
            return self._evaluate(request) if request.method == "POST" else problem(405, "method-not-allowed")
        if request.method != "GET":
            return problem(405, "method-not-allowed")
        if request.path in self.files:
            kind = JSON if request.path.endswith(".json") else OCTETS
            return Reply(body=self.files[request.path], headers={"Content-Type": kind})
        return problem(410, "retired") if request.route == "snapshots" else problem(404, "not-found")

    def _evaluate(self, request: Request) -> Reply:
        try:
            epoch, elements, kind = _read_batch(request)
        except (ValueError, KeyError, TypeError):
            return problem(400, "malformed-request")
        if epoch not in self.keys:
            return problem(410, "retired")
        try:
            oprf.check_elements(elements)
        except ValueError:
            return problem(422, "invalid-element")
        octets = self.evaluate(Batch(elements, self.keys[epoch]))
        return Reply(body=octets if kind == OCTETS else _as_json(epoch, octets), headers={"Content-Type": kind})


def problem(status: int, name: str, **members: object) -> Reply:
    """Return a problem document (SPEC.md section 8.4)."""
    document = {"type": f"urn:pilookup:problem:{name}", "title": name, "status": status} | members
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/problem+json"})


def elements_of(request: Request) -> list[bytes]:
    """Return the elements of a request to evaluate; empty for one that is malformed."""
    try:
        return _read_batch(request)[1]
    except (ValueError, KeyError, TypeError):
        return []


def _read_batch(request: Request) -> tuple[int, list[bytes], str]:
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind == OCTETS:
        epoch = parse_qs(urlsplit(request.target).query)["epoch"][0]
        if not re.fullmatch(r"[1-9][0-9]{0,9}", epoch):
            raise ValueError("epoch")
        elements = [request.body[at : at + ELEMENT_BYTES] for at in range(0, len(request.body), ELEMENT_BYTES)]
        number = int(epoch)
    elif kind == JSON:
        document = json.loads(request.body)
        number, texts = document["epoch"], document["elements"]
        elements = [urlsafe_b64decode(text + "=" * (-len(text) % 4)) for text in texts]
    else:
        raise ValueError("content type")
    if not 1 <= len(elements) <= 1000 or any(len(one) != ELEMENT_BYTES for one in elements):
        raise ValueError("elements")
    return number, elements, kind


def _as_json(epoch: int, octets: bytes) -> bytes:
    """Return the JSON form of an answer; what is left of 64 bytes of proof is elements."""
    elements, proof = octets[:-64], octets[-64:]
    parts = [elements[at : at + ELEMENT_BYTES] for at in range(0, len(elements), ELEMENT_BYTES)]
    document = {"epoch": epoch, "elements": [base64url(part) for part in parts], "proof": base64url(proof)}
    return json.dumps(document).encode()
