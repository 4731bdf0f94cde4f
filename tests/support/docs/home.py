"""A small HOME, made from a synthetic seizure and served with the commands that users run."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.support.docs.transcript import Shell
from tests.support.ready import wait_ready

ROOT = Path(__file__).parents[3]
SCALE = "0.005"


@contextmanager
def serve(directory, environment):
    """Run `pilookup serve` on a free port, and yield its URL."""
    log = directory / "server.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "pilookup.cli", "serve", "--port", "0"]
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield wait_ready(server, log)
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


class Demo:
    """The files that `make demo` makes, under DIRECTORY/demo: `seized/` and `home/`."""

    def __init__(self, directory):
        self.directory = directory
        self.seized = directory / "demo" / "seized"
        self.home = directory / "demo" / "home"
        self.shell = Shell(directory, PILOOKUP_HOME=str(self.home))
        self.url = ""

    def make(self):
        maker = ROOT / "examples" / "make_seizure.py"
        subprocess.run([sys.executable, maker, self.seized, "--scale", SCALE], check=True)
        self._run(f"pilookup init {self.home}")
        for dataset, kind in (("village-accounts", "malicious-registration"), ("stolen-records", "exposure")):
            self._run(f"pilookup load demo/seized/{dataset}/* --dataset {dataset} --kind {kind}")
        self._run("pilookup publish public")

    def _run(self, command):
        output, status = self.shell.run(command)
        assert status == 0, output

    def hit(self):
        return json.loads((self.seized / "truth.jsonl").read_text(encoding="utf-8").partition("\n")[0])["identifier"]

    def miss(self):
        return (self.seized / "outside.txt").read_text(encoding="utf-8").partition("\n")[0]

    @contextmanager
    def served(self):
        """Run `pilookup serve` with the passphrase of the online half only."""
        environment = {n: v for n, v in self.shell.environment.items() if n != "PILOOKUP_PASSPHRASE"}
        with serve(self.directory, environment) as self.url:
            yield self
