"""Nothing that the tests' process writes is flushed to the disk.

Flushing protects from a power cut, which no test makes: a killed process leaves the same files with or without it.
Commands that tests start in other processes flush as always.
"""

import os
from contextlib import contextmanager

import pytest
from pilookup_server.service_database import engine as service_engine

from pilookup.custody.control import engine

configure_sqlite = engine._configure_sqlite
configure_service_sqlite = service_engine._configure_sqlite
"""How the program configures a connection, as it was imported: of the control and of the service database."""


@contextmanager
def without_flushing():
    """Within it, `os.fsync` and the commits of new SQLite connections do not wait for the disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        patched.setattr(engine, "_configure_sqlite", _without_flushing(configure_sqlite))
        patched.setattr(service_engine, "_configure_sqlite", _without_flushing(configure_service_sqlite))
        yield


def _without_flushing(configure):
    def configure_without_flushing(connection, record):
        configure(connection, record)
        connection.execute("PRAGMA synchronous = OFF")

    return configure_without_flushing
