"""Fetches the timestamp of a channel from the machine that signs it.

Nothing that is fetched is trusted here. `followed_timestamp` decides what becomes of it.
"""

import asyncio
from hashlib import sha256
from typing import Final

import httpx2

from pilookup.errors import PilookupError
from pilookup.protocol.release import TIMESTAMP

FETCH_SECONDS: Final = 3.0
"""Most seconds of one fetch, from the look-up of the name to the last byte."""

TIMESTAMP_BYTES: Final = 64 * 1024
"""The largest timestamp that is accepted. Real ones have less than a kilobyte."""


class FetchError(PilookupError):
    """The timestamp could not be fetched; the text says why."""


class TimestampSource:
    """The timestamp of one channel on another machine. Belongs to one event loop."""

    def __init__(
        self, url: str, channel: str, token: str | None = None, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        """Prepare connections; none is opened before the first fetch.

        Args:
            url: The origin of the machine, https:// or, on this machine, http://.
            channel: The channel.
            token: The bearer token of a closed channel.
            transport: Sends the requests; None: over the network. Tests pass their own.
        """
        headers = {"accept-encoding": "identity", "cache-control": "no-cache"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self._url = f"{url}/v1/channels/{channel}/metadata/{TIMESTAMP}"
        verify = httpx2.create_ssl_context() if url.startswith("https:") else False  # without TLS it has no use
        self._client = httpx2.AsyncClient(
            headers=headers, verify=verify, timeout=None, follow_redirects=False, trust_env=False, transport=transport
        )

    async def fetch(self, known: bytes | None) -> bytes | None:
        """Fetch the timestamp.

        Args:
            known: The timestamp held; None if there is none.

        Returns:
            The timestamp of the other machine, or None if it is the one held.

        Raises:
            FetchError: There was no whole answer within `FETCH_SECONDS`, or it was not a timestamp.
        """
        etag = {"if-none-match": f'"{sha256(known).hexdigest()}"'} if known is not None else {}
        try:
            async with asyncio.timeout(FETCH_SECONDS), self._client.stream("GET", self._url, headers=etag) as answer:
                if answer.status_code == httpx2.codes.NOT_MODIFIED:
                    return None
                if answer.status_code != httpx2.codes.OK:
                    raise FetchError(f"the answer has status {answer.status_code}")
                data = await _read(answer)
        except TimeoutError:
            raise FetchError(f"no answer within {FETCH_SECONDS:g} seconds") from None
        except (httpx2.HTTPError, OSError) as error:
            raise FetchError(f"no answer: {type(error).__name__}: {error}") from None
        return None if data == known else data

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


async def _read(answer: httpx2.Response) -> bytes:
    data = b""
    async for chunk in answer.aiter_raw():
        data += chunk
        if len(data) > TIMESTAMP_BYTES:
            raise FetchError("the answer is too large for a timestamp")
    return data
