"""Parts of a request, read directly from ASGI. For the evaluate route, Starlette's request objects cost too much."""

import re
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

_EPOCH: Final = re.compile(rb"epoch=([0-9]+)")


def header(scope: Scope, name: bytes) -> bytes | None:
    """The value of the first header `name` (in lower case); None if there is none."""
    headers: Any = scope["headers"]
    for key, value in headers:
        if key == name:
            return bytes(value)
    return None


def query_epoch(scope: Scope) -> str:
    """The value of `epoch` in the query, unparsed; empty if there is none, or more than one."""
    query: bytes = scope["query_string"]
    match = _EPOCH.fullmatch(query)
    if match:
        return match[1].decode()
    values = QueryParams(query).getlist("epoch")
    return values[0] if len(values) == 1 else ""


async def read_body(receive: Receive) -> bytes:
    """Read the whole body. The middleware limits its size and duration.

    Raises:
        ClientDisconnect: The client closed the connection.
        ProblemError: 413 if the body is larger than the middleware allows.
    """
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
