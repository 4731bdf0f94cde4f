"""The server runs where only `pilookup[cli]` and its own dependencies are installed."""

import subprocess
import sys
import time

import httpx2
import pytest

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest, EvaluateResponse
from tests.support.server.serve_process import Home, Process

BEYOND_CLI = (
    "dask", "distributed", "fontTools", "numpy", "psycopg", "pyarrow", "pybloom_live", "python_calamine",
)  # fmt: skip
"""Packages of the extras `load`, `postgresql`, `cluster` and `poster` that the server does not depend on."""

NOT_IN_WORKERS = {"alembic", "sqlalchemy"}
"""Dependencies of the server that only the process imports that keeps the counts."""

WITHOUT = f"""
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BEYOND_CLI!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
"""


class BareProcess(Process):
    """A server in whose process the packages of the other extras cannot be imported."""

    program = ("-c", f"{WITHOUT}\nfrom pilookup.cli import main\nmain()")


@pytest.mark.parametrize(
    "module",
    ["app", "process.start", "process.worker", "commands.serve", "commands.page", "page_host.folder"],
)
def test_no_package_of_another_extra_is_imported(module):
    code = f"import sys, pilookup_server.{module}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "pilookup_server" in loaded
    assert loaded.isdisjoint({*BEYOND_CLI, *NOT_IN_WORKERS})


@pytest.mark.parametrize("module", ["serve", "page", "service"])
def test_a_command_is_imported_without_the_server(module):
    code = f"import sys, pilookup_server.commands.{module}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"fastapi", "pydantic", "uvicorn", "tuf", "cryptography"}.isdisjoint(done.stdout.split())


def evaluated(url, body):
    """The answer to a request, which is sent again while the counts cannot be reached, as shortly after the start."""
    end = time.monotonic() + 120
    while True:
        answer = httpx2.post(url, content=body, headers={"content-type": JSON})
        if answer.status_code != 503 or time.monotonic() > end:
            assert answer.status_code == 200, answer.text
            return answer
        time.sleep(0.1)


def test_it_serves_where_no_other_extra_is_installed(tmp_path):
    home = Home.published(tmp_path / "home", channels=("public",))
    server = BareProcess(home.path, tmp_path / "serve.log", channels="public")
    try:
        server.wait()
        _, elements = oprf.blind([b"tel:+8613912345678"])
        answer = evaluated(f"{server.url}/v1/channels/public/evaluate", EvaluateRequest(1, elements).to_json())
        got = EvaluateResponse.from_json(answer.content)
        assert oprf.verify(home.held.scalars["public", 1].public(), elements, got.elements, got.proof)
        bucket = httpx2.get(f"{server.url}/v1/channels/public/snapshots/1/buckets/0")
        assert bucket.status_code == 200
    finally:
        assert server.stop() == 0
