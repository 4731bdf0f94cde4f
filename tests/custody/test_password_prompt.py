"""`pilookup load` asks at a terminal for the password of an encrypted workbook, and does not show it."""

import os
import pty
import subprocess
import sys

import msoffcrypto.format.ooxml
import pytest
import xlsxwriter

from pilookup.keyring import Half
from tests.support.custody.home import SECRET, numbers
from tests.support.passphrase_cost import open_to_commands

PROMPT = b"Password of list.xlsx: "


@pytest.fixture
def encrypted(tmp_path):
    plain, path = tmp_path / "plain.xlsx", tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet().write_column(0, 0, ["phone", *numbers(20)])
    with plain.open("rb") as source, path.open("wb") as target:
        msoffcrypto.format.ooxml.OOXMLFile(source).encrypt("sesame", target)
    return path


def at_a_terminal(command, answers):
    """Run a command at a terminal and answer its prompts.

    Returns:
        What the terminal showed, the number of prompts, and the exit status.
    """
    terminal, other_end = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "pilookup.cli", *command],
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        env=os.environ | {"PILOOKUP_PASSPHRASE": SECRET.decode()},
        start_new_session=True,
    )
    os.close(other_end)
    shown, asked = b"", 0
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # the command has ended
            break
        shown += data
        if shown.count(PROMPT) > asked:
            os.write(terminal, answers[asked].encode() + b"\n")
            asked += 1
    os.close(terminal)
    return shown, asked, child.wait()


@pytest.mark.parametrize(
    ("answers", "status", "text"),
    [
        (["open", "sesame"], 0, b"20 numbers accepted"),
        (["open", "shut", "seasme"], 1, b"list.xlsx: none of the passwords opens it"),
    ],
)
def test_the_password_is_asked_for_and_not_shown(home, encrypted, answers, status, text):
    open_to_commands(home.custody, Half.CUSTODY, SECRET)
    command = ["load", str(encrypted), "--dataset", "case-1", "--kind", "exposure", "--home", str(home.path)]
    shown, asked, ended = at_a_terminal(command, answers)
    assert (asked, ended) == (len(answers), status), shown
    assert text in shown
    assert not [answer for answer in ("sesame", "shut", "seasme") if answer.encode() in shown]
