"""Logs: one JSON object per line, written to standard error.

A log line may contain route templates, channels, epochs, serials, statuses and durations. It never contains a
requested path, a query, a header, a body, an address, a token or a key. Of an error from another library, only its
type and stack frames are logged, because its text may quote the input.
"""

import json
import logging
import sys
import traceback
from functools import cache
from typing import Any

import structlog

from pilookup.errors import PilookupError

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logging(level: str) -> None:
    """Write all logs, including those of the standard library's loggers, to standard error as JSON lines.

    Args:
        level: The lowest level to log: `debug`, `info`, `warning` or `error`. Other libraries log from `warning` up.

    Raises:
        KeyError: `level` is none of these.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logger.cache_clear()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=max(_LEVELS[level], logging.WARNING), handlers=[handler], force=True)


@cache
def logger() -> Any:
    """The program's logger. It is kept, because making a logger costs more than writing a line."""
    return structlog.get_logger()


def describe(error: BaseException) -> dict[str, Any]:
    """Describe an error in fields of a log line.

    Returns:
        The type and text of a PilookupError; the type and the innermost stack frames of any other error, with the
        system's message if it is an OSError.
    """
    if isinstance(error, PilookupError):
        return {"error": type(error).__name__, "reason": str(error)}
    if isinstance(error, OSError):
        return {"error": type(error).__name__, "reason": error.strerror, "at": _frames(error)}
    return {"error": type(error).__name__, "at": _frames(error)}


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        # If there is an exception, the messages of uvicorn and asyncio may quote its text.
        event = "exception" if error else record.getMessage()
        line = {"event": event, "logger": record.name, "level": record.levelname.lower()}
        return json.dumps(line | (describe(error) if error else {}))
