"""A pytest plugin: record in coverage's data which test ran each line, also in the programs that tests start.

    PYTHONPATH=tools:FOLDER COVERAGE_PROCESS_START=FILE python -m pytest -p coverage_contexts -n 0
    python -m coverage combine --rcfile=FILE

FOLDER holds `coverage` and a `sitecustomize.py` that calls `coverage.process_startup()`. FILE holds

    [run]
    branch = true
    parallel = true
    source_pkgs = pilookup, pilookup_server
    context = ${PILOOKUP_TEST-}
    concurrency = thread, multiprocessing
    patch = _exit
    sigterm = true

and `disable_warnings` for what coverage would print where tests expect no output. The context is the test's name as pytest
prints it. The seconds of each test are appended to the file that PILOOKUP_DURATIONS names, if it is set. `tools/mutants.py`
reads both.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Name the test to coverage, here and in the environment of programs that the test starts."""
    start = time.monotonic()
    _switch(item.nodeid)
    result = yield
    _switch("")
    if durations := os.environ.get("PILOOKUP_DURATIONS"):
        with Path(durations).open("a", encoding="utf-8") as file:
            file.write(f"{time.monotonic() - start:.3f}\t{item.nodeid}\n")
    return result


def _switch(name: str) -> None:
    os.environ["PILOOKUP_TEST"] = name
    if (current := coverage.Coverage.current()) is not None:
        current.switch_context(name)
