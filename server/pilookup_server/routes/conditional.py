"""Cacheable responses, with entity tags and ranges (RFC 9110 sections 8.8.3, 13.1.2 and 14)."""

import re
from collections.abc import AsyncIterator
from typing import Final

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pilookup.protocol.messages import OCTETS
from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError
from pilookup_server.release.verified_file import VerifiedFile

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""Cache-Control of a resource that never changes."""

PRIVATE: Final = "private, max-age=31536000, immutable"
"""The same, if a token is needed: a shared cache must not answer without checking the token."""

CHUNK: Final = 32 * 1024
"""Bytes of a file that are read and sent at a time. A caller who does not read makes the server hold two of them."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def bytes_response(request: Request, data: bytes, etag: str, cache: str, media_type: str = OCTETS) -> Response:
    """A response with all of `data`, or 304 if the caller already has it.

    Args:
        request: The request, whose If-None-Match is compared.
        data: The body.
        etag: Its entity tag, with quotation marks.
        cache: The value of Cache-Control.
        media_type: The media type of the body.
    """
    headers = {"etag": etag, "cache-control": cache}
    if _matches(request.headers, etag):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


def file_response(request: Request, file: VerifiedFile, cache: str, media_type: str) -> Response:
    """A response that streams a file or one range of it, or 304 if the caller already has it.

    A request for several ranges, or for a range of another version (If-Range), gets the whole file, as RFC 9110 allows.

    Args:
        request: The request.
        file: The file.
        cache: The value of Cache-Control.
        media_type: The media type of the file.

    Raises:
        ProblemError: 416 if the range begins beyond the end of the file.
    """
    etag, size = f'"{file.ref.sha256}"', file.ref.size
    headers = {"etag": etag, "cache-control": cache, "accept-ranges": "bytes"}
    if _matches(request.headers, etag):
        return Response(status_code=304, headers=headers)
    byte_range = _range(request.headers, etag, size)
    start, end = byte_range or (0, size)
    headers["content-length"] = str(end - start)
    if byte_range:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if byte_range else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(_stream(file, start, end), status, headers, media_type)


async def _stream(file: VerifiedFile, start: int, end: int) -> AsyncIterator[bytes]:
    while start < end:
        chunk = await to_thread.run_sync(file.read, start, min(CHUNK, end - start))
        if not chunk:
            raise OSError("a served file was cut short")
        start += len(chunk)
        yield chunk


def _matches(headers: Headers, etag: str) -> bool:
    """Whether If-None-Match names `etag`, by weak comparison."""
    lines = headers.getlist("if-none-match")  # a list may go over several lines
    if not lines:
        return False
    etags = [item.strip().removeprefix("W/") for item in ",".join(lines).split(",")]
    return etag in etags or etags == ["*"]


def _range(headers: Headers, etag: str, size: int) -> tuple[int, int] | None:
    """The requested range as (start, end), without `end`; None for the whole file. Raises ProblemError 416."""
    match = _RANGE.fullmatch(headers.get("range", "").strip())
    if match is None or headers.get("if-range", etag) != etag or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise ProblemError(Problem.RANGE, headers={"content-range": f"bytes */{size}"})
    return start, end
