"""docs/platform.md as a new engineer works through it: block after block, in one directory and one terminal."""

import os
import re
import signal
import subprocess
from collections.abc import Container, Mapping
from pathlib import Path

from tests.support.docs.commands import Command, commands_of, simple_commands
from tests.support.docs.documents import ROOT, blocks
from tests.support.docs.transcript import SECONDS, Step
from tests.support.docs.world import SAVE, SERVERS, free_port, is_server, wait_text

PAGE = ROOT / "docs" / "platform.md"
PORT = "8791"


class Afternoon:
    """Runs all console, bash and python blocks of the page, with the Python of `.venv` in the directory.

    Args:
        directory: Where the engineer works.
        environment: The variables to begin with.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = dict(environment) | {"BASH_ENV": "", "ENV": ""}
        self._saved = directory / "environment"
        self._port = str(free_port())
        self._servers: list[subprocess.Popen] = []

    def work_through(self, skipped: Container[str] = ()) -> list[str]:
        """Run the blocks in order; each must succeed, and print what the page shows.

        Args:
            skipped: Commands that are not run.

        Returns:
            What was run.
        """
        done = []
        try:
            for block in blocks("console", "bash", "python"):
                if block.document != PAGE:
                    continue
                commands = [Command(block.text)] if block.language == "python" else commands_of(block)
                for command in commands:
                    if command.text not in skipped:
                        done.append(command.text)
                        self._run(block.language, command)
        finally:
            self._stop()
        return done

    def _run(self, language: str, command: Command) -> None:
        text = command.text.replace(PORT, self._port)
        if language == "python":
            self._call([".venv/bin/python", "-W", "error", "-c", text], text)
            return
        servers = [words for words in simple_commands(text.replace(".venv/bin/", "")) if is_server(words)]
        if servers:
            self._start(text, SERVERS[" ".join(servers[-1][:2])])
            return
        printed = self._call(["bash", "-e", "-c", SAVE + text], text)
        pairs = self._saved.read_text().split("\0")
        self._environment = dict(pair.partition("=")[::2] for pair in pairs if pair)
        if command.output:
            shown = Step(command.text, [line for line in command.output if line.strip()])
            lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines() if line.strip())
            assert re.fullmatch(shown.pattern(), lines), f"$ {text}\nprinted\n{lines}\nnot\n{shown.lines}"

    def _call(self, command: list[str], text: str) -> str:
        done = subprocess.run(
            command,
            cwd=self._directory,
            env=self._environment | {"SAVED": str(self._saved)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=5 * SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"$ {text}\nexit status {done.returncode}\n{done.stdout}"
        return done.stdout

    def _start(self, text: str, announced: str) -> None:
        log = self._directory / "server.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["bash", "-c", text],
                cwd=self._directory,
                env=self._environment | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._servers.append(server)
        wait_text(server, log, announced)

    def _stop(self) -> None:
        for server in self._servers:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=SECONDS)
