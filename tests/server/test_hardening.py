"""What `pilookup serve` asks of the system, seen from outside: no secret in its environment, no dump, private files."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from pilookup_server.settings import Settings
from pydantic import SecretStr

from pilookup.private_process import SECRET_VARIABLES
from tests.support.server.platform_keys import FORMER_TOKEN
from tests.support.server.serve_process import PASSPHRASE, Home, Process


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home.published(tmp_path_factory.mktemp("home") / "home")


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_variable_is_erased_where_others_can_read_it():
    shown = run(
        "import os; from pilookup.private_process import erase_variables\n"
        "erase_variables(['SECRET', 'OTHER', 'NOT_SET'])\n"
        "print(os.environ.get('SECRET'), open('/proc/self/environ', 'rb').read(), os.environ['SECRET_LONGER'])",
        SECRET="sentinel-of-the-variable",
        SECRET_LONGER="kept",
        OTHER="",
    )
    assert shown.startswith("None ")
    assert "sentinel" not in shown
    assert "SECRET_LONGER=kept" in shown
    assert shown.endswith("kept\n")


def test_hidden_variables_stay_readable_for_the_process_alone():
    shown = run(
        "import os, subprocess, sys; from pilookup.private_process import hide_variables\n"
        "hide_variables(['SECRET', 'NOT_SET'])\n"
        "print(os.environ['SECRET'], open('/proc/self/environ', 'rb').read().count(b'sentinel'))\n"
        "child = [sys.executable, '-c', 'import os; print(os.environ.get(\"SECRET\"))']\n"
        "print(subprocess.run(child, capture_output=True, text=True).stdout.strip() == '')",
        SECRET="sentinel-of-the-variable",
    )
    assert shown == "sentinel-of-the-variable 0\nTrue\n"


def test_every_setting_that_is_secret_is_among_the_variables_that_are_hidden():
    secret = {
        f"PILOOKUP_{name.upper()}" for name, field in Settings.model_fields.items() if field.annotation is SecretStr
    }
    assert secret <= set(SECRET_VARIABLES)
    page = (Path(__file__).parents[2] / "docs" / "operations" / "settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(PILOOKUP_\w*(?:PASSPHRASE|PASSWORD|PIN|TOKENS?|URL))` \|", page, re.MULTILINE))
    assert named <= set(SECRET_VARIABLES)
    assert len(named) >= 5


def test_the_server_shows_no_secret_and_dumps_nothing(home, tmp_path):
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    settings = {"platform_tokens": FORMER_TOKEN, "metrics_port": 0}
    before = os.environ.get("RUNTIME_DIRECTORY")
    os.environ["RUNTIME_DIRECTORY"] = str(runtime)
    try:
        server = Process(home.path, tmp_path / "log", "--workers", "2", **settings)
    finally:
        os.environ.pop("RUNTIME_DIRECTORY") if before is None else os.environ.update(RUNTIME_DIRECTORY=before)
    try:
        server.wait()
        made = [*runtime.iterdir(), *(path for folder in runtime.iterdir() for path in folder.iterdir())]
        made = [path for path in made if ".json" not in path.name]  # notices, which the keeper deletes meanwhile
        assert len(made) == 2 + 2 * 4  # two directories, four files of counts for each worker
        assert all(path.stat().st_mode & 0o077 == 0 for path in made)
        for pid in (server.process.pid, *server.children()):
            status = Path(f"/proc/{pid}/limits").read_text()
            assert re.search(r"Max core file size +0 +0 ", status)
            assert re.search(r"Umask:\s*0077", Path(f"/proc/{pid}/status").read_text())
            if os.getuid() == 0:  # others cannot even look
                environment = Path(f"/proc/{pid}/environ").read_bytes()
                assert PASSPHRASE.encode() not in environment
                assert FORMER_TOKEN.encode() not in environment
            else:
                with pytest.raises(PermissionError):
                    Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        server.stop()
    assert list(runtime.iterdir()) == []


def test_without_a_metrics_port_there_are_no_files_of_counts(home, tmp_path):
    os.environ["RUNTIME_DIRECTORY"] = str(tmp_path / "runtime")
    (tmp_path / "runtime").mkdir()
    try:
        server = Process(home.path, tmp_path / "log")
    finally:
        del os.environ["RUNTIME_DIRECTORY"]
    try:
        server.wait()
        (scratch,) = (tmp_path / "runtime").iterdir()
        assert all(path.suffix == ".json" for path in scratch.iterdir())
        assert not re.search(r"\.db$", Path(f"/proc/{server.children()[0]}/maps").read_text(), re.MULTILINE)
    finally:
        server.stop()


def test_the_soft_limit_of_descriptors_is_raised(home, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
    try:
        server = Process(home.path, tmp_path / "log")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        server.wait()
        limits = Path(f"/proc/{server.children()[0]}/limits").read_text()
        assert int(re.search(r"Max open files +(\d+)", limits)[1]) == min(hard, 65536)
    finally:
        server.stop()


def test_a_descriptor_limit_that_serves_nobody_ends_the_start():
    shown = run(
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))\n"
        "from pilookup_server.process.hardening import raise_descriptor_limit\n"
        "from pilookup_server.settings import ServeError\n"
        "try: raise_descriptor_limit()\n"
        "except ServeError as error: print(error)"
    )
    assert shown == "only 300 open files are allowed (ulimit -n); the server needs 512\n"


def test_descriptors_are_counted_also_by_a_process_that_may_not_be_dumped():
    shown = run(
        "import os; from pilookup_server.process.hardening import harden, open_descriptors\n"
        "os.setuid(65534) if os.getuid() == 0 else None\n"
        "harden(); before = open_descriptors()\n"
        "more = [os.open('/dev/null', os.O_RDONLY) for _ in range(7)]\n"
        "print(open_descriptors() - before)\n"
        "try: open('/proc/self/environ')\n"
        "except PermissionError: print('hidden')"
    )
    assert shown == "7\nhidden\n"


METRICS = """
import itertools, os, sys
from pilookup_server import metrics
metrics.allocate(["worker-0", "worker-1"])
sizes = {f: os.stat(f).st_size for f in os.scandir(os.environ["PROMETHEUS_MULTIPROC_DIR"])}
assert all(os.stat(f).st_blocks * 512 >= size for f, size in sizes.items())
metrics.set_process("worker-0")
for n, status in itertools.product(range(50), range(100, 600)):
    metrics.observe_request("/v1/channels/{channel}/snapshots/{serial}/buckets/{index}" + str(n), "platform", status, 0.1)
for n in range(20):
    metrics.count_closed(f"reason-{n}", 1); metrics.count_evaluated("public", 1)
metrics.set_descriptors(1, 2); metrics.set_connections("health", 3)
grown = [f.name for f, size in sizes.items() if os.stat(f).st_size != size]
assert not grown, grown
metrics.set_process("worker-1")
metrics.set_connections("health", 4)
import prometheus_client, urllib.request
port = metrics.serve("127.0.0.1", 0)
text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
print([line for line in text.splitlines() if "pilookup_connections{" in line])
print(sum(float(l.split()[1]) for l in text.splitlines() if l.startswith("pilookup_request_seconds_count")))
"""


def test_files_of_counts_are_allocated_in_full_and_never_grow(tmp_path):
    shown = run(METRICS, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert shown == "['pilookup_connections{listener=\"health\"} 7.0']\n25000.0\n"


def test_a_health_listener_takes_another_port_than_the_service(home, tmp_path):
    server = Process(home.path, tmp_path / "log", "--workers", "2", health_listen="127.0.0.1:0")
    try:
        server.wait()
        url = re.search(r"health checks on (\S+)/healthz", server.log.read_text())[1]
        assert httpx2.get(f"{url}/readyz").json()["status"] == "ready"
        taken = Process(
            home.path, tmp_path / "log2", "--port", str(server.port), health_listen=f"127.0.0.2:{server.port}"
        )
        assert taken.process.wait(30) == 1
    finally:
        server.stop()
