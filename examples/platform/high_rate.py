"""Check a stream of numbers: in batches, several at a time, with the results in order and bounded memory.

python high_rate.py < numbers.txt > results.jsonl
"""

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import islice

from pilookup import AsyncClient, AsyncNumberChecker, Reason, Result

BATCH = 500
"""Numbers in a request; at most 999 go with the canary that the first request carries."""

IN_FLIGHT = 4
"""Requests at the same time. More make the server's queue longer, not its answers faster."""

TIMEOUT = 30.0
MAX_WAITS = 3
"""How often a batch waits for the quota, before its numbers stay unknown."""

Sleep = Callable[[float], Awaitable[None]]


async def check_stream(
    client: AsyncNumberChecker, numbers: Iterable[str], sleep: Sleep = asyncio.sleep
) -> AsyncIterator[Result]:
    """Yield the result of each number, in the order of the numbers."""
    waiting = iter(numbers)
    running: deque[asyncio.Task[list[Result]]] = deque()
    try:
        while batch := list(islice(waiting, BATCH)):
            running.append(asyncio.create_task(_check_batch(client, batch, sleep)))
            if len(running) == IN_FLIGHT:
                for result in await running.popleft():
                    yield result
        while running:
            for result in await running.popleft():
                yield result
    finally:
        for task in running:
            task.cancel()


async def _check_batch(client: AsyncNumberChecker, numbers: list[str], sleep: Sleep) -> list[Result]:
    """Check a batch, and ask again for what was over quota, after the time that the server names."""
    results = await client.check_many(numbers, timeout=TIMEOUT)
    for _ in range(MAX_WAITS):
        waits = {at: one.retry_after for at, one in enumerate(results) if one.reason is Reason.RATE_LIMITED}
        if not waits:
            break
        await sleep(max(wait or 1.0 for wait in waits.values()))
        again = await client.check_many([numbers[at] for at in waits], timeout=TIMEOUT)
        for at, result in zip(waits, again, strict=True):
            results[at] = result
    return results


async def main() -> None:
    """Write one JSON object a line for each number of standard input. The output does not hold the numbers."""
    async with AsyncClient(
        os.environ["CHECK_URL"],
        channel="platform",
        trust=os.environ["CHECK_TRUST"],
        token=os.environ["CHECK_TOKEN"],
        sandbox=os.environ.get("CHECK_SANDBOX") == "1",
    ) as client:
        async for result in check_stream(client, (line.strip() for line in sys.stdin)):
            print(json.dumps(result.to_json(), ensure_ascii=False))


if __name__ == "__main__":
    asyncio.run(main())
