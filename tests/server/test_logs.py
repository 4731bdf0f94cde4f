"""What other libraries log is written as JSON, and an exception's text only where it holds nothing of a request."""

import json
import logging
import sys

import pytest
from pilookup_server.logs import _JsonFormatter

from pilookup.errors import FormatError


def formatted(error=None):
    info = None
    if error is not None:
        try:
            raise error
        except type(error):
            info = sys.exc_info()
    record = logging.LogRecord("uvicorn.error", logging.WARNING, "f.py", 1, "said %s", ("13800138000",), info)
    return json.loads(_JsonFormatter().format(record))


def test_a_message_without_an_exception_is_kept():
    assert formatted() == {"event": "said 13800138000", "logger": "uvicorn.error", "level": "warning"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FormatError("body: empty"), "body: empty"),
        (OSError(28, "No space left on device", "/srv/13800138000"), "No space left on device"),
        (ValueError("13800138000"), None),
    ],
)
def test_neither_the_message_nor_the_text_of_a_foreign_exception_is_written(error, reason):
    line = formatted(error)
    assert (line["event"], line["error"], line.get("reason")) == ("exception", type(error).__name__, reason)
    assert "13800138000" not in json.dumps(line)
