"""mypy --strict accepts a right client program and refuses wrong ones. One run of mypy checks all programs."""

import os
import re
import subprocess
import sys
from collections import defaultdict

import pytest

from tests.support.docs.documents import ROOT

RIGHT = """
import pilookup
from pilookup import AsyncClient, AsyncNumberChecker, Case, Client, NumberChecker, PilookupError, Reason, Result
from pilookup import Status, TrustError, canonicalise
from pilookup.testing import FakeAsyncClient, FakeClient, SyntheticNumber


def ask(number: str) -> tuple[Case, ...]:
    try:
        with Client("https://x.example", channel="platform", trust=b"", state_dir=None, token="t", timeout=3.0) as client:
            result = client.check(number, region="US")
    except (TrustError, PilookupError):
        return ()
    if result.status is Status.UNKNOWN and result.reason is Reason.RATE_LIMITED and result.retry_after:
        return ()
    return result.cases


async def ask_many(numbers: list[str]) -> list[Result]:
    async with AsyncClient("https://x.example", "public", cache_bytes=0, region="CN", insecure=True) as client:
        return await client.check_many(numbers)


def canonical(number: str) -> bytes | None:
    outcome = canonicalise(number)
    return outcome if isinstance(outcome, bytes) else None


def either(fake: bool) -> NumberChecker:
    return FakeClient(timeout=1) if fake else Client("https://x.example")


async def either_async(client: AsyncNumberChecker) -> Result:
    async with client:
        return await client.check(SyntheticNumber.MALICIOUS, timeout=1.5)


CHECKERS: list[AsyncNumberChecker] = [AsyncClient("https://x.example"), FakeAsyncClient({"1": Result.not_found()})]
VERSION: str = pilookup.__version__
"""

REVEALED = {
    "Client('https://x.example').check('1')": "Result",
    "Client('https://x.example').check_many(['1'])": "list[Result]",
    "AsyncClient('https://x.example').check('1')": "Coroutine[Any, Any, Result]",
    "AsyncClient('https://x.example').check_many(['1'])": "Coroutine[Any, Any, list[Result]]",
    "Client('https://x.example').check('1').status": "Status",
    "Client('https://x.example').check('1').reason": "Reason | None",
    "Client('https://x.example').catalogue": "tuple[Case, ...]",
    "canonicalise('1')": "bytes | Reason",
    "Custody.open('home', passphrase='p')": "Custody",
    "Custody.initialise('home', passphrase='p', online_passphrase=b'o')": "list[Path]",
    "Custody.status_of('home')": "HomeStatus",
    "CUSTODY.load('a.csv', dataset='a', kind='exposure')": "LoadOutcome",
    "CUSTODY.load(['a.csv', Path('b.csv')], dataset='a', kind=Kind.EXPOSURE).total": "Report",
    "CUSTODY.publish('public', on_progress=PROGRESS)": "Published",
    "CUSTODY.rotate('public').to_json()": "dict[str, Any]",
    "CUSTODY.withdraw('a').published": "tuple[Published, ...]",
    "CUSTODY.withdraw('a').to_json()": "dict[str, Any]",
    "CUSTODY.erase('1')": "EraseOutcome",
    "CUSTODY.status()": "HomeStatus",
    "PROGRESS": "def (int, int, int)",
    "CLOCK": "def () -> datetime",
    "PASSPHRASE": "str | bytes | (def () -> bytes)",
}

WRONG = {
    "Client('https://x.example', chanel='public')": "call-arg",
    "AsyncClient('https://x.example', chanel='public')": "call-arg",
    "AsyncClient('https://x.example', 'public', None, None, 'token')": "call-arg",
    "AsyncClient('https://x.example', timeout='soon')": "arg-type",
    "Client('https://x.example').check('1', country='CN')": "call-arg",
    "Client('https://x.example').check(13800138000)": "arg-type",
    "Client('https://x.example').check('1').result": "attr-defined",
    "pilookup.Cleint": "attr-defined",
    "pilookup.custody.Session": "attr-defined",
    "Custody.open('home', 'passphrase')": "call-arg",
    "Custody.open('home')": "call-arg",
    "Custody.open('home', passphrase=1)": "arg-type",
    "Custody.open('home', passphrase='p', clock=1.5)": "arg-type",
    "CUSTODY.load('a.csv', dataset='a')": "call-arg",
    "CUSTODY.load('a.csv', dataset='a', kind='exposure', rejects='r.csv')": "arg-type",
    "CUSTODY.load([1], dataset='a', kind='exposure')": "list-item",
    "CUSTODY.publish('public', on_progress=CLOCK)": "arg-type",
    "CUSTODY.erase(13800138000)": "arg-type",
    "CUSTODY.withdraw('a').datasets": "attr-defined",
}

HEADER = """import pilookup
from pathlib import Path
from pilookup import AsyncClient, Client, canonicalise
import pilookup.custody
from pilookup.custody import Clock, Custody, Kind, Passphrase, Progress
CUSTODY: Custody
PROGRESS: Progress
CLOCK: Clock
PASSPHRASE: Passphrase
"""
LINE = re.compile(r"(\w+)\.py:(\d+): (\w+): (.*?)(?:  \[([a-z-]+)\])?")


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """The findings of mypy as {(program, line): [(severity, text, code), ...]}."""
    folder = tmp_path_factory.mktemp("programs")
    programs = {
        "right": RIGHT,
        "revealed": HEADER + "".join(f"(reveal_type({expression}),)\n" for expression in REVEALED),
        "wrong": HEADER + "".join(f"{expression}\n" for expression in WRONG),
    }
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-error-summary", "--no-pretty"]
    done = subprocess.run(
        [*command, "--config-file=", f"--cache-dir={folder / 'cache'}", *(f"{name}.py" for name in programs)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "MYPYPATH"} | {"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    found = defaultdict(list)
    for line in done.stdout.splitlines():
        program, number, *finding = LINE.fullmatch(line).groups()
        found[program, int(number)].append(tuple(finding))
    return found


def lines(expressions):
    """Each expression with the number of its line in its program."""
    return [(number, *item) for number, item in enumerate(expressions.items(), HEADER.count("\n") + 1)]


def test_a_right_program_has_no_error(findings):
    assert [finding for (program, _), finding in findings.items() if program == "right"] == []


@pytest.mark.parametrize(("line", "expression", "expected"), lines(REVEALED))
def test_a_type_is_revealed(line, expression, expected, findings):
    ((severity, text, _),) = findings["revealed", line]
    assert severity == "note"
    kind = re.sub(r"\b(?:\w+\.)+(?=\w)", "", text.removeprefix('Revealed type is "').removesuffix('"'))
    assert kind == expected


@pytest.mark.parametrize(("line", "expression", "code"), lines(WRONG))
def test_a_wrong_program_has_an_error(line, expression, code, findings):
    errors = [found for severity, _, found in findings["wrong", line] if severity == "error"]
    assert errors == [code]


@pytest.mark.parametrize("package", ["pilookup", "server/pilookup_server"])
def test_both_packages_say_that_they_are_typed(package):
    assert (ROOT / package / "py.typed").read_bytes() == b""
