"""The fake clients: the methods of the real ones, with answers from memory."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Self

from pilookup.checking.base_client import check_region, check_texts, check_timeout, list_of_texts
from pilookup.checking.result import Result
from pilookup.protocol.cases import CaseDetails
from pilookup.protocol.label import Profile
from pilookup.protocol.manifest import Case, Manifest
from pilookup.protocol.names import PLATFORM, PUBLIC
from pilookup.testing.answers import Answers, SlowResult
from pilookup.testing.synthetic_numbers import CASE_DETAILS, CASES


class _FakeBase:
    """What both fake clients share: arguments, answers, and the count of calls."""

    def __init__(
        self,
        answers: Mapping[str, Result | SlowResult] | None = None,
        *,
        channel: str = PLATFORM,
        timeout: float = 10.0,
        region: str = "CN",
        quota_warnings: Mapping[str, int] | None = None,
    ) -> None:
        if channel not in (PUBLIC, PLATFORM):
            raise ValueError("channel: public or platform")
        self._answers = Answers(answers or {}, Profile.COARSE if channel == PUBLIC else Profile.EXACT)
        self._timeout = check_timeout(timeout)
        self._region = check_region(region)
        self._quota_warnings = dict(quota_warnings or {})
        self._closed = False
        self.calls = 0
        """Number of calls of `check` and `check_many` that were answered."""

    @property
    def manifest(self) -> Manifest | None:
        """None: a fake client has no snapshot."""
        return None

    @property
    def catalogue(self) -> tuple[Case, ...]:
        """The fictional datasets that the fixed answers name."""
        return CASES

    @property
    def quota_warnings(self) -> Mapping[str, int]:
        """What the fake client was made with, as `Client.quota_warnings` returns what a server says."""
        return dict(self._quota_warnings)

    def _details(self, timeout: float | None) -> Mapping[int, CaseDetails]:
        """Return the details of the fictional datasets; raises what `Client.case_details` raises."""
        if timeout is not None:
            check_timeout(timeout)
        if self._closed:
            raise RuntimeError("the client is closed")
        return CASE_DETAILS

    def _answer(self, texts: Iterable[str], region: str | None, timeout: float | None) -> tuple[float, list[Result]]:
        """Return the seconds to wait and the results; raises what `Client.check_many` raises, and RealNumberError."""
        seconds = self._timeout if timeout is None else check_timeout(timeout)
        asked = list_of_texts(texts)
        if self._closed:
            raise RuntimeError("the client is closed")
        check_texts(asked)
        outcome = self._answers.of(asked, self._region if region is None else check_region(region), seconds)
        self.calls += 1
        return outcome


class FakeClient(_FakeBase):
    """Answers as `pilookup.Client` does, from memory, without network, trust or keys.

    Every `SyntheticNumber` has its answer, other numbers with the prefix 154 are not found, and a text that is not a
    number is unknown with the reason `invalid_number`. For every other number that no answer was given for, `check`
    raises RealNumberError.
    """

    def __init__(
        self,
        answers: Mapping[str, Result | SlowResult] | None = None,
        *,
        channel: str = PLATFORM,
        timeout: float = 10.0,
        region: str = "CN",
        quota_warnings: Mapping[str, int] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make a fake client.

        Args:
            answers: own answers by number, which take precedence over the fixed ones.
            channel: the channel whose exactness the fixed answers have, `platform` (exact) or `public` (coarse).
            timeout: seconds that one call may take; slower answers are `unreachable`.
            region: where numbers without a country code are from (ISO 3166-1 alpha-2).
            quota_warnings: percent by purpose that `quota_warnings` returns, such as `{"signup": 83}`.
            sleep: waits for the seconds that it is given; a test may pass one that does not.

        Raises:
            ValueError: an argument is not valid, or a key of `answers` is not a phone number.
        """
        super().__init__(answers, channel=channel, timeout=timeout, region=region, quota_warnings=quota_warnings)
        self._sleep = sleep

    def case_details(self, *, timeout: float | None = None) -> Mapping[int, CaseDetails]:
        """The details of the fictional datasets, as `Client.case_details` returns those of a channel."""
        return self._details(timeout)

    def check(self, text: str, region: str | None = None, *, timeout: float | None = None) -> Result:
        """Answer one number, as `Client.check` does; raises RealNumberError in addition."""
        return self.check_many([text], region, timeout=timeout)[0]

    def check_many(
        self, texts: Iterable[str], region: str | None = None, *, timeout: float | None = None
    ) -> list[Result]:
        """Answer many numbers, as `Client.check_many` does; raises RealNumberError in addition."""
        wait, results = self._answer(texts, region, timeout)
        if wait:
            self._sleep(wait)
        return results

    def close(self) -> None:
        """Later checks raise RuntimeError."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FakeAsyncClient(_FakeBase):
    """Answers as `pilookup.AsyncClient` does. The answers are those of `FakeClient`."""

    def __init__(
        self,
        answers: Mapping[str, Result | SlowResult] | None = None,
        *,
        channel: str = PLATFORM,
        timeout: float = 10.0,
        region: str = "CN",
        quota_warnings: Mapping[str, int] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Make a fake client. Arguments and errors are those of `FakeClient`; `sleep` is awaited."""
        super().__init__(answers, channel=channel, timeout=timeout, region=region, quota_warnings=quota_warnings)
        self._sleep = sleep

    async def case_details(self, *, timeout: float | None = None) -> Mapping[int, CaseDetails]:  # noqa: ASYNC109 - as in AsyncClient
        """The details of the fictional datasets, as `AsyncClient.case_details` returns those of a channel."""
        return self._details(timeout)

    async def check(self, text: str, region: str | None = None, *, timeout: float | None = None) -> Result:  # noqa: ASYNC109 - as in AsyncClient
        """Answer one number, as `AsyncClient.check` does; raises RealNumberError in addition."""
        return (await self.check_many([text], region, timeout=timeout))[0]

    async def check_many(
        self,
        texts: Iterable[str],
        region: str | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as in AsyncClient
    ) -> list[Result]:
        """Answer many numbers, as `AsyncClient.check_many` does; raises RealNumberError in addition."""
        wait, results = self._answer(texts, region, timeout)
        if wait:
            await self._sleep(wait)
        return results

    async def close(self) -> None:
        """Later checks raise RuntimeError."""
        self._closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
