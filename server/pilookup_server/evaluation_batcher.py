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

MOST_TOGETHER: Final = 64
"""Elements of one call; others that wait get their turn after the loop's other work.

Some 1.3 ms with AVX-512 IFMA, 3.7 with AVX2, 5 to 8 where dalek works alone.
"""

Evaluated = tuple[bytes, bytes]
"""An evaluated element, and the proof of it alone."""

_Place = tuple[bytes, asyncio.Future[Evaluated | None]]


class EvaluationBatcher:
    """The elements that wait, under their channel and key."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, SecretKey], list[_Place]] = {}

    async def evaluate(self, channel: str, key: SecretKey, element: bytes) -> Evaluated | None:
        """Evaluate an element of 32 bytes, together with what else waits for the same key; None for an invalid one.

        Raises what the core raises where it cannot work at all (OSError).
        """
        loop = asyncio.get_running_loop()
        place: asyncio.Future[Evaluated | None] = loop.create_future()
        if not self._places:
            loop.call_soon(self._read_on)
        self._places.setdefault((channel, key), []).append((element, place))
        return await place

    def _read_on(self) -> None:
        """Let the loop read its sockets, which it does between two turns, before it evaluates."""
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Evaluate those that came first and their company."""
        channel, key = one = next(iter(self._places))
        waiting = [place for place in self._places.pop(one) if not place[1].done()]  # the others were cancelled
        together, rest = waiting[:MOST_TOGETHER], waiting[MOST_TOGETHER:]
        if rest:
            self._places[one] = rest
        if self._places:
            asyncio.get_running_loop().call_soon(self._next)
        if together:
            _evaluate(channel, key, together)


def _evaluate(channel: str, key: SecretKey, together: list[_Place]) -> None:
    try:
        answers = oprf.evaluate_and_prove_each(b"".join(element for element, _ in together), key)
    except BaseException as error:  # a panic of the core too: it belongs to those who wait, and each answers for it
        for _, place in together:
            place.set_exception(error)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return
    for (_, place), answer in zip(together, answers, strict=True):
        place.set_result(answer)
    metrics.evaluated(channel, sum(answer is not None for answer in answers))
