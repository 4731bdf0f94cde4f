"""Valkey, or Redis, which has the same options."""

import shutil
import subprocess
import time
from contextlib import contextmanager

import redis

from tests.support.server.nginx import free_port


@contextmanager
def valkey(folder):
    """Run a server that keeps nothing on disk; yields its port."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    assert program, "neither valkey-server nor redis-server is on PATH: tests/install_debian_packages.sh"
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(server, port)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _wait(server, port):
    end = time.monotonic() + 60
    with redis.Redis(port=port) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                assert server.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
            else:
                return
