"""Runs the protocol vectors through the second client, written for Node with @noble/curves (tests/node)."""

import shutil
import subprocess
from pathlib import Path

NODE = Path(__file__).parents[1] / "node"


def test_the_second_client_agrees_with_the_vectors():
    node = shutil.which("node")
    assert node, "node is not installed"
    assert (NODE / "node_modules" / "@noble" / "curves").is_dir(), "run: make test, or npm ci in tests/node"
    command = [node, "--test", "--test-reporter=tap", "vectors.test.mjs", "client.test.mjs"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = next(line for line in done.stdout.splitlines() if line.startswith("# pass "))
    assert int(passed.split()[2]) > 100


def test_the_second_client_says_how_it_is_used():
    command = [shutil.which("node") or "node", "client.mjs", "--server", "http://127.0.0.1:1"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("use: ")
    assert done.stdout == ""
