"""The check itself: canonicalise, blind, evaluate, verify, unblind, token, bucket, label (SPEC.md section 11).

Nothing here does I/O. A check is a generator that yields what it needs. The client, blocking or asynchronous, supplies
each need and sends the answer back into the generator, or throws a `Failure`.

    need           answer
    Fresh          the trusted snapshot, with metadata that were verified a short time ago
    Evaluate       the evaluator's answer: n x 32 bytes, then the 64-byte proof
    Fetch          for each bucket index the bucket's body or a Failure
    Pause          None, after the given number of seconds
    Solve          the proof of work for a challenge
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

MIN_BATCH = 2
"""Number of elements that a check of one number needs while a canary has to go with it."""

MAX_LOST_BATCHES = 2
"""Number of consecutive failed batches after which a check is abandoned, because the others would fail too."""


@dataclass(eq=False, slots=True)
class TrustedSnapshot:
    """A manifest with verified signatures.

    Attributes:
        manifest: the manifest.
        digest: its SHA-256, in hexadecimal.
        canary_found: whether an evaluation has led to one of its canaries, which shows that the snapshot was made with
            the evaluator's key.
        cases: the catalogue by case id.
    """

    manifest: Manifest
    digest: str
    canary_found: bool = False
    cases: Mapping[int, Case] = field(init=False)

    def __post_init__(self) -> None:
        self.cases = {case.id: case for case in self.manifest.datasets}


@dataclass(frozen=True, slots=True)
class Fresh:
    """Needs the trusted snapshot, and another one than `stale`, which the server no longer serves."""

    stale: TrustedSnapshot | None = None


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Needs 1 to 1,000 blinded elements evaluated under an epoch's key. The same elements are never sent twice.

    Attributes:
        epoch: the epoch.
        elements: the blinded elements, n x 32 bytes.
        proof_of_work: the header value that answers a challenge, if there was one.
    """

    epoch: int
    elements: bytes = field(repr=False)
    proof_of_work: str | None = field(default=None, repr=False)

    @property
    def answer_bytes(self) -> int:
        """Size of a correct answer, in bytes."""
        return len(self.elements) + PROOF_BYTES


@dataclass(frozen=True, slots=True)
class Fetch:
    """Needs the bodies (slots and Merkle path) of buckets of one serial."""

    serial: int
    geometry: Geometry
    indices: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pause:
    """Needs a delay."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Solve:
    """Needs the proof of work for a challenge."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The tokens of identifiers, in their order, and the manifest that they were evaluated under."""

    manifest: Manifest
    tokens: list[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """The check has ended with these results."""

    results: list[Result]


Need = Fresh | Evaluate | Fetch | Pause | Solve
_T = TypeVar("_T")
Steps = Generator[Need, Any, _T]


def advance(steps: Steps[list[Result]], answer: object) -> Need | Done:
    """Run a check up to its next need.

    Args:
        steps: the check.
        answer: the answer to its last need, a Failure to throw, or None to start it.
    """
    try:
        return steps.throw(answer) if isinstance(answer, Failure) else steps.send(answer)
    except StopIteration as stop:
        return Done(stop.value)


class _SmallerBatchError(Exception):
    """The server asks for a proof of work, and for at most `elements` elements a request."""

    def __init__(self, elements: int) -> None:
        super().__init__()
        self.elements = elements


class Checker:
    """Makes the checks of one channel. It may be used by many threads.

    It keeps verified buckets, and the size of the requests that the server takes.
    """

    def __init__(self, channel: str, cache: BucketCache) -> None:
        """Make a checker of a channel that keeps verified buckets in `cache`."""
        self._channel = channel
        self._cache = cache
        self._batch = MAX_BATCH

    def check_many(self, texts: Sequence[str], region: str) -> Steps[list[Result]]:
        """Check texts and return their results in the same order. Each distinct number is evaluated once.

        Raises nothing: a failure becomes the result of the numbers it concerns.

        Args:
            texts: phone numbers as typed.
            region: where numbers without a country code are from (ISO 3166-1 alpha-2).
        """
        identifiers = [canonicalise(text, region) for text in texts]
        distinct = list(dict.fromkeys(one for one in identifiers if isinstance(one, bytes)))
        answers = yield from self._check_distinct(distinct)
        invalid = Result.unknown(Reason.INVALID_NUMBER)
        return [answers[one] if isinstance(one, bytes) else invalid for one in identifiers]

    def evaluate(self, identifiers: list[bytes]) -> Steps[Evaluated]:
        """Evaluate identifiers in one request under the newest trusted snapshot. No bucket of theirs is fetched.

        Args:
            identifiers: 1 to 999 identifiers: a canary has to go with them until one of the snapshot was found.

        Raises:
            Failure: the request failed, or the canary is not in the snapshot.
        """
        snapshot: TrustedSnapshot = yield Fresh()
        canaries = self._canaries(snapshot)
        tokens = yield from self._tokens([*identifiers, *canaries], snapshot.manifest)
        if canaries:
            secret = tokens.pop()
            index = token.bucket_index(secret, snapshot.manifest.geometry.bits)
            buckets = yield from self._buckets({index}, snapshot.manifest)
            self._check_canary(secret, buckets[index], snapshot)
        return Evaluated(snapshot.manifest, tokens)

    def _canaries(self, snapshot: TrustedSnapshot) -> list[bytes]:
        """The canary that has to go with the next request: none once one of the snapshot was found."""
        return [] if snapshot.canary_found else [secrets.choice(snapshot.manifest.canaries).encode()]

    def _check_distinct(self, waiting: list[bytes]) -> Steps[dict[bytes, Result]]:
        """Check distinct identifiers, up to 1,000 a request, or as many as the server takes."""
        answers: dict[bytes, Result] = {}
        failures = FailureLimit(MAX_LOST_BATCHES)
        while len(answers) < len(waiting):
            done = len(answers)
            some = waiting[done : done + self._batch]
            try:
                answers |= yield from self._check_batch(some)
                failures.succeeded()
            except _SmallerBatchError as smaller:
                self._batch = min(self._batch, smaller.elements)  # another thread may have been told less
            except Failure as failure:
                failures.failed(failure)
                lost = waiting[done:] if failures.ended() else some
                answers |= dict.fromkeys(lost, failure.result())
        return answers

    def _check_batch(self, some: list[bytes]) -> Steps[dict[bytes, Result]]:
        """Check as many identifiers as fit into one request.

        If the server no longer serves the snapshot, refresh it and start the batch again once. Raises Failure.
        """
        snapshot: TrustedSnapshot = yield Fresh()
        try:
            return (yield from self._check_under(some[: self._limit(snapshot)], snapshot))
        except Failure as failure:
            if failure.reason is not Reason.RETIRED:
                raise
        snapshot = yield Fresh(stale=snapshot)
        return (yield from self._check_under(some[: self._limit(snapshot)], snapshot))

    def _limit(self, snapshot: TrustedSnapshot) -> int:
        """Number of identifiers that fit into one request: one fewer while a canary has to go with them."""
        return self._batch if snapshot.canary_found else self._batch - 1

    def _check_under(self, batch: list[bytes], snapshot: TrustedSnapshot) -> Steps[dict[bytes, Result]]:
        """Check a batch against one snapshot, with a canary if none of the snapshot was found yet; raises Failure."""
        manifest = snapshot.manifest
        canaries = self._canaries(snapshot)
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
        """Return the inputs' tokens after verifying the proof under the manifest's public key; raises Failure.

        Each attempt uses new blinds, so two requests for one number cannot be linked. Raises _SmallerBatchError if the
        server takes fewer inputs.
        """
        proof_of_work: str | None = None
        for attempt in count():
            blinds, blinded = oprf.blind(inputs)
            try:
                answer: bytes = yield Evaluate(manifest.epoch, blinded, proof_of_work)
                break
            except Failure as failure:
                if failure.challenge is not None and proof_of_work is None and self._channel == PUBLIC:
                    if failure.challenge.elements < len(inputs):
                        if failure.challenge.elements < MIN_BATCH:
                            raise  # no solution would admit a number and a canary
                        raise _SmallerBatchError(failure.challenge.elements) from None
                    proof_of_work = yield Solve(failure.challenge)
                    continue
                wait = retry_delay(attempt, failure) if failure.unsent else None
                if wait is None:
                    raise
            yield Pause(wait)
        elements = _verified(manifest, blinds, blinded, answer)
        return token.tokens(elements, self._channel, manifest.epoch)

    def _buckets(self, indices: set[int], manifest: Manifest) -> Steps[dict[int, bytes | Failure]]:
        """Return each bucket's verified slots or its Failure; raises Failure if the serial is no longer served."""
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
        """Verify a bucket's body against the signed root and cache its slots; raises Failure for a retired serial."""
        if isinstance(body, Failure):
            if body.reason is Reason.RETIRED:
                raise body
            return body
        try:
            slots = check_body(body, index, manifest.geometry, manifest.root)
        except FormatError:
            detail = "a bucket does not lead to the signed root of its tree; check again later, or tell the publisher"
            return Failure(Reason.BAD_BUCKET, detail=detail)
        self._cache.put(manifest.root, index, slots)
        return slots

    def _check_canary(self, secret: bytes, slots: bytes | Failure, snapshot: TrustedSnapshot) -> None:
        """Raise a Failure unless the canary is in its bucket.

        The proof binds the evaluation to the public key. Only the canary binds that key to the snapshot.
        """
        if isinstance(slots, Failure):
            raise slots
        label = self._label(secret, slots, snapshot)
        if label is None or not label.canary:
            detail = "the snapshot was not made under the key that evaluates; tell the publisher"
            raise Failure(Reason.BAD_SNAPSHOT, detail=detail)
        snapshot.canary_found = True

    def _result(self, secret: bytes, slots: bytes | Failure, snapshot: TrustedSnapshot) -> Result:
        """Look up a token in its bucket's slots and make the result."""
        if isinstance(slots, Failure):
            return slots.result()
        try:
            label = self._label(secret, slots, snapshot)
        except Failure as failure:
            return failure.result()
        if label is None:
            return Result.not_found()
        if label.canary or not snapshot.cases.keys() >= set(label.cases):
            detail = "the entry names a case that the catalogue does not have; tell the publisher"
            return Result.unknown(Reason.BAD_SNAPSHOT, detail=detail)
        cases = tuple(snapshot.cases[case] for case in label.cases)
        return Result.found(label, cases, snapshot.manifest.profile)

    def _label(self, secret: bytes, slots: bytes, snapshot: TrustedSnapshot) -> Label | None:
        """Return the label of a token's entry, or None without one; raises Failure for a label that is not valid."""
        try:
            return token.find(secret, slots, self._channel, snapshot.manifest.epoch)
        except FormatError:
            detail = "the entry's label is not valid; tell the publisher"
            raise Failure(Reason.BAD_SNAPSHOT, detail=detail) from None


def _verified(manifest: Manifest, blinds: oprf.Blinds, blinded: bytes, answer: bytes) -> bytes:
    """Verify the proof of an evaluator's answer and return the unblinded elements (n x 32 bytes); raises Failure."""
    if len(answer) != len(blinded) + PROOF_BYTES:
        raise Failure(Reason.BAD_RESPONSE, detail="the evaluation has another length than what was asked for")
    response = EvaluateResponse.from_octets(manifest.epoch, answer)
    try:
        if oprf.verify(manifest.public_key, blinded, response.elements, response.proof):
            return oprf.unblind(blinds, response.elements)
    except ValueError:
        # An element or a scalar of the answer is not a valid encoding.
        raise Failure(Reason.BAD_PROOF) from None
    raise Failure(Reason.BAD_PROOF)
