"""The interfaces of the two clients, which the fake clients of `pilookup.testing` have too."""

from collections.abc import Iterable, Mapping
from typing import Protocol, Self

from pilookup.checking.result import Result
from pilookup.protocol.cases import CaseDetails
from pilookup.protocol.manifest import Case, Manifest


class NumberChecker(Protocol):
    """What checks numbers with blocking calls: `pilookup.Client`, or `pilookup.testing.FakeClient`."""

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the newest trusted snapshot, or None."""

    @property
    def catalogue(self) -> tuple[Case, ...]:
        """The datasets of the newest trusted snapshot."""

    @property
    def quota_warnings(self) -> Mapping[str, int]:
        """Quotas that are nearly used up: percent by purpose, as `pilookup.Client.quota_warnings` says."""

    def case_details(self, *, timeout: float | None = None) -> Mapping[int, CaseDetails]:
        """What the channel says further about its cases, as `pilookup.Client.case_details` does."""

    def check(self, text: str, region: str | None = None, *, timeout: float | None = None) -> Result:
        """Check one number, as `pilookup.Client.check` does."""

    def check_many(
        self, texts: Iterable[str], region: str | None = None, *, timeout: float | None = None
    ) -> list[Result]:
        """Check many numbers, as `pilookup.Client.check_many` does."""

    def close(self) -> None:
        """Close the connections. Later checks raise RuntimeError."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class AsyncNumberChecker(Protocol):
    """What checks numbers on an event loop: `pilookup.AsyncClient`, or `pilookup.testing.FakeAsyncClient`."""

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the newest trusted snapshot, or None."""

    @property
    def catalogue(self) -> tuple[Case, ...]:
        """The datasets of the newest trusted snapshot."""

    @property
    def quota_warnings(self) -> Mapping[str, int]:
        """Quotas that are nearly used up: percent by purpose, as `pilookup.AsyncClient.quota_warnings` says."""

    async def case_details(self, *, timeout: float | None = None) -> Mapping[int, CaseDetails]:  # noqa: ASYNC109 - as in AsyncClient
        """What the channel says further about its cases, as `pilookup.AsyncClient.case_details` does."""

    async def check(self, text: str, region: str | None = None, *, timeout: float | None = None) -> Result:  # noqa: ASYNC109 - as in AsyncClient
        """Check one number, as `pilookup.AsyncClient.check` does."""

    async def check_many(
        self,
        texts: Iterable[str],
        region: str | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as in AsyncClient
    ) -> list[Result]:
        """Check many numbers, as `pilookup.AsyncClient.check_many` does."""

    async def close(self) -> None:
        """Close the connections. Later checks raise RuntimeError."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...
