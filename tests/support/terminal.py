"""Runs a command at a terminal, and answers what it asks."""

import os
import pty
import subprocess
import sys


def at_a_terminal(command, answers, **variables):
    """Run a command of `pilookup` at a terminal.

    Args:
        command: its arguments.
        answers: pairs of a prompt, which is awaited, and the answer to it; None is the end of input.
        variables: of its environment, where no other one of pilookup is set.

    Returns:
        What the terminal showed, as text, and the exit status.
    """
    terminal, other_end = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
    child = subprocess.Popen(
        [sys.executable, "-m", "pilookup.cli", *map(str, command)],
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        env=environment | variables,
        start_new_session=True,
    )
    os.close(other_end)
    shown, waiting, searched = b"", list(answers), 0
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the command has ended
            break
        if waiting and (at := shown.find(waiting[0][0].encode(), searched)) >= 0:
            prompt, answer = waiting.pop(0)
            searched = at + len(prompt)
            os.write(terminal, b"\x04" if answer is None else answer.encode() + b"\n")
    os.close(terminal)
    assert not waiting, shown.decode()
    return shown.decode().replace("\r\n", "\n"), child.wait()
