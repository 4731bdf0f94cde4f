"""The blocking client: supplies what a check needs by blocking calls."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from pilookup.checking.base_client import MAX_LOST_BUCKETS, BaseClient, list_of_texts, solve
from pilookup.checking.check import Done, Evaluate, Fetch, Fresh, Need, Pause, Solve, advance
from pilookup.checking.deadline import Deadline
from pilookup.checking.result import Failure, Result
from pilookup.checking.retries import MAX_CONNECTIONS, FailureLimit
from pilookup.protocol.cases import CaseDetails


class Client(BaseClient):
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

        A request carries up to 1,000 numbers, or as many as the server takes. If one fails, the numbers of the other
        requests still get their answers.
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
        steps = self._start(list_of_texts(texts), region)
        answer: object = None
        while True:
            need = advance(steps, answer)
            if isinstance(need, Done):
                return need.results
            try:
                answer = self._supply(need, deadline)
            except Failure as failure:
                answer = failure

    def case_details(self, *, timeout: float | None = None) -> Mapping[int, CaseDetails]:
        """What the channel says further about its cases, by the id of `Result.cases`: how to appeal, for instance.

        Details are fetched once for each snapshot, and are verified against the signed manifest.

        Args:
            timeout: seconds that this call may take; default: the client's timeout.

        Returns:
            The details by case id; empty if there are none, or if they cannot be fetched or are not valid.

        Raises:
            ValueError: `timeout` is not above 0.
            RuntimeError: the client is closed.
        """
        self._check_open()
        deadline = self._deadline(timeout)
        try:
            snapshot = self._trust.get(None, deadline)
            known, call = self._known_details(snapshot), self._details_call(snapshot)
            if known is not None or call is None:
                return known or {}
            return self._details(snapshot, self._http.get(call, deadline))
        except Failure:
            return {}

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
                return self._local(need) or self._fetch(need, deadline)
            case Pause():
                time.sleep(min(need.seconds, deadline.left()))
                return None
            case Solve():
                return solve(need.challenge, deadline.over)

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
