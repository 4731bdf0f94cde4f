"""Logs: one JSON object a line on standard error.

What may stand in them: route templates, channels, epochs, serials, statuses, durations. What never does: a
path as it was asked for, a query, a header, a body, an address, a token, a key. Foreign errors give their
type and place only, because their text may quote what they choked on.
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
    """Send everything, the standard library's loggers too, to standard error as JSON lines."""
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
    """The one logger: kept, because making one costs more than a line does."""
    return structlog.get_logger()


def describe(error: BaseException) -> dict[str, Any]:
    """An error for a log line: our own with their text, others with type and place only."""
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
        # With an exception, uvicorn's and asyncio's messages may quote it.
        event = "exception" if error else record.getMessage()
        line = {"event": event, "logger": record.name, "level": record.levelname.lower()}
        return json.dumps(line | (describe(error) if error else {}))
