"""docs/platform.md: its snippets run, against a sandbox where they name one, and its tables are those of the code."""

import inspect
import os
import re
import shutil
import subprocess
import sys

import pytest
from pilookup_server.sandbox.faults import NAMES

from pilookup import Client, Mirror, Reason
from pilookup.cli.commands.sandbox import BASE_POINT
from pilookup.decisions import Guard
from pilookup.screening import EvaluatorJob
from pilookup.testing import FakeClient, SyntheticNumber
from tests.support.docs.documents import ROOT, blocks
from tests.support.docs.structure import counterpart, links_past_the_chinese_page, structure

PAGE = ROOT / "docs" / "platform.md"
URL, TRUST = "http://127.0.0.1:8791", "trust-platform.json"
PAGES = [PAGE, counterpart(PAGE)]


def snippets(language):
    return [block for block in blocks(language) if block.document == PAGE]


def rows(page):
    """The rows of all tables of a page, as lists of cells."""
    lines = re.findall(r"^\|(.*)\|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def environment(sandbox):
    return os.environ | {
        "CHECK_URL": sandbox.url,
        "CHECK_TRUST": sandbox.trust(),
        "CHECK_TOKEN": sandbox.token,
        "CHECK_SANDBOX": "1",
        "XDG_STATE_HOME": str(sandbox.folder / "xdg"),
    }


def run(text, sandbox):
    """Run a program beside the trust file; returns what it prints."""
    shutil.copy(sandbox.trust(), sandbox.folder / TRUST)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text.replace(URL, sandbox.url)],
        cwd=sandbox.folder,
        env=environment(sandbox),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_python_snippet_runs_and_prints_what_is_said(sandbox):
    fake, own, client, signup, production, notices, report, receipt = (block.text for block in snippets("python"))
    assert run(fake, sandbox) == run(own, sandbox) == ""
    assert run(report, sandbox) == run(report, sandbox) == "None\n"  # and may be repeated
    assert run(receipt, sandbox).startswith("{'screening': ")
    both = FakeClient().check(SyntheticNumber.BOTH)
    assert run(client, sandbox) == f"found True True {[case.title_en for case in both.cases]}\n"
    assert run(signup, sandbox).startswith("有人可能冒用过这个号码")
    ask = f"\n\nprint(open_client().check('{SyntheticNumber.EXPOSED}').exposed)"
    assert run(production + ask, sandbox) == "True\n"
    assert int(run(notices, sandbox)) >= 1


def test_the_request_of_curl_is_answered(sandbox):
    (block,) = snippets("bash")
    assert BASE_POINT in block.text
    command = block.text.replace(URL, sandbox.url).replace("curl ", "curl --silent --fail ")
    done = subprocess.run(["bash", "-c", command], env=environment(sandbox), capture_output=True, text=True, check=True)
    assert done.stdout.startswith('{"elements":["') or '"epoch":1' in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_the_tables_are_those_of_the_code(page):
    cells = rows(page)
    numbers = [(row[0], row[1].strip("`")) for row in cells if row[0].startswith("154")]
    assert numbers == [(number.value, number.name) for number in SyntheticNumber]
    first = [name for row in cells if row[0].startswith("`") for name in re.findall(r"`(\w+)`", row[0])]
    calls = (Client, Guard, Mirror.sync, EvaluatorJob)
    settings = [name for call in calls for name in inspect.signature(call).parameters if name != "self"]
    assert first == [*NAMES, *settings, *(str(reason) for reason in Reason)]


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_the_defaults_in_seconds_are_those_of_the_code(page):
    for call in (Guard, Mirror.sync, EvaluatorJob):
        for name, parameter in inspect.signature(call).parameters.items():
            if isinstance(parameter.default, float) and name != "max_age":
                seconds = f"{parameter.default:g} {'seconds' if page is PAGE else '秒'}"
                assert [f"`{name}`", seconds] in [row[:2] for row in rows(page)], (call, name)


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_the_answers_of_the_table_are_given(page):
    client = FakeClient(sleep=lambda _: None, timeout=100)
    for row in rows(page):
        if not row[0].startswith("154"):
            continue
        result = client.check(row[0])
        said = {"unknown": ("unknown", "未知"), "not_found": ("not found", "未查到"), "found": ("found", "查到", "与")}
        assert row[2].startswith(said[result.status]), row
        if result.reason:
            assert f"`{result.reason}`" in row[2]


def test_both_languages_have_the_same_structure():
    english, chinese = map(structure, PAGES)
    for field in ("headings", "blocks", "tables", "names", "links"):
        assert getattr(chinese, field) == getattr(english, field), field
    assert links_past_the_chinese_page(PAGES[1]) == []
