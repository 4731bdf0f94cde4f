"""Answers that caches keep: entity tags and ranges (RFC 9110 sections 8.8.3, 13.1.2 and 14)."""

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
from pilookup_server.release.verified_file import OpenFile

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PRIVATE: Final = "private, max-age=31536000, immutable"
"""Where a token was needed, a shared cache must not answer for us."""

CHUNK: Final = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def bytes_response(request: Request, data: bytes, tag: str, cache: str, media_type: str = OCTETS) -> Response:
    """The whole of `data`, or 304 when the caller has it."""
    headers = {"etag": tag, "cache-control": cache}
    if _matches(request.headers, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


def file_response(request: Request, file: OpenFile, cache: str, media_type: str) -> Response:
    """A file or one range of it, streamed.

    Several ranges, or a range under an If-Range of another entity, get the whole file, as RFC 9110 allows.
    Raises ProblemError 416 for a range beyond the end.
    """
    tag, size = f'"{file.ref.sha256}"', file.ref.size
    headers = {"etag": tag, "cache-control": cache, "accept-ranges": "bytes"}
    if _matches(request.headers, tag):
        return Response(status_code=304, headers=headers)
    span = _range(request.headers, tag, size)
    start, end = span or (0, size)
    headers["content-length"] = str(end - start)
    if span:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if span else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(_stream(file, start, end), status, headers, media_type)


async def _stream(file: OpenFile, start: int, end: int) -> AsyncIterator[bytes]:
    while start < end:
        chunk = await to_thread.run_sync(file.read, start, min(CHUNK, end - start))
        if not chunk:
            raise OSError("a served file was cut short")
        start += len(chunk)
        yield chunk


def _matches(headers: Headers, tag: str) -> bool:
    """If-None-Match, compared weakly."""
    asked = headers.get("if-none-match")
    if asked is None:
        return False
    tags = [item.strip().removeprefix("W/") for item in asked.split(",")]
    return tag in tags or tags == ["*"]


def _range(headers: Headers, tag: str, size: int) -> tuple[int, int] | None:
    """[start, end) of a single satisfiable range; None for the whole; raises ProblemError 416."""
    found = _RANGE.fullmatch(headers.get("range", "").strip())
    if found is None or headers.get("if-range", tag) != tag or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise ProblemError(Problem.RANGE, headers={"content-range": f"bytes */{size}"})
    return start, end
