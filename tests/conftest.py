"""What every run says first: which arithmetic it ran on."""

from pilookup import _core


def pytest_report_header():
    return f"pilookup core: {_core.backend()} backend, {_core.threads()} threads"
