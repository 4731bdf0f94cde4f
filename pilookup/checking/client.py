"""The two clients: one supplies what a check needs by blocking calls, the other on an event loop.

The HTTP client and TUF are imported when a client is made, so that `import pilookup` stays light.
"""

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

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
            timeout: seconds that one request may take.
            cache_bytes: bytes of verified buckets to keep in memory.
            region: where numbers without a country code are from (ISO 3166-1 alpha-2).
            insecure: whether http:// is allowed to other hosts than this machine.

        Raises:
            ValueError: an argument is not valid. A channel's name raises the subclass FormatError.
            TrustError: the root or the state directory cannot be used.
        """
        from pilookup.checking import state, transport  # noqa: PLC0415 - see the module's docstring
        from pilookup.checking.trust import Trust, read_root  # noqa: PLC0415

        self._region = _check_region(region)
        if not timeout > 0:
            raise ValueError("timeout: must be above 0")
        base = transport.check_url(url, insecure=insecure)
        self._endpoint = transport.Endpoint(base, check_channel(channel), _check_token(token))
        self._checker = Checker(channel, BucketCache(cache_bytes))
        root = None if trust is None else read_root(trust)
        folder = state.default_directory() if state_dir is None else Path(state_dir)
        kept = state.State(folder, base, channel)
        self._http = transport.Http(self._endpoint, timeout)
        self._trust = Trust(self._http, kept, root)
        self._closed = False
        self._prepare(timeout)

    def _prepare(self, timeout: float) -> None:
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

    def _start(self, texts: list[str], region: str | None) -> Steps[list[Result]]:
        """Start a check; raises RuntimeError, TypeError and ValueError as `check_many` says."""
        if self._closed:
            raise RuntimeError("the client is closed")
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a number to check must be a text")
        return self._checker.check_many(texts, self._region if region is None else _check_region(region))


class Client(_BaseClient):
    """Checks numbers with blocking calls. Threads may share it. A context manager that closes the connections."""

    def check(self, text: str, region: str | None = None) -> Result:
        """Check whether the number in `text` is in the channel's data.

        Whatever goes wrong with the network, the server or the number is an unknown result, not an exception.

        Args:
            text: a phone number as typed.
            region: where a number without a country code is from; default: the client's region.

        Raises:
            TypeError: `text` is not a str.
            ValueError: `region` is not a region.
            RuntimeError: the client is closed.
        """
        return self.check_many([text], region)[0]

    def check_many(self, texts: Iterable[str], region: str | None = None) -> list[Result]:
        """Check many numbers and return their results in the same order.

        A request carries up to 1,000 numbers. If one fails, the numbers of the other requests still get their answers.

        Args:
            texts: phone numbers as typed; not one str.
            region: where numbers without a country code are from; default: the client's region.

        Raises:
            TypeError: `texts` is a str, or holds something else than str.
            ValueError: `region` is not a region.
            RuntimeError: the client is closed.
        """
        steps = self._start(_list_of_texts(texts), region)
        answer: object = None
        while True:
            need = advance(steps, answer)
            if isinstance(need, Done):
                return need.results
            try:
                answer = self._supply(need)
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

    def _supply(self, need: Need) -> object:
        match need:
            case Fresh():
                return self._trust.get(need.stale)
            case Evaluate():
                return self._http.send(self._endpoint.evaluate(need))
            case Fetch():
                return self._fetch(need)
            case Pause():
                time.sleep(need.seconds)
                return None
            case Solve():
                return _solve(need.challenge)

    def _fetch(self, need: Fetch) -> dict[int, bytes | Failure]:
        failures = FailureLimit(MAX_LOST_BUCKETS)

        def body(index: int) -> bytes | Failure:
            ended = failures.ended()
            if ended:
                return ended
            try:
                found = self._http.get(self._endpoint.bucket(need, index))
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

    An asynchronous context manager that closes the connections. Arguments are those of `Client`.
    """

    def _prepare(self, timeout: float) -> None:
        from pilookup.checking.transport import AsyncHttp  # noqa: PLC0415 - see the module's docstring

        self._async_http = AsyncHttp(self._endpoint, timeout)
        self._refreshing = asyncio.Lock()
        self._solving = asyncio.Lock()

    async def check(self, text: str, region: str | None = None) -> Result:
        """Check whether the number in `text` is in the channel's data, as `Client.check` does.

        Raises:
            TypeError: `text` is not a str.
            ValueError: `region` is not a region.
            RuntimeError: the client is closed.
        """
        return (await self.check_many([text], region))[0]

    async def check_many(self, texts: Iterable[str], region: str | None = None) -> list[Result]:
        """Check many numbers and return their results in the same order, as `Client.check_many` does.

        Raises:
            TypeError: `texts` is a str, or holds something else than str.
            ValueError: `region` is not a region.
            RuntimeError: the client is closed.
        """
        asked = _list_of_texts(texts)
        steps = self._start(asked, region)
        many = len(asked) >= OFFLOAD_FROM
        answer: object = None
        while True:
            need = await asyncio.to_thread(advance, steps, answer) if many else advance(steps, answer)
            if isinstance(need, Done):
                return need.results
            try:
                answer = await self._supply(need)
            except Failure as failure:
                answer = failure

    async def close(self) -> None:
        """Close the connections. Later checks raise RuntimeError."""
        self._closed = True
        self._http.close()
        await self._async_http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _supply(self, need: Need) -> object:
        match need:
            case Fresh():
                return await self._fresh(need.stale)
            case Evaluate():
                return await self._async_http.send(self._endpoint.evaluate(need))
            case Fetch():
                return await self._fetch(need)
            case Pause():
                await asyncio.sleep(need.seconds)
                return None
            case Solve():
                async with self._solving:  # one thread at a time, so that a server cannot occupy the whole thread pool
                    return await asyncio.to_thread(_solve, need.challenge)

    async def _fresh(self, stale: TrustedSnapshot | None) -> TrustedSnapshot:
        since = self._trust.attempts
        async with self._refreshing:
            snapshot = self._trust.fresh(stale)
            if snapshot is None:
                snapshot = await asyncio.to_thread(self._trust.refresh, since)
            return snapshot

    async def _fetch(self, need: Fetch) -> dict[int, bytes | Failure]:
        failures = FailureLimit(MAX_LOST_BUCKETS)
        turns = asyncio.Semaphore(MAX_CONNECTIONS)

        async def body(index: int) -> bytes | Failure:
            async with turns:
                ended = failures.ended()
                if ended:
                    return ended
                try:
                    found = await self._async_http.get(self._endpoint.bucket(need, index))
                except Failure as failure:
                    failures.failed(failure)
                    return failure
                failures.succeeded()
                return found

        bodies = await asyncio.gather(*map(body, need.indices))
        return dict(zip(need.indices, bodies, strict=True))


def _solve(challenge: Challenge) -> str:
    """Return the proof of work for a challenge; raises Failure if it would take too long."""
    proof_of_work = challenge.solve()
    if proof_of_work is None:
        raise Failure(Reason.RATE_LIMITED)
    return proof_of_work


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
