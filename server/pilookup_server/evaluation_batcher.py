"""Evaluates single elements of concurrent requests together: one call of the core, with a separate proof for each.

A citizen's check sends one element, and the core's SIMD kernel computes several elements in the time of one. Elements
that arrive in the same turn of a worker's event loop therefore share a call. No request is delayed in the hope of
others: the loop polls the sockets once more, to include what arrived while it was busy, and then evaluates whatever is
there, even a single element (docs/adr/0011).
"""

import asyncio
from typing import Final

from pilookup.protocol import oprf
from pilookup.protocol.oprf import SecretKey
from pilookup_server import metrics

MAX_BATCH: Final = 64
"""Most elements evaluated in one call. The rest are evaluated after the event loop has done its other work.

A call of this size blocks the loop for about 1.3 ms with AVX-512 IFMA, 3.7 ms with AVX2, and 5 to 8 ms without either.
"""

EvaluatedElement = tuple[bytes, bytes]
"""An evaluated element (32 bytes) and its DLEQ proof (64 bytes), which covers only this element."""

_PendingElement = tuple[bytes, asyncio.Future[EvaluatedElement | None]]


class EvaluationBatcher:
    """Collects elements by channel and key, and evaluates those of one channel and key together."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, SecretKey], list[_PendingElement]] = {}

    async def evaluate(self, channel: str, key: SecretKey, element: bytes) -> EvaluatedElement | None:
        """Evaluate one element, together with other elements that are pending for the same channel and key.

        Args:
            channel: The channel, for the metrics.
            key: The key of the requested epoch.
            element: The blinded element, 32 bytes.

        Returns:
            The evaluated element and its proof, or None if `element` is not a valid encoding.

        Raises:
            OSError: The core cannot obtain random bytes.
        """
        loop = asyncio.get_running_loop()
        pending: asyncio.Future[EvaluatedElement | None] = loop.create_future()
        if not self._pending:
            loop.call_soon(self._defer_evaluation)
        self._pending.setdefault((channel, key), []).append((element, pending))
        return await pending

    def _defer_evaluation(self) -> None:
        """Evaluate in the next turn. Between two turns the loop polls its sockets."""
        asyncio.get_running_loop().call_soon(self._evaluate_next)

    def _evaluate_next(self) -> None:
        """Evaluate the oldest group of elements, at most MAX_BATCH of them."""
        channel, key = group = next(iter(self._pending))
        queued = [pending for pending in self._pending.pop(group) if not pending[1].done()]  # done here means cancelled
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
    except BaseException as error:  # also a panic of the core: each waiting request reports it
        for _, pending in batch:
            pending.set_exception(error)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return
    for (_, pending), answer in zip(batch, answers, strict=True):
        pending.set_result(answer)
    metrics.count_evaluated(channel, sum(answer is not None for answer in answers))
