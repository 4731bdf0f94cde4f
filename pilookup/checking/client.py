"""The two clients: what a check needs, supplied by blocking calls or by an event loop.

Nothing here imports an HTTP client or TUF before a client is made: `import pilookup` stays light.
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
"""So many buckets lost one after another end a fetch."""

OFFLOAD_FROM = 64
"""From so many numbers on, an event loop has the arithmetic done in a thread."""


class _BaseClient:
    """What both clients are made of: one channel's trust, cache and check."""

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
        """Ask `url` about a channel; nothing is sent before the first check.

        `trust` is the channel's root to pin, a file or its bytes. Without it the first one is remembered,
        with a `TrustOnFirstUse` warning. `state_dir` (`$XDG_STATE_HOME/pilookup`) keeps what must outlive
        the process to notice a roll-back; processes may share it. `token` is the bearer token of a closed
        channel. `timeout` is in seconds, for one request. `cache_bytes` bounds the verified buckets kept in
        memory. `region` (ISO 3166-1 alpha-2) is where numbers without a country code are from. `insecure`
        lets http:// go to other hosts than this one.

        Raises ValueError for an argument that cannot be meant, TrustError for a root or a state directory
        that cannot be used.
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
        """Make what one of the two clients needs besides: both share this constructor and its signature."""

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the snapshot last trusted; None before the first check."""
        current = self._trust.current
        return current.manifest if current else None

    @property
    def catalogue(self) -> tuple[Case, ...]:
        """The datasets that snapshot tells of; empty before the first check."""
        return self.manifest.datasets if self.manifest else ()

    def _start(self, texts: list[str], region: str | None) -> Steps[list[Result]]:
        if self._closed:
            raise RuntimeError("the client is closed")
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a number to check must be a text")
        return self._checker.check_many(texts, self._region if region is None else _check_region(region))


class Client(_BaseClient):
    """Checks numbers with blocking calls; may be shared by threads. A context manager."""

    def check(self, text: str, region: str | None = None) -> Result:
        """Whether the number in `text` is in the channel's data; raises for misuse only."""
        return self.check_many([text], region)[0]

    def check_many(self, texts: Iterable[str], region: str | None = None) -> list[Result]:
        """The results in the texts' order, a thousand a request; a lost batch takes no other with it."""
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
        """Close the connections; the client answers no more."""
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
    """Checks numbers on one event loop; concurrent checks share connections, buckets and trust."""

    def _prepare(self, timeout: float) -> None:
        from pilookup.checking.transport import AsyncHttp  # noqa: PLC0415 - see the module's docstring

        self._async_http = AsyncHttp(self._endpoint, timeout)
        self._refreshing = asyncio.Lock()
        self._solving = asyncio.Lock()

    async def check(self, text: str, region: str | None = None) -> Result:
        """Whether the number in `text` is in the channel's data; raises for misuse only."""
        return (await self.check_many([text], region))[0]

    async def check_many(self, texts: Iterable[str], region: str | None = None) -> list[Result]:
        """The results in the texts' order, a thousand a request; a lost batch takes no other with it."""
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
        """Close the connections; the client answers no more."""
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
                async with self._solving:  # one thread at a time: a server may not take them all
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
    """The proof; raises Failure for a challenge that would take too long."""
    proof_of_work = challenge.solve()
    if proof_of_work is None:
        raise Failure(Reason.RATE_LIMITED)
    return proof_of_work


def _list_of_texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str | bytes):
        raise TypeError("check_many takes several texts; check takes one")
    return list(texts)


def _check_region(region: str) -> str:
    # Asking loads the tables of every country, which checks of mainland numbers do without.
    if region != "CN" and not is_region(region):
        raise ValueError("region: not an ISO 3166-1 alpha-2 code")
    return region


def _check_token(token: str | None) -> str | None:
    if token is not None and not (token.isascii() and token.isprintable() and token and " " not in token):
        raise ValueError("token: not a bearer token")
    return token
