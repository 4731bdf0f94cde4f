"""The commands in the documents exist, their code compiles, the README's examples run, and their links lead somewhere."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib

import pytest
from typer.main import get_command

from pilookup.cli.app import build
from tests.support.docs.documents import DOCUMENTS, ROOT, blocks, commands, prose

README = ROOT / "README.md"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
PLAIN = {"cd", "curl", "export", "head", ".", "pg_dump", "pg_restore", "python", "python3", "sudo"}
URL = "http://127.0.0.1:8787"


def console():
    return [
        pytest.param(line, id=f"{block}: {line}"[:120]) for block in blocks("console") for line in commands(block.text)
    ]


def simple_commands(line):
    """Yield a shell line's commands as lists of words, without comments and leading assignments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words = []
    for token in [*lexer, ";"]:
        if token[0] in "&|;":
            if words:
                yield words
            words = []
        elif words or not ASSIGNMENT.fullmatch(token):
            words.append(token)


def check(words):
    """Check that a command and its options exist, without running it."""
    program = words[0].rpartition("/")[2] if words[0].startswith(".venv/") else words[0]
    if program == "pilookup":
        parse(words[1:])
    elif program == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), words
    elif program == "pip":
        check_pip(words[1:])
    else:
        assert program in PLAIN, words


def parse(words):
    """Parse the words as the command line does; raises Typer's usage error for an unknown option."""
    app = get_command(build())
    name, *rest = words
    command = app.commands[name]
    command.make_context(name, rest, parent=app.context_class(app))


def check_pip(words):
    assert words[0] == "install"
    for word in words[1:]:
        path, _, extra = word.rstrip("]").partition("[")
        project = tomllib.loads((ROOT / path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert not extra or set(extra.split(",")) <= set(project["optional-dependencies"]), word


@pytest.mark.parametrize("line", console())
def test_a_console_line_names_what_exists(line, monkeypatch):
    monkeypatch.setenv("PILOOKUP_HOME", "HOME")
    for words in simple_commands(line):
        check(words)


def test_a_wrong_console_line_is_noticed(monkeypatch):
    monkeypatch.setenv("PILOOKUP_HOME", "HOME")
    assert [*simple_commands("A=b cat x | pilookup check # why")] == [["cat", "x"], ["pilookup", "check"]]
    for line in (
        "pilookup load a.csv --datset x --kind exposure",
        "pilookup check 1",
        "pilookup load a --dataset x --kind y",
    ):
        with pytest.raises(Exception, match=r"option|parameter|exposure"):
            check(line.split())
    for line in ("pilookup lod", "make tests", "pip install .[everything]", "rm x"):
        with pytest.raises((AssertionError, KeyError)):
            check(line.split())


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_python_block_compiles(block):
    compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@pytest.mark.parametrize("block", blocks("bash"), ids=str)
def test_a_shell_block_parses(block):
    subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)


def test_the_first_answer_in_python(demo):
    block = next(block for block in blocks("python") if block.document == README)
    assert f'"{URL}"' in block.text
    done = subprocess.run(
        [sys.executable, "-c", block.text.replace(URL, demo.url)],
        cwd=demo.directory,
        env=demo.shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("found ")


def test_the_first_answer_on_the_command_line(demo):
    """The README's command prints what the README says."""
    text = next(block.text for block in blocks("console") if block.document == README and "check" in block.text)
    line, expected = text.strip().split("\n", 1)
    command = line.removeprefix("$ ").replace(URL, demo.url).replace(".venv/bin/", "")
    assert demo.shell.run(command) == (f"{expected}\n", 0)


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
