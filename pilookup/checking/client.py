"""The two clients: one supplies what a check needs by blocking calls, the other on an event loop.

The HTTP client and TUF are imported when a client is made, so that `import pilookup` stays light.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from pilookup.checking.bucket_cache import DEFAULT_BYTES, BucketCache
from pilookup.checking.check import (
    Checker,
    Done,
    Evaluate,
    Fetch,
    Fresh,
    Need,
    Pause,
    Solve,
    Steps,
    TrustedSnapshot,
    advance,
)
from pilookup.checking.deadline import Deadline
from pilookup.checking.forks import renew_in_children
from pilookup.checking.result import Failure, Reason, Result
from pilookup.checking.retries import MAX_CONNECTIONS, FailureLimit
from pilookup.identifier import is_region
from pilookup.protocol.manifest import Case, Manifest
from pilookup.protocol.names import PUBLIC, check_channel
from pilookup.protocol.proof_of_work import Challenge

MAX_LOST_BUCKETS = 3
"""Number of consecutive buckets that could not be fetched after which a fetch is abandoned."""

OFFLOAD_FROM = 64
"""Number of texts from which `AsyncClient` does the arithmetic in a thread, so that the event loop is not held up."""

MAX_THREADS = 4
"""Maximum number of an `AsyncClient`'s own threads. One refreshes trust and one solves a challenge, at most; the others
do arithmetic. None of them belongs to the event loop's default executor."""

REPORT_SECONDS = 0.05
"""Seconds after its deadline in which a refresh, which ends then by itself, can still say why it failed."""

MAX_TIMEOUT = 1_000_000
"""The longest timeout, in seconds: operating systems take no time without bounds."""

_T = TypeVar("_T")


class _BaseClient:
    """What both clients share: the constructor, and one channel's trust, cache and checker."""

    def __init__(
        self,
        url: str,
        channel: str = PUBLIC,
        trust: str | Path | bytes | None = None,
        state_dir: str | Path | None = None,
        *,
        token: str | None = None,
        timeout: float = 10.0,
        cache_bytes: int = DEFAULT_BYTES,
        region: str = "CN",
        insecure: bool = False,
    ) -> None:
        """Make a client of one channel. Nothing is sent before the first check.

        Args:
            url: the server's base URL, https:// (http:// to this machine only).
            channel: the channel to check, `public` or `platform`.
            trust: the channel's root to pin, as the path of a trust file or its bytes. Without it, the root of the
                first contact is remembered, with a `TrustOnFirstUse` warning.
            state_dir: directory of what must outlive the process to detect a rollback; processes may share it. Default:
                `$XDG_STATE_HOME/pilookup`.
            token: the bearer token of a closed channel.
            timeout: seconds that one call of `check` or `check_many` may take, with everything it does: waiting for
                locks, name look-ups, TLS, each byte of each answer, retries and proof of work.
            cache_bytes: bytes of verified buckets to keep in memory.
            region: where numbers without a country code are from (ISO 3166-1 alpha-2).
            insecure: whether http:// is allowed to other hosts than this machine.

        Raises:
            ValueError: an argument, or the proxy that the environment names, is not valid. A channel's name raises the
                subclass FormatError.
            TrustError: the root or the state directory cannot be used.
            MissingExtraError: the environment names a SOCKS proxy, and the extra `socks` is not installed.
        """
        from pilookup.checking import requests, state, transport  # noqa: PLC0415 - see the module's docstring
        from pilookup.checking.trust import Trust, read_root  # noqa: PLC0415

        self._region = _check_region(region)
        self._timeout = _check_timeout(timeout)
        base = requests.check_url(url, insecure=insecure)
        self._endpoint = requests.Endpoint(base, check_channel(channel), _check_token(token))
        self._checker = Checker(channel, BucketCache(cache_bytes))
        root = None if trust is None else read_root(trust)
        folder = state.default_directory() if state_dir is None else Path(state_dir)
        kept = state.State(folder, base, channel)
        self._http = transport.Http(self._endpoint)
        self._trust = Trust(self._http, kept, root)
        self._closed = False
        self._prepare()

    def _prepare(self) -> None:
        """Make what a subclass needs in addition; called at the end of the constructor, which both clients share."""

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the newest trusted snapshot, or None before the first check."""
        current = self._trust.current
        return current.manifest if current else None

    @property
    def catalogue(self) -> tuple[Case, ...]:
        """The datasets of the newest trusted snapshot, or an empty tuple before the first check."""
        return self.manifest.datasets if self.manifest else ()

    def _deadline(self, timeout: float | None) -> Deadline:
        """Return the deadline of a call that starts now; raises ValueError unless `timeout` is above 0."""
        return Deadline.after(self._timeout if timeout is None else _check_timeout(timeout))

    def _start(self, texts: list[str], region: str | None) -> Steps[list[Result]]:
        """Start a check; raises RuntimeError, TypeError and ValueError as `check_many` says."""
        if self._closed:
            raise RuntimeError("the client is closed")
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a number to check must be a text")
        return self._checker.check_many(texts, self._region if region is None else _check_region(region))


class Client(_BaseClient):
    """Checks numbers with blocking calls. Threads may share it. A context manager that closes the connections.

    A client that was made before `os.fork` may be used in the parent and in its children; each child makes connections
    of its own.
    """

    def check(self, text: str, region: str | None = None, *, timeout: float | None = None) -> Result:
        """Check whether the number in `text` is in the channel's data.

        Whatever goes wrong with the network, the server or the number is an unknown result, not an exception.

        Args:
            text: a phone number as typed.
            region: where a number without a country code is from; default: the client's region.
            timeout: seconds that this call may take; default: the client's timeout.

        Raises:
            TypeError: `text` is not a str.
            ValueError: `region` is not a region, or `timeout` is not above 0.
            RuntimeError: the client is closed.
        """
        return self.check_many([text], region, timeout=timeout)[0]

    def check_many(
        self, texts: Iterable[str], region: str | None = None, *, timeout: float | None = None
    ) -> list[Result]:
        """Check many numbers and return their results in the same order.

        A request carries up to 1,000 numbers. If one fails, the numbers of the other requests still get their answers.
        When the time is over, the numbers that have no answer yet are `unreachable`; many numbers need a longer time.

        Args:
            texts: phone numbers as typed; not one str.
            region: where numbers without a country code are from; default: the client's region.
            timeout: seconds that this call may take, whatever the number of texts; default: the client's timeout.

        Raises:
            TypeError: `texts` is a str, or holds something else than str.
            ValueError: `region` is not a region, or `timeout` is not above 0.
            RuntimeError: the client is closed.
        """
        deadline = self._deadline(timeout)
        steps = self._start(_list_of_texts(texts), region)
        answer: object = None
        while True:
            need = advance(steps, answer)
            if isinstance(need, Done):
                return need.results
            try:
                answer = self._supply(need, deadline)
            except Failure as failure:
                answer = failure

    def close(self) -> None:
        """Close the connections. Later checks raise RuntimeError."""
        self._closed = True
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _supply(self, need: Need, deadline: Deadline) -> object:
        match need:
            case Fresh():
                return self._trust.get(need.stale, deadline)
            case Evaluate():
                return self._http.send(self._endpoint.evaluate(need), deadline)
            case Fetch():
                return self._fetch(need, deadline)
            case Pause():
                time.sleep(min(need.seconds, deadline.left()))
                return None
            case Solve():
                return _solve(need.challenge, deadline.over)

    def _fetch(self, need: Fetch, deadline: Deadline) -> dict[int, bytes | Failure]:
        failures = FailureLimit(MAX_LOST_BUCKETS)

        def body(index: int) -> bytes | Failure:
            ended = failures.ended()
            if ended:
                return ended
            try:
                found = self._http.get(self._endpoint.bucket(need, index), deadline)
            except Failure as failure:
                failures.failed(failure)
                return failure
            failures.succeeded()
            return found

        if len(need.indices) == 1:
            return {index: body(index) for index in need.indices}
        with ThreadPoolExecutor(min(MAX_CONNECTIONS, len(need.indices))) as pool:
            return dict(zip(need.indices, pool.map(body, need.indices), strict=True))


class AsyncClient(_BaseClient):
    """Checks numbers on one event loop. Concurrent checks share connections, cached buckets and trust.

    An asynchronous context manager that closes the connections. Arguments are those of `Client`, and as there a child
    may go on after `os.fork`, on an event loop of its own. What blocks runs in threads of the client; the threads of
    the event loop's default executor are the application's.
    """

    def _prepare(self) -> None:
        from pilookup.checking.transport import AsyncHttp  # noqa: PLC0415 - see the module's docstring

        self._async_http = AsyncHttp(self._endpoint)
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
        asked = _list_of_texts(texts)
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
                return await self._fetch(need, deadline)
            case Pause():
                await asyncio.sleep(min(need.seconds, deadline.left()))
                return None
            case Solve():
                return await self._solve(need.challenge, deadline)

    async def _fresh(self, stale: TrustedSnapshot | None, deadline: Deadline) -> TrustedSnapshot:
        """Return a fresh snapshot. Checks that need one at the same time wait for the same refresh."""
        from pilookup.checking.transport import ending, outcome_of  # noqa: PLC0415 - see the module's docstring

        snapshot = self._trust.fresh(stale)
        if snapshot is not None:
            return snapshot
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = self._threads.submit(self._refresh, self._trust.attempts, deadline)
        async with ending(deadline.later(REPORT_SECONDS)):
            outcome = await outcome_of(self._refreshing)
        if isinstance(outcome, Failure):
            raise outcome.without_traceback()
        return outcome

    def _refresh(self, since: int, deadline: Deadline) -> TrustedSnapshot | Failure:
        try:
            return self._trust.refresh(since, deadline)
        except Failure as failure:
            return failure

    async def _solve(self, challenge: Challenge, deadline: Deadline) -> str:
        """Solve a challenge in a thread, one at a time, so that a server cannot occupy all threads."""
        from pilookup.checking.transport import ending  # noqa: PLC0415 - see the module's docstring

        given_up = threading.Event()
        async with ending(deadline):
            await self._solving.acquire()
        try:
            return await self._in_thread(lambda: _solve(challenge, lambda: given_up.is_set() or deadline.over()))
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


def _solve(challenge: Challenge, give_up: Callable[[], bool]) -> str:
    """Return the proof of work for a challenge; raises Failure if it takes too long."""
    proof_of_work = challenge.solve(give_up)
    if proof_of_work is None:
        raise Failure(Reason.RATE_LIMITED, detail="the server's proof of work takes longer than this call may")
    return proof_of_work


def _check_timeout(timeout: float) -> float:
    if not 0 < timeout <= MAX_TIMEOUT:
        raise ValueError(f"timeout: must be above 0 and at most {MAX_TIMEOUT:,} seconds")
    return timeout


def _list_of_texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str | bytes):
        raise TypeError("check_many takes several texts; check takes one")
    return list(texts)


def _check_region(region: str) -> str:
    # is_region loads libphonenumber's tables, which checks of mainland numbers do not need.
    if region != "CN" and not is_region(region):
        raise ValueError("region: not an ISO 3166-1 alpha-2 code")
    return region


def _check_token(token: str | None) -> str | None:
    if token is not None and not (token.isascii() and token.isprintable() and token and " " not in token):
        raise ValueError("token: not a bearer token")
    return token
