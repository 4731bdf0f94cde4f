"""A client that was made, and used, before `os.fork` answers in the parent and in its children.

The forks happen in a program of its own, since a fork of the process of the tests would inherit their threads.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checking.asking import held_once
from tests.support.checking.numbers import HIT, MISS

ROOT = Path(__file__).parents[2]
HANG = 60.0

PROGRAM = """
import asyncio, json, os, sys, threading, traceback, warnings
from pathlib import Path
from pilookup import AsyncClient, Client
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, for a fork of a process with threads
kind, url, trust, folder, hit, miss = sys.argv[1:]
options = dict(trust=trust, state_dir=folder, timeout=30.0, cache_bytes=0)

class Async:
    def __init__(self, *args, **options):
        self.client = AsyncClient(*args, **options)
        self.loop = asyncio.new_event_loop()
    def check(self, text):
        return self.loop.run_until_complete(self.client.check(text))

client = {"sync": Client, "async": Async}[kind](url, **options)

def checks(count):
    return [[str(client.check(text).reason or client.check(text).status) for text in (hit, miss)] for _ in range(count)]

def fork(work):
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    try:
        if kind == "async":
            client.loop = asyncio.new_event_loop()
        os.write(write, json.dumps(work()).encode())
    except BaseException:
        traceback.print_exc()
    os._exit(0)

def outcome(child, read):
    with os.fdopen(read) as file:
        said = file.read()
    os.waitpid(child, 0)
    return json.loads(said)
"""

USED = """
before = checks(2)
children = [fork(lambda: checks(15)) for _ in range(4)]
mine = checks(15)
print(json.dumps([before, mine, *(outcome(*child) for child in children)]))
"""

DURING_REFRESH = """
refresh = threading.Thread(target=client.check, args=(hit,), daemon=True)
refresh.start()
sys.stdin.readline()  # the refresh waits for its server now, and holds what it holds
child = fork(lambda: checks(2))
print(json.dumps(outcome(*child)), flush=True)
sys.stdin.readline()
refresh.join(30)
print(json.dumps(checks(1)))
"""

HOLDING_THE_LOCK = """
from pilookup.checking.deadline import Deadline
checks(1)
state = getattr(client, "client", client)._trust._state
held, done = threading.Event(), threading.Event()

def hold():
    with state.lock(Deadline.after(30)):
        held.set()
        done.wait(30)

holder = threading.Thread(target=hold)
holder.start()
held.wait(30)
child, read = fork(lambda: sys.stdin.readline())  # lives on
done.set()
holder.join()
with state.lock(Deadline.after(5)):  # the child does not hold on to it
    print(json.dumps("locked"), flush=True)
outcome(child, read)
"""


@pytest.fixture(params=["sync", "async"])
def program(request, host, tmp_path):
    """Runs a program with its checks; returns the running process."""
    pin = tmp_path / "trust.json"
    pin.write_bytes(host.publisher.pin)
    running = []

    def run(code):
        arguments = [request.param, host.url, str(pin), str(tmp_path / "state"), HIT, MISS]
        command = [sys.executable, "-W", "error::ResourceWarning", "-c", PROGRAM + code, *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        running.append(subprocess.Popen(command, **pipes))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate(timeout=HANG)


def test_a_used_client_answers_in_parent_and_children(program, host):
    process = program(USED)
    said, _ = process.communicate(timeout=HANG)
    answers = json.loads(said)
    assert process.returncode == 0
    assert len(answers) == 6
    assert all(pair == ["found", "not_found"] for answered in answers for pair in answered)


def test_a_child_that_was_forked_during_a_refresh_goes_on(program, host):
    host.twist, asked, answered = held_once("timestamp.json", HANG)
    process = program(DURING_REFRESH)
    assert asked.wait(HANG)
    process.stdin.write("fork\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == [["found", "not_found"]] * 2
    answered.set()
    said, _ = process.communicate("go on\n", timeout=HANG)
    assert process.returncode == 0
    assert json.loads(said) == [["found", "not_found"]]


def test_a_child_does_not_hold_on_to_its_parents_lock(program):
    process = program(HOLDING_THE_LOCK)
    assert json.loads(process.stdout.readline()) == "locked"
    process.communicate("end\n", timeout=HANG)
    assert process.returncode == 0
