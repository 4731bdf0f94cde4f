"""The kit as the tests of the three clients use it."""

import json
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.kit.cases.every import CASES
from tests.kit.server import Kit
from tests.kit.site import JSON, Request

FETCH = "the HTTP library undoes a content coding before the client sees it (SPEC.md section 11)"
KEY_TYPES = "python-tuf refuses a root that lists a key of a type it does not know (SPEC.md section 9.1)"
NO_WORK = "it solves no proof of work (SPEC.md section 8.5)"
ALSO: dict[str, dict[str, str]] = {
    "python": {"root-unknown-scheme": KEY_TYPES},
    "node": {"*-compressed": FETCH, "good-proof-of-work": NO_WORK},
    "page": {"*-compressed": FETCH},
}
"""For each client the cases, as patterns, in which it may give one of the other right answers, and why."""


class Served:
    """A kit that runs, and its control routes, which are asked without a connection of their own."""

    def __init__(self, kit: Kit):
        self.kit = kit

    def url(self, name):
        return f"{self.kit.url}/case/{name}"

    def trust(self, name):
        return self.control("GET", f"/trust/{name}.json")

    def step(self, name, number):
        self.control("POST", f"/step/{name}/{number}")

    def log(self, name):
        return json.loads(self.control("GET", f"/log/{name}"))

    def control(self, method, target):
        reply = self.kit.answer(Request(method, target))
        assert reply.status in (200, 204)
        return reply.body


class Lines:
    """A program that answers each line of JSON by one."""

    def __init__(self, *command):
        assert shutil.which(command[0]), f"{command[0]} is not installed"
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def serve():
    """Yield a running kit of all cases."""
    with Kit(CASES) as kit:
        yield Served(kit)


def state_folder():
    """Yield a folder for what clients keep, in memory where the system has such a place: clients flush each file."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="pilookup-kit-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def all_cases():
    """Return the cases for clients that send octets, as the three do, as parameters of a test."""
    return [pytest.param(case, id=case.name) for case in CASES if case.media != JSON]


def run_case(kit, case, client, ask, *, batches=True):
    """Check the numbers of each step of a case, and assert that the answers are right and no rule is broken.

    Args:
        kit: the kit.
        case: the case.
        client: the client's name in ALSO.
        ask: returns the answers of a step, from its number and the numbers to check.
        batches: whether the client sends the numbers of a step in one request.
    """
    also = any(fnmatch(case.name, pattern) for pattern in ALSO.get(client, {}))
    for number, step in enumerate(case.steps, 1):
        kit.step(case.name, number)
        answers = ask(number, [check.number for check in step.checks])
        assert_right(step.checks, answers, also=also)
        assert_rules_kept(kit, case, number, 1 if batches else len(step.checks))


def same(answer, right):
    """Whether an answer has the members of the right one, cases likewise."""
    if isinstance(right, dict):
        return isinstance(answer, dict) and all(same(answer.get(name), value) for name, value in right.items())
    if isinstance(right, list):
        return isinstance(answer, list) and len(answer) == len(right) and all(map(same, answer, right))
    return answer == right and type(answer) is type(right)


def assert_right(checks, answers, *, also=False):
    """Assert that answers are those that the order of SPEC.md gives, or with `also` any right ones."""
    assert len(answers) == len(checks)
    for check, answer in zip(checks, answers, strict=True):
        right = [check.right, *check.also] if also else [check.right]
        assert any(same(answer, one) for one in right), f"got {answer}, right: {right}"


def assert_rules_kept(kit, case, step, times):
    log = kit.log(case.name)
    assert log["broken"] == []
    posts = [one for one in log["requests"] if one["method"] == "POST" and one["step"] == step]
    assert len(posts) <= times * case.evaluations, posts
