"""Evaluates rows: blind, evaluate, verify, unblind, and the join keys and sealed tokens of the outcome.

Numbers and tokens do not leave this module, but for the sealed tokens.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from pilookup.checking.check import Evaluated
from pilookup.checking.client import Client
from pilookup.checking.result import Failure, Reason
from pilookup.compute.callbacks import caller_code
from pilookup.errors import ScreenError
from pilookup.protocol.messages import MAX_BATCH
from pilookup.protocol.names import PUBLIC
from pilookup.screening.join_keys import JoinKeys, RowIds, token_join_keys
from pilookup.screening.local_key import LocalKey
from pilookup.screening.pace import OnWait, Pace, Patience
from pilookup.screening.rows import Rows
from pilookup.screening.token_file import seal_tokens

REQUEST_NUMBERS: Final = MAX_BATCH - 1
"""Numbers of one request, which leave room for a canary."""

_TEXTS: Final = {
    Reason.UNAUTHORIZED: "the evaluator refuses the key of the platform",
    Reason.RATE_LIMITED: "the quota is used up",
    Reason.QUOTA_EXCEEDED: "the quota of the epoch is used up",
    Reason.RETIRED: "the evaluator no longer serves the mirror's epoch: run `pilookup sync`, then run this again",
    Reason.BAD_PROOF: "the evaluator's proof is wrong, so its answer was not used: tell its operator",
    Reason.BAD_RESPONSE: "the evaluator's answer does not follow the protocol: is the URL right?",
    Reason.BAD_SNAPSHOT: "the mirror's data were not made with the evaluator's key: tell the publisher",
    Reason.UNREACHABLE: "the evaluator cannot be reached",
    Reason.SERVER_ERROR: "the evaluator failed",
}


@dataclass(frozen=True, slots=True)
class EvaluatorJob:
    """Where and how rows are evaluated. It holds paths in place of keys, and can be sent to another process.

    Attributes:
        server: The evaluator's base URL.
        trust: The root to pin: the path of a trust file, or its bytes.
        key: The path of the local key.
        mirror: The directory of a mirror.
        channel: The channel; not `public`, whose quota is for single checks.
        token: The platform's key; None reads nothing and sends none.
        region: Where numbers without a country code are from.
        budget: Elements that are evaluated in an hour; None for no limit.
        max_wait: Seconds to wait for an evaluator that does not answer, or is over quota, before the run stops.
        timeout: Seconds that one request may take.
        max_age: Seconds after a sync up to which the mirror is used.
        sandbox: Whether the channel is that of a sandbox.
        insecure: Whether http:// is allowed to other hosts than this machine.

    Raises:
        ValueError: An argument is not valid.
    """

    server: str
    trust: str | Path | bytes
    key: str | Path
    mirror: str | Path
    channel: str = "platform"
    token: str | None = field(default=None, repr=False)
    region: str = "CN"
    budget: int | None = None
    max_wait: float = 900.0
    timeout: float = 30.0
    max_age: float = 24 * 3600.0
    sandbox: bool = False
    insecure: bool = False

    def __post_init__(self) -> None:
        if self.channel == PUBLIC:
            raise ValueError("channel: public is for single checks; screening needs the channel of a platform")
        if self.budget is not None and self.budget < 1:
            raise ValueError("budget: must be 1 or more")
        if not self.max_wait >= 0:
            raise ValueError("max_wait: must be 0 or more")


@dataclass(frozen=True, slots=True)
class EvaluatedRows:
    """Rows that were evaluated in one epoch.

    Attributes:
        epoch: The epoch.
        ids: The row ids.
        users: The users' keys.
        join_keys: The join keys.
        tokens: The content of the token file of these rows.
    """

    epoch: int
    ids: RowIds
    users: list[str]
    join_keys: JoinKeys
    tokens: bytes = field(repr=False)


class Evaluator:
    """Evaluates rows at one evaluator. A context manager that closes the connections."""

    def __init__(self, job: EvaluatorJob, pace: Pace | None = None, on_wait: OnWait = lambda *_: None) -> None:
        """Make an evaluator. Nothing is sent before the first rows.

        Args:
            job: Where and how.
            pace: What spreads requests over time; by default as the job's budget says.
            on_wait: Told before each wait for an evaluator that does not answer.

        Raises:
            ScreenError: The local key cannot be used.
            TrustError: The root cannot be used.
            ValueError: An argument of the job is not valid.
        """
        self.key = LocalKey.read(job.key)
        self._job = job
        self._pace = pace or Pace(job.budget)
        self._patience = Patience(job.max_wait)
        self._on_wait = on_wait
        self._client = TokenClient(
            job.server,
            job.channel,
            job.trust,
            token=job.token,
            timeout=job.timeout,
            region=job.region,
            insecure=job.insecure,
            sandbox=job.sandbox,
            mirror=job.mirror,
            max_age=job.max_age,
        )
        self.elements = 0
        """Number of elements that were sent and answered."""

    def evaluate(self, rows: Rows, epoch: int | None = None) -> EvaluatedRows:
        """Evaluate rows. Each distinct number of them is evaluated once.

        Args:
            rows: The rows.
            epoch: The epoch that the mirror must have; None for any.

        Raises:
            ScreenError: They could not be evaluated; nothing is kept of them.
        """
        distinct = list(dict.fromkeys(rows.identifiers))
        tokens: dict[bytes, bytes] = {}
        bits = 0
        for at in range(0, len(distinct), REQUEST_NUMBERS):
            some = distinct[at : at + REQUEST_NUMBERS]
            evaluated = self._request(some)
            epoch = evaluated.manifest.epoch if epoch is None else epoch
            if evaluated.manifest.epoch != epoch:
                text = f"the mirror has gone on from epoch {epoch} to {evaluated.manifest.epoch}: run this again"
                raise ScreenError("new_epoch", text)
            bits = evaluated.manifest.geometry.bits
            tokens |= zip(some, evaluated.tokens, strict=True)
        if epoch is None:
            raise ValueError("rows: none")
        of_rows = [tokens[one] for one in rows.identifiers]
        return EvaluatedRows(
            epoch,
            rows.ids,
            rows.users,
            token_join_keys(self.key, self._job.channel, epoch, bits, of_rows),
            seal_tokens(self.key, self._job.channel, epoch, rows.ids, of_rows),
        )

    def _request(self, identifiers: list[bytes]) -> Evaluated:
        """One request, repeated while the evaluator may yet answer; raises ScreenError."""
        while True:
            self._pace.take(len(identifiers))
            try:
                evaluated = self._client.tokens(identifiers)
            except Failure as failure:
                wait = self._patience.wait(failure)
                text = _text(failure)
                if wait is None:
                    raise ScreenError(str(failure.reason), text) from None
            else:
                self._patience.answered()
                self.elements += len(identifiers)
                return evaluated
            with caller_code():
                self._on_wait(text, wait)
            self._pace.sleep(wait)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _text(failure: Failure) -> str:
    """What happened, for a person."""
    text = _TEXTS.get(failure.reason, str(failure.reason))
    return f"{text} ({failure.detail})" if failure.detail else text


class TokenClient(Client):
    """A client that evaluates identifiers and returns their tokens, without looking into buckets."""

    def tokens(self, identifiers: list[bytes]) -> Evaluated:
        """Evaluate 1 to 999 identifiers in one request; raises Failure."""
        self._check_open()
        deadline = self._deadline(None)
        steps = self._checker.evaluate(identifiers)
        answer: object = None
        while True:
            try:
                need = steps.throw(answer) if isinstance(answer, Failure) else steps.send(answer)
            except StopIteration as stop:
                evaluated: Evaluated = stop.value
                return evaluated
            try:
                answer = self._supply(need, deadline)
            except Failure as failure:
                answer = failure
