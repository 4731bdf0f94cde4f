"""The check itself: identifier, blind, evaluate, verify, unblind, token, bucket, label (SPEC.md section 11).

No I/O happens here. A check is a generator that yields what it needs and is sent what it asked for, or thrown
a `Failure`; the sync and the async client are two ways to supply the same needs.

    need           is sent
    Fresh          the trusted snapshot, its metadata verified a short time ago
    Evaluate       the evaluator's answer: n x 32 bytes, then the 64-byte proof
    Fetch          for each bucket its body, or the Failure that stands in its place
    Pause          None, after that many seconds
    Solve          the proof of work that a challenge asks for
"""

import secrets
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from pilookup.checking.bucket_cache import BucketCache
from pilookup.checking.result import Failure, Reason, Result
from pilookup.checking.retries import FailureLimit, retry_delay
from pilookup.errors import FormatError
from pilookup.identifier import canonicalise
from pilookup.protocol import oprf, token
from pilookup.protocol.buckets import Geometry, check_body
from pilookup.protocol.label import Label
from pilookup.protocol.manifest import Case, Manifest
from pilookup.protocol.messages import MAX_BATCH, PROOF_BYTES, EvaluateResponse
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.proof_of_work import Challenge

MAX_LOST_BATCHES = 2
"""So many batches lost one after another end a check: the rest would only wait for the same."""


@dataclass(eq=False, slots=True)
class TrustedSnapshot:
    """A manifest whose signatures hold; `proven` once the evaluator led to one of its canaries."""

    manifest: Manifest
    digest: str
    canary_found: bool = False
    cases: Mapping[int, Case] = field(init=False)

    def __post_init__(self) -> None:
        self.cases = {case.id: case for case in self.manifest.datasets}


@dataclass(frozen=True, slots=True)
class Fresh:
    """Needs the snapshot; not `stale`, which the server has refused to serve."""

    stale: TrustedSnapshot | None = None


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Needs 1 to 1,000 blinded elements (n x 32 bytes) evaluated under an epoch's key; never sent twice."""

    epoch: int
    elements: bytes = field(repr=False)
    proof_of_work: str | None = field(default=None, repr=False)

    @property
    def answer_bytes(self) -> int:
        return len(self.elements) + PROOF_BYTES


@dataclass(frozen=True, slots=True)
class Fetch:
    """Needs the bodies of buckets of one serial."""

    serial: int
    geometry: Geometry
    indices: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pause:
    """Needs time to pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Solve:
    """Needs time spent on a challenge."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class Done:
    """Needs nothing any more."""

    results: list[Result]


Need = Fresh | Evaluate | Fetch | Pause | Solve
_T = TypeVar("_T")
Steps = Generator[Need, Any, _T]


def advance(steps: Steps[list[Result]], answer: object) -> Need | Done:
    """Send what was asked for, or throw the Failure that stands in its place; None starts."""
    try:
        return steps.throw(answer) if isinstance(answer, Failure) else steps.send(answer)
    except StopIteration as stop:
        return Done(stop.value)


class Checker:
    """Makes checks of one channel; holds nothing but verified buckets, and may be used by many threads."""

    def __init__(self, channel: str, cache: BucketCache) -> None:
        self._channel = channel
        self._cache = cache

    def check_many(self, texts: Sequence[str], region: str) -> Steps[list[Result]]:
        """The results in the texts' order; each number is evaluated once, at most 1,000 a request."""
        identifiers = [canonicalise(text, region) for text in texts]
        distinct = list(dict.fromkeys(one for one in identifiers if isinstance(one, bytes)))
        answers = yield from self._check_distinct(distinct)
        invalid = Result.unknown(Reason.INVALID_NUMBER)
        return [answers[one] if isinstance(one, bytes) else invalid for one in identifiers]

    def _check_distinct(self, waiting: list[bytes]) -> Steps[dict[bytes, Result]]:
        answers: dict[bytes, Result] = {}
        failures = FailureLimit(MAX_LOST_BATCHES)
        while len(answers) < len(waiting):
            done = len(answers)
            some = waiting[done : done + MAX_BATCH]
            try:
                answers |= yield from self._check_batch(some)
                failures.succeeded()
            except Failure as failure:
                failures.failed(failure)
                lost = waiting[done:] if failures.ended() else some
                answers |= dict.fromkeys(lost, failure.result())
        return answers

    def _check_batch(self, some: list[bytes]) -> Steps[dict[bytes, Result]]:
        """Answer as many as fit one request; once more from the start when the server has moved on."""
        snapshot: TrustedSnapshot = yield Fresh()
        try:
            return (yield from self._check_under(some[: _batch_limit(snapshot)], snapshot))
        except Failure as failure:
            if failure.reason is not Reason.RETIRED:
                raise
        snapshot = yield Fresh(stale=snapshot)
        return (yield from self._check_under(some[: _batch_limit(snapshot)], snapshot))

    def _check_under(self, batch: list[bytes], snapshot: TrustedSnapshot) -> Steps[dict[bytes, Result]]:
        manifest = snapshot.manifest
        canaries = [] if snapshot.canary_found else [secrets.choice(manifest.canaries).encode()]
        tokens = yield from self._tokens([*batch, *canaries], manifest)
        indices = [token.bucket_index(one, manifest.geometry.bits) for one in tokens]
        buckets = yield from self._buckets(set(indices), manifest)
        if canaries:
            self._check_canary(tokens.pop(), buckets[indices.pop()], snapshot)
        return {
            one: self._result(secret, buckets[index], snapshot)
            for one, secret, index in zip(batch, tokens, indices, strict=True)
        }

    def _tokens(self, inputs: list[bytes], manifest: Manifest) -> Steps[list[bytes]]:
        """The inputs' tokens, proven to be under the manifest's public key; every try blinds afresh."""
        proof_of_work: str | None = None
        for attempt in count():
            blinds, blinded = oprf.blind(inputs)
            try:
                answer: bytes = yield Evaluate(manifest.epoch, blinded, proof_of_work)
                break
            except Failure as failure:
                if failure.challenge is not None and proof_of_work is None and self._channel == PUBLIC:
                    proof_of_work = yield Solve(failure.challenge)
                    continue
                wait = retry_delay(attempt, failure) if failure.unsent else None
                if wait is None:
                    raise
            yield Pause(wait)
        elements = _verified(manifest, blinds, blinded, answer)
        return token.tokens(elements, self._channel, manifest.epoch)

    def _buckets(self, indices: set[int], manifest: Manifest) -> Steps[dict[int, bytes | Failure]]:
        """Each bucket's verified slots, or why there are none."""
        found: dict[int, bytes | Failure] = {}
        for index in indices:
            slots = self._cache.get(manifest.root, index)
            if slots is not None:
                found[index] = slots
        missing = tuple(sorted(indices - set(found)))
        if missing:
            bodies = yield Fetch(manifest.serial, manifest.geometry, missing)
            found.update((index, self._slots(index, bodies[index], manifest)) for index in missing)
        return found

    def _slots(self, index: int, body: bytes | Failure, manifest: Manifest) -> bytes | Failure:
        if isinstance(body, Failure):
            if body.reason is Reason.RETIRED:
                raise body
            return body
        try:
            slots = check_body(body, index, manifest.geometry, manifest.root)
        except FormatError:
            return Failure(Reason.BAD_BUCKET)
        self._cache.put(manifest.root, index, slots)
        return slots

    def _check_canary(self, secret: bytes, slots: bytes | Failure, snapshot: TrustedSnapshot) -> None:
        """A canary must be found: a proof binds the answer to the key, this the key to the snapshot."""
        if isinstance(slots, Failure):
            raise slots
        label = self._label(secret, slots, snapshot)
        if label is None or not label.canary:
            raise Failure(Reason.BAD_SNAPSHOT)
        snapshot.canary_found = True

    def _result(self, secret: bytes, slots: bytes | Failure, snapshot: TrustedSnapshot) -> Result:
        if isinstance(slots, Failure):
            return slots.result()
        try:
            label = self._label(secret, slots, snapshot)
        except Failure as failure:
            return failure.result()
        if label is None:
            return Result.not_found()
        if label.canary or not snapshot.cases.keys() >= set(label.cases):
            return Result.unknown(Reason.BAD_SNAPSHOT)
        cases = tuple(snapshot.cases[case] for case in label.cases)
        return Result.found(label, cases, snapshot.manifest.profile)

    def _label(self, secret: bytes, slots: bytes, snapshot: TrustedSnapshot) -> Label | None:
        try:
            return token.find(secret, slots, self._channel, snapshot.manifest.epoch)
        except FormatError:
            raise Failure(Reason.BAD_SNAPSHOT) from None


def _batch_limit(snapshot: TrustedSnapshot) -> int:
    """Numbers that fit one request; an unproven snapshot's canary rides along."""
    return MAX_BATCH if snapshot.canary_found else MAX_BATCH - 1


def _verified(manifest: Manifest, blinds: oprf.Blinds, blinded: bytes, answer: bytes) -> bytes:
    """The unblinded elements of a proven answer, n x 32 bytes."""
    if len(answer) != len(blinded) + PROOF_BYTES:
        raise Failure(Reason.BAD_RESPONSE)
    response = EvaluateResponse.from_octets(manifest.epoch, answer)
    try:
        if oprf.verify(manifest.public_key, blinded, response.elements, response.proof):
            return oprf.unblind(blinds, response.elements)
    except ValueError:
        # An invalid point or scalar: not even the form of a proof.
        raise Failure(Reason.BAD_PROOF) from None
    raise Failure(Reason.BAD_PROOF)
