"""The commands in the documents exist, their code compiles, the README's Python runs, and their links lead somewhere."""

import ast
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache

import pytest
from typer.main import get_command

from pilookup.cli.app import build
from tests.support.docs.commands import commands_by_document, simple_commands
from tests.support.docs.documents import DOCUMENTS, ROOT, blocks, prose
from tests.support.docs.home import serve
from tests.support.docs.transcript import Shell
from tests.support.server.platform_keys import KEY, add_platform, wait_keys

README = ROOT / "README.md"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
URL = "http://127.0.0.1:8787"


def console():
    """The commands of pilookup, make and pip in the documents, as lists of words, with a name for each."""
    for document, commands in commands_by_document().items():
        for command in commands:
            for words in simple_commands(command.text):
                if words[0].rpartition("/")[2] in ("pilookup", "make", "pip"):
                    yield pytest.param(words, id=f"{document.relative_to(ROOT)}: {shlex.join(words)}"[:120])


def check(words):
    """Check that a command and its options exist, without running it."""
    program = words[0].rpartition("/")[2]
    if program == "pilookup":
        parse(words[1:])
    elif program == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), words
    else:
        assert program == "pip"
        check_pip(words[1:])


@cache
def the_app():
    return get_command(build())


def parse(words):
    """Parse the words as the command line does; raises Typer's usage error for an unknown option."""
    app = the_app()
    name, *rest = words
    if name.startswith("-"):
        assert name in {option for parameter in app.params for option in parameter.opts}, words
        return
    command = app.commands[name]
    command.make_context(name, rest, parent=app.context_class(app))


def check_pip(words):
    assert words[0] == "install"
    for word in words[1:]:
        path, _, extra = word.rstrip("]").partition("[")
        project = tomllib.loads((ROOT / path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert not extra or set(extra.split(",")) <= set(project["optional-dependencies"]), word


@pytest.mark.parametrize("words", [*console()])
def test_a_command_and_its_options_exist(words, monkeypatch):
    monkeypatch.setenv("PILOOKUP_HOME", "HOME")
    check(words)


def test_a_wrong_command_is_noticed(monkeypatch):
    monkeypatch.setenv("PILOOKUP_HOME", "HOME")
    assert [*simple_commands("A=b cat x | pilookup check # why")] == [["cat", "x"], ["pilookup", "check"]]
    for line in (
        "pilookup load a.csv --datset x --kind exposure",
        "pilookup check 1",
        "pilookup load a --dataset x --kind y",
    ):
        with pytest.raises(Exception, match=r"option|parameter|exposure"):
            check(line.split())
    for line in ("pilookup lod", "pilookup --versions", "make tests", "pip install .[everything]", "rm x"):
        with pytest.raises((AssertionError, KeyError)):
            check(line.split())


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_python_block_compiles(block):
    compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@pytest.mark.parametrize("block", blocks("bash"), ids=str)
def test_a_shell_block_parses(block):
    subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)


def readme_example(text):
    """Return the first Python block of the README that contains a text."""
    return next(block for block in blocks("python") if block.document == README and text in block.text)


def run_python(text, directory, environment):
    """Run a program in a directory; returns what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_examples_of_both_sides(tmp_path):
    """What the police side's example loads and publishes, the platform's example finds."""
    rows = ["手机号,账号", *(f"13800138000,{name}" for name in "abc"), "12345,d"]
    (tmp_path / "accounts.csv").write_text("\n".join(rows), encoding="utf-8")
    settings = {
        "PILOOKUP_HOME": str(tmp_path / "home"),
        "PILOOKUP_ONLINE_PASSPHRASE": "of the online half",
        "PILOOKUP_CHANNELS": "platform",
        "PILOOKUP_TOKEN": KEY,
    }
    environment = Shell(tmp_path, **settings).environment
    police = readme_example("Custody.open").text
    assert run_python(police, tmp_path, environment) == "3 Counter({'short_code': 1})\n"
    shutil.copy(tmp_path / "home" / "trust-platform.json", tmp_path)
    add_platform(tmp_path / "home")
    with serve(tmp_path, environment) as url:
        wait_keys(url)
        platform = readme_example('channel="platform"').text.replace("https://pilookup.example.org", url)
        assert run_python(platform, tmp_path, environment) == "found True 3\n"


def test_the_first_answer_in_python(demo):
    block = readme_example(f'"{URL}"')
    answer = run_python(block.text.replace(URL, demo.url), demo.directory, demo.shell.environment)
    assert answer.startswith("found ")


def anchors(document):
    """Return the anchors of a document's headings, as Git hosts make them."""
    headings = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_linked_file_exists(document):
    for link in LINK.findall(prose(document)):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
