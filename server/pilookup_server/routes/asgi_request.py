"""What a request brings along, read straight from ASGI: Starlette's objects for it cost more than they give here."""

import re
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

_EPOCH: Final = re.compile(rb"epoch=([0-9]+)")


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that name (lower case)."""
    headers: Any = scope["headers"]
    for key, value in headers:
        if key == name:
            return bytes(value)
    return None


def query_epoch(scope: Scope) -> str:
    """The query's `epoch` as it is written, empty where there is none."""
    query: bytes = scope["query_string"]
    match = _EPOCH.fullmatch(query)
    return match[1].decode() if match else QueryParams(query).get("epoch", "")


async def read_body(receive: Receive) -> bytes:
    """The whole body; how long it may be and take is the middleware's to say. Raises ClientDisconnect."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
