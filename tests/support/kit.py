"""The kit as the tests of the three clients use it: over HTTP, as a stranger does."""

import json
import shutil
import subprocess
from urllib.request import Request, urlopen

import pytest

from tests.kit.cases.every import CASES
from tests.kit.server import Kit

NOT_YET: dict[str, dict[str, str]] = {}
"""For each client the cases that it answers in another way than SPEC.md says, and why."""


class Served:
    """A kit that runs, and its control routes."""

    def __init__(self, kit: Kit):
        self.base = kit.url

    def url(self, name):
        return f"{self.base}/case/{name}"

    def trust(self, name):
        with urlopen(f"{self.base}/trust/{name}.json", timeout=10) as answer:
            return answer.read()

    def step(self, name, number):
        urlopen(Request(f"{self.base}/step/{name}/{number}", method="POST"), timeout=10).close()

    def log(self, name):
        with urlopen(f"{self.base}/log/{name}", timeout=10) as answer:
            return json.load(answer)


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


def cases_for(client):
    """Return all cases as parameters of the test of a client; those of NOT_YET must fail."""
    late = NOT_YET.get(client, {})
    marks = {name: [pytest.mark.xfail(reason=why, strict=True)] for name, why in late.items()}
    return [pytest.param(case, id=case.name, marks=marks.get(case.name, ())) for case in CASES]


def run_case(kit, case, ask, *, batches=True):
    """Check the numbers of each step of a case, and assert that the answers are right and no rule is broken.

    Args:
        kit: the kit.
        case: the case.
        ask: returns the answers of a step, from its number and the numbers to check.
        batches: whether the client sends the numbers of a step in one request.
    """
    for number, step in enumerate(case.steps, 1):
        kit.step(case.name, number)
        answers = ask(number, [check.number for check in step.checks])
        assert_right(step.checks, answers)
        assert_rules_kept(kit, case, number, 1 if batches else len(step.checks))


def same(answer, right):
    """Whether an answer has the members of the right one, cases likewise."""
    if isinstance(right, dict):
        return isinstance(answer, dict) and all(same(answer.get(name), value) for name, value in right.items())
    if isinstance(right, list):
        return isinstance(answer, list) and len(answer) == len(right) and all(map(same, answer, right))
    return answer == right and type(answer) is type(right)


def assert_right(checks, answers):
    assert len(answers) == len(checks)
    for check, answer in zip(checks, answers, strict=True):
        assert same(answer, check.right), f"got {answer}, right: {check.right}"


def assert_rules_kept(kit, case, step, times):
    log = kit.log(case.name)
    assert log["broken"] == []
    posts = [one for one in log["requests"] if one["method"] == "POST" and one["step"] == step]
    assert len(posts) <= times * case.evaluations, posts
