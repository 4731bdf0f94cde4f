"""The asynchronous client: supplies what a check needs on an event loop, and in threads of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Self, TypeVar

from pilookup.checking.base_client import MAX_LOST_BUCKETS, BaseClient, list_of_texts, solve
from pilookup.checking.check import Done, Evaluate, Fetch, Fresh, Need, Pause, Solve, TrustedSnapshot, advance
from pilookup.checking.deadline import Deadline
from pilookup.checking.forks import renew_in_children
from pilookup.checking.result import Failure, Result
from pilookup.checking.retries import MAX_CONNECTIONS, FailureLimit
from pilookup.protocol.cases import CaseDetails
from pilookup.protocol.proof_of_work import Challenge

OFFLOAD_FROM = 64
"""Number of texts from which `AsyncClient` does the arithmetic in a thread, so that the event loop is not held up."""

MAX_THREADS = 4
"""Maximum number of an `AsyncClient`'s own threads. One refreshes trust and one solves a challenge, at most; the others
do arithmetic. None of them belongs to the event loop's default executor."""

REPORT_SECONDS = 0.05
"""Seconds after its deadline in which a refresh, which ends then by itself, can still say why it failed."""

_T = TypeVar("_T")


class AsyncClient(BaseClient):
    """Checks numbers on one event loop. Concurrent checks share connections, cached buckets and trust.

    An asynchronous context manager that closes the connections. Arguments are those of `Client`, and as there a child
    may go on after `os.fork`, on an event loop of its own. What blocks runs in threads of the client; the threads of
    the event loop's default executor are the application's.
    """

    def _prepare(self) -> None:
        from pilookup.checking.transport import AsyncHttp  # noqa: PLC0415 - see `base_client`

        self._async_http = AsyncHttp(self._endpoint, self._http.quota_warnings)
        self.renew_after_fork()
        renew_in_children(self)

    def renew_after_fork(self) -> None:
        """Replace the threads and the locks, in a child after a fork."""
        self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="pilookup")
        self._refreshing: Future[TrustedSnapshot | Failure] | None = None
        self._solving = asyncio.Lock()

    async def check(self, text: str, region: str | None = None, *, timeout: float | None = None) -> Result:  # noqa: ASYNC109 - a result is returned, unlike from asyncio.timeout
        """Check whether the number in `text` is in the channel's data, as `Client.check` does.

        Raises:
            TypeError: `text` is not a str.
            ValueError: `region` is not a region, or `timeout` is not above 0.
            RuntimeError: the client is closed.
        """
        return (await self.check_many([text], region, timeout=timeout))[0]

    async def check_many(
        self,
        texts: Iterable[str],
        region: str | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as in `check`
    ) -> list[Result]:
        """Check many numbers and return their results in the same order, as `Client.check_many` does.

        Raises:
            TypeError: `texts` is a str, or holds something else than str.
            ValueError: `region` is not a region, or `timeout` is not above 0.
            RuntimeError: the client is closed.
        """
        deadline = self._deadline(timeout)
        asked = list_of_texts(texts)
        steps = self._start(asked, region)
        many = len(asked) >= OFFLOAD_FROM
        answer: object = None
        while True:
            need = await self._in_thread(partial(advance, steps, answer)) if many else advance(steps, answer)
            if isinstance(need, Done):
                return need.results
            try:
                answer = await self._supply(need, deadline)
            except Failure as failure:
                answer = failure

    async def case_details(self, *, timeout: float | None = None) -> Mapping[int, CaseDetails]:  # noqa: ASYNC109 - as in `check`
        """What the channel says further about its cases, by the id of `Result.cases`, as `Client.case_details` does.

        Raises:
            ValueError: `timeout` is not above 0.
            RuntimeError: the client is closed.
        """
        self._check_open()
        deadline = self._deadline(timeout)
        try:
            snapshot = await self._fresh(None, deadline)
            known, call = self._known_details(snapshot), self._details_call(snapshot)
            if known is not None or call is None:
                return known or {}
            return self._details(snapshot, await self._async_http.get(call, deadline))
        except Failure:
            return {}

    async def close(self) -> None:
        """Close the connections. Later checks raise RuntimeError."""
        self._closed = True
        self._http.close()
        self._threads.shutdown(wait=False)
        await self._async_http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        """Run blocking work in a thread of the client. If the caller is cancelled, the work goes on to its end."""
        return await asyncio.wrap_future(self._threads.submit(work))

    async def _supply(self, need: Need, deadline: Deadline) -> object:
        match need:
            case Fresh():
                return await self._fresh(need.stale, deadline)
            case Evaluate():
                return await self._async_http.send(self._endpoint.evaluate(need), deadline)
            case Fetch():
                many = len(need.indices) >= OFFLOAD_FROM
                local = await self._in_thread(partial(self._local, need)) if many else self._local(need)
                return local or await self._fetch(need, deadline)
            case Pause():
                await asyncio.sleep(min(need.seconds, deadline.left()))
                return None
            case Solve():
                return await self._solve(need.challenge, deadline)

    async def _fresh(self, stale: TrustedSnapshot | None, deadline: Deadline) -> TrustedSnapshot:
        """Return a fresh snapshot. Checks that need one at the same time wait for the same refresh."""
        from pilookup.checking.async_network import outcome_of  # noqa: PLC0415 - see `base_client`
        from pilookup.checking.transport import ending  # noqa: PLC0415 - see `base_client`

        while True:
            snapshot = self._trust.fresh(stale)
            if snapshot is not None:
                return snapshot
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = self._threads.submit(self._refresh, self._trust.attempts, deadline)
            async with ending(deadline.later(REPORT_SECONDS)):
                outcome = await outcome_of(self._refreshing)
            if not isinstance(outcome, Failure):
                return outcome
            if not self._trust.ended_early(deadline):
                raise outcome.without_traceback()

    def _refresh(self, since: int, deadline: Deadline) -> TrustedSnapshot | Failure:
        try:
            return self._trust.refresh(since, deadline)
        except Failure as failure:
            return failure

    async def _solve(self, challenge: Challenge, deadline: Deadline) -> str:
        """Solve a challenge in a thread, one at a time, so that a server cannot occupy all threads."""
        from pilookup.checking.transport import ending  # noqa: PLC0415 - see `base_client`

        given_up = threading.Event()
        async with ending(deadline):
            await self._solving.acquire()
        try:
            return await self._in_thread(lambda: solve(challenge, lambda: given_up.is_set() or deadline.over()))
        finally:
            given_up.set()
            self._solving.release()

    async def _fetch(self, need: Fetch, deadline: Deadline) -> dict[int, bytes | Failure]:
        failures = FailureLimit(MAX_LOST_BUCKETS)
        turns = asyncio.Semaphore(MAX_CONNECTIONS)

        async def body(index: int) -> bytes | Failure:
            async with turns:
                ended = failures.ended()
                if ended:
                    return ended
                try:
                    found = await self._async_http.get(self._endpoint.bucket(need, index), deadline)
                except Failure as failure:
                    failures.failed(failure)
                    return failure
                failures.succeeded()
                return found

        bodies = await asyncio.gather(*map(body, need.indices))
        return dict(zip(need.indices, bodies, strict=True))
