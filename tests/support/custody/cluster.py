"""A Dask cluster on this machine: a scheduler and workers in separate processes, started as documented."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

SECONDS = 120
ADDRESS = re.compile(r"Scheduler at: +(\S+:\d+)\n")


class Cluster:
    """A scheduler, and workers that hold the custody passphrase in their environment."""

    def __init__(self, folder, protocol, environment):
        self._folder = folder
        self._environment = {**os.environ, "PILOOKUP_PASSPHRASE": "custody passphrase of the tests", **environment}
        self._log = (folder / "cluster.log").open("wb")
        scheduler = ["scheduler", "--protocol", protocol, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self._processes = [self._start(*scheduler)]
        self._wait(lambda: ADDRESS.search(self.log()))
        self.address = ADDRESS.search(self.log())[1]

    def add_workers(self, count, protocol):
        """Start workers with one thread each; wait until every worker has logged that it is registered."""
        for i in range(count):
            worker = ["worker", self.address, "--protocol", protocol, "--host", "127.0.0.1", "--nthreads", "1"]
            worker += ["--no-nanny", "--no-dashboard", "--local-directory", str(self._folder / f"worker-{i}")]
            self._processes.append(self._start(*worker))
        self._wait(lambda: self.log().count("Registered to:") == count)

    @property
    def workers(self):
        return self._processes[1:]

    def kill(self, which):
        """Kill a worker with SIGKILL, so that it hands nothing over."""
        self.workers[which].send_signal(signal.SIGKILL)
        self.workers[which].wait()

    def log(self):
        """The log of the scheduler and the workers."""
        return (self._folder / "cluster.log").read_text(errors="replace")

    def stop(self):
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._log.close()

    def _start(self, *arguments):
        command = [sys.executable, "-m", "dask", *arguments]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log, env=self._environment, cwd=self._folder)

    def _wait(self, ready):
        end = time.monotonic() + SECONDS
        while not ready():
            if time.monotonic() > end or any(process.poll() is not None for process in self._processes):
                raise AssertionError(self.log())
            time.sleep(0.05)


@contextmanager
def cluster(folder, workers, protocol="tcp", **environment):
    """A running cluster in `folder`. Its processes are killed at the end."""
    folder.mkdir()
    running = Cluster(folder, protocol, environment)
    try:
        running.add_workers(workers, protocol)
        yield running
    finally:
        running.stop()
