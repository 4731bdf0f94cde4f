"""One request of a platform to a server, with its key and a small JSON object, and a small answer."""

from typing import Final

import httpx2

from pilookup.checking.bounded_transport import BoundedTransport
from pilookup.checking.connect_errors import ERRORS
from pilookup.checking.deadline import Deadline
from pilookup.errors import PilookupError

TIMEOUT_SECONDS: Final = 20.0
"""Most seconds for the whole exchange."""
_MAX_BYTES: Final = 1 << 16


def exchange(
    method: str,
    url: str,
    token: str,
    content: bytes | None,
    timeout: float,
    transport: httpx2.BaseTransport | None,
    failure: type[PilookupError],
) -> tuple[int, bytes]:
    """Send a request and read its answer, following no redirect.

    Args:
        method: The method.
        url: The address.
        token: The platform's key.
        content: What to send; None: nothing.
        timeout: Most seconds for the whole exchange.
        transport: Sends the request; None: over the network, where `timeout` holds however slowly the server answers.
        failure: The error to raise.

    Returns:
        The status of the answer, and its content.

    Raises:
        PilookupError: As `failure`: the server did not answer in time, or with too much. The text repeats neither key
            nor content.
        ValueError, MissingExtraError: The environment names a proxy that cannot be used.
    """
    way = transport or BoundedTransport(url, Deadline.after(timeout))
    headers = {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
    if content is not None:
        headers["content-type"] = "application/json"
    data = b""
    try:
        with (
            httpx2.Client(timeout=None, follow_redirects=False, transport=way) as client,
            client.stream(method, url, headers=headers, content=content) as answer,
        ):
            for chunk in answer.iter_raw():
                data += chunk
                if len(data) > _MAX_BYTES:
                    raise failure("the answer is too large; this is another server")
            return answer.status_code, data
    except (*ERRORS, httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeEncodeError) as error:
        raise failure(f"the server did not answer ({type(error).__name__}); send it again") from None
