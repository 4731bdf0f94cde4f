"""Requests that wait together are evaluated together: one call of the core, a proof of its own for each.

A check asks for one element, and one element leaves most lanes of the core's kernel empty. Elements asked for in one
turn of a worker's event loop fill them. Nobody waits for company: the sockets are read once more, for what came while
the others were being read, and what is there then is evaluated, if it is one (docs/adr/0011).
"""

import asyncio
from typing import Final

from pilookup.protocol import oprf
from pilookup.protocol.oprf import SecretKey
from pilookup_server import metrics

MAX_BATCH: Final = 64
"""Elements of one call; others that wait get their turn after the loop's other work.

Some 1.3 ms with AVX-512 IFMA, 3.7 with AVX2, 5 to 8 where dalek works alone.
"""

EvaluatedElement = tuple[bytes, bytes]
"""An evaluated element, and the proof of it alone."""

_PendingElement = tuple[bytes, asyncio.Future[EvaluatedElement | None]]


class EvaluationBatcher:
    """The elements that wait, under their channel and key."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, SecretKey], list[_PendingElement]] = {}

    async def evaluate(self, channel: str, key: SecretKey, element: bytes) -> EvaluatedElement | None:
        """Evaluate an element of 32 bytes, together with what else waits for the same key; None for an invalid one.

        Raises what the core raises where it cannot work at all (OSError).
        """
        loop = asyncio.get_running_loop()
        pending: asyncio.Future[EvaluatedElement | None] = loop.create_future()
        if not self._pending:
            loop.call_soon(self._defer_evaluation)
        self._pending.setdefault((channel, key), []).append((element, pending))
        return await pending

    def _defer_evaluation(self) -> None:
        """Let the loop read its sockets, which it does between two turns, before it evaluates."""
        asyncio.get_running_loop().call_soon(self._evaluate_next)

    def _evaluate_next(self) -> None:
        """Evaluate those that came first and their company."""
        channel, key = group = next(iter(self._pending))
        queued = [pending for pending in self._pending.pop(group) if not pending[1].done()]  # the others were cancelled
        batch, rest = queued[:MAX_BATCH], queued[MAX_BATCH:]
        if rest:
            self._pending[group] = rest
        if self._pending:
            asyncio.get_running_loop().call_soon(self._evaluate_next)
        if batch:
            _evaluate(channel, key, batch)


def _evaluate(channel: str, key: SecretKey, batch: list[_PendingElement]) -> None:
    try:
        answers = oprf.evaluate_and_prove_each(b"".join(element for element, _ in batch), key)
    except BaseException as error:  # a panic of the core too: it belongs to those who wait, and each answers for it
        for _, pending in batch:
            pending.set_exception(error)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return
    for (_, pending), answer in zip(batch, answers, strict=True):
        pending.set_result(answer)
    metrics.count_evaluated(channel, sum(answer is not None for answer in answers))
