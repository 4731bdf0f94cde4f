"""Nothing that the tests' process writes is flushed to the disk.

Flushing protects from a power cut, which no test makes: a killed process leaves the same files with or without it.
Commands that tests start in other processes flush as always.
"""

import os
from contextlib import contextmanager

import pytest

from pilookup.custody.control import engine

configure_sqlite = engine._configure_sqlite
"""How the program configures a connection, as it was imported."""


@contextmanager
def without_flushing():
    """Within it, `os.fsync` and the commits of new SQLite connections do not wait for the disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        patched.setattr(engine, "_configure_sqlite", _configure_without_flushing)
        yield


def _configure_without_flushing(connection, record):
    configure_sqlite(connection, record)
    connection.execute("PRAGMA synchronous = OFF")
