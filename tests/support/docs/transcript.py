"""Transcripts of the command line: `$ command`, its output, and `? N` where its exit status is not 0.

    ...      as a whole line: any number of lines
    ...      within a line: any text
    <n>      a number such as 18,800

A line that begins with `#` is a comment. Each command runs in a new shell, all in one directory, in order. Standard
output and standard error are one text, in the order in which they were written.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 120


@dataclass
class Step:
    """A command, the lines that it must print, and its exit status."""

    command: str
    lines: list[str] = field(default_factory=list)
    status: int = 0

    def pattern(self):
        """Return the regular expression that the output must match."""
        return "".join(r"(?:.*\n)*?" if line == "..." else f"{_pattern(line)}\n" for line in self.lines)


def _pattern(line):
    parts = re.split(r"(\.\.\.|<n>)", line)
    return "".join({"...": ".*", "<n>": r"[0-9][0-9,.]*"}.get(part, re.escape(part)) for part in parts)


def read_steps(path):
    steps = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("$ "):
            steps.append(Step(line[2:]))
        elif line.startswith("? "):
            steps[-1].status = int(line[2:])
        elif not line.startswith("#") and line:
            assert steps, f"{path.name} line {number}: output before the first command"
            steps[-1].lines.append(line)
    return steps


class Shell:
    """Runs commands in a directory, with the tested `pilookup` and without the caller's pilookup settings."""

    def __init__(self, directory, **variables):
        self.directory = directory
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
        self.environment = kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
            "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
            "XDG_STATE_HOME": str(directory / "state"),
            "COLUMNS": "200",
            "TERMINAL_WIDTH": "200",
            "LC_ALL": "C.UTF-8",
            **variables,
        }

    def run(self, command):
        """Run a command; returns its output and exit status."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout, done.returncode

    def follow(self, path):
        """Run a transcript; each step must print and return what is written."""
        for step in read_steps(path):
            output, status = self.run(step.command)
            # Blank lines and trailing spaces do not count.
            printed = "".join(f"{line.rstrip()}\n" for line in output.splitlines() if line.strip())
            assert status == step.status, f"$ {step.command}\nexit status {status}, not {step.status}\n{printed}"
            assert re.fullmatch(step.pattern(), printed), f"$ {step.command}\nprinted\n{printed}\nnot\n{step.lines}"
