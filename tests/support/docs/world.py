"""The place that the commands of a document assume: a directory with HOME, seized files, and the programs' settings."""

import contextlib
import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.custody.certificates import certificates
from tests.support.docs.commands import Command, simple_commands
from tests.support.docs.documents import ROOT
from tests.support.docs.transcript import SECONDS, Step
from tests.support.page.recordings import write_silent
from tests.support.ready import wait_ready

WITHOUT_HOME = {"README.md", "docs/operations/postgresql.md"}
"""Documents whose commands make HOME."""

IN_THE_CHECKOUT = {"docs/architecture.md", "docs/operations/hardening.md"}
"""Documents whose commands run in a checkout."""

SERVERS = {
    "pilookup serve": "serving on",
    "pilookup sandbox": "authorization: bearer",
    "dask scheduler": "scheduler at:",
    "dask worker": "registered to:",
}
"""Commands that run until they are stopped, and what each prints in the end of its start, in lower case."""

START_SECONDS = 300
"""A bound for a server that hangs."""

SAVE = "trap 'env -0 > \"$SAVED\"' EXIT; set -a\n"
"""Put before a command: what it sets is kept for the next one, as in one terminal."""


class World:
    """Runs the commands of one document, one after another, as in one terminal.

    Attributes:
        directory: Where they run.
        environment: Their environment, with what they have set so far.
        before: What a person does before commands, by the beginnings of these.

    Args:
        directory: An empty directory to work in.
        demo: The served demonstration, which HOME and the seized files are copied from.
        document: The document's path from the top of the project.
        programs: A directory with a `pilookup` that starts at once; servers are started without it.
        database: The URL of an empty PostgreSQL database; None where the document needs none.
    """

    def __init__(self, directory: Path, demo, document: str, programs: Path, database: str | None = None) -> None:
        self.directory = ROOT if document in IN_THE_CHECKOUT else directory
        self._saved = directory / "environment"
        self._running: list[subprocess.Popen] = []
        self._logs = directory
        passphrases = {"custody": "PILOOKUP_PASSPHRASE", "online": "PILOOKUP_ONLINE_PASSPHRASE"}
        settings = dict(demo.shell.environment)
        settings.pop("PILOOKUP_HOME")
        files = directory / "etc"
        files.mkdir()
        for half, variable in passphrases.items():
            (files / half).write_text(settings.pop(variable))
            (files / half).chmod(0o600)
            settings[f"{variable}_FILE"] = str(files / half)
        (files / "backup").write_text("passphrase of a backup")
        (files / "backup").chmod(0o600)
        settings |= {"PILOOKUP_PORT": "0", "XDG_STATE_HOME": str(directory / "state"), "SAVED": str(self._saved)}
        settings |= {"DASK_TEMPORARY_DIRECTORY": str(directory), "PYTHONUNBUFFERED": "1", "BASH_ENV": "", "ENV": ""}
        self.environment = settings
        self._programs = programs
        self._replaced = self._replacements(files, demo, database)
        self._number = demo.hit()
        self.before: dict[str, Callable[[], None]] = {
            "curl -s http://127.0.0.1:8081": self._serve_with_health_checks,
            "sqlite3 HOME/online/service.sqlite3": self._serve_once,
        }
        prepare(directory, demo, home=document not in WITHOUT_HOME)

    def _replacements(self, files: Path, demo, database: str | None) -> dict[str, str]:
        health, scheduler, sandbox, reports = (free_port() for _ in range(4))
        return {
            r"/etc/pilookup": str(files),
            r"postgresql://\S*@database\.example[^']*": database or "none",
            r"http://127\.0\.0\.1:8787": demo.url,
            r"\.venv/bin/|/opt/pilookup/bin/": "",
            r"/media/": f"{files.parent}/media/",
            r"/var/lib/pilookup": f"{files.parent}/var",
            r"/srv/pilookup": f"{files.parent}/serving",
            r"--port 8080": "--port 0",
            r"127\.0\.0\.1:8081": f"127.0.0.1:{health}",
            r"tls://scheduler\.example:8786": f"tls://127.0.0.1:{scheduler}",
            r"--port 8786": f"--port {scheduler}",
            r"(--port |127\.0\.0\.1:)8791": rf"\g<1>{sandbox}",
            r"(--port |127\.0\.0\.1:)8792": rf"\g<1>{reports}",
        }

    def run(self, command: Command) -> None:
        """Run a command; it must succeed, and print what the document says. A server is left running."""
        text = command.text
        for start, action in self.before.items():
            if any(" ".join(words).startswith(start) for words in simple_commands(text)):
                action()
        for pattern, replacement in self._replaced.items():
            text = re.sub(pattern, replacement, text)
        servers = [words for words in simple_commands(text) if is_server(words)]
        if servers:
            self._start(text, servers[-1])
            return
        done = subprocess.run(
            ["bash", "-c", SAVE + text],
            cwd=self.directory,
            env=self.environment | {"PATH": f"{self._programs}{os.pathsep}{self.environment['PATH']}"},
            input=f"{self._number}\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"$ {text}\nexit status {done.returncode}\n{done.stdout}"
        path = self.environment["PATH"]
        self.environment = dict(pair.partition("=")[::2] for pair in self._saved.read_text().split("\0") if pair) | {
            "PATH": path
        }
        if command.output:
            printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines() if line.strip())
            shown = Step(command.text, [line for line in command.output if line.strip()])
            assert re.fullmatch(shown.pattern(), printed), f"$ {text}\nprinted\n{printed}\nnot\n{shown.lines}"

    def _start(self, text: str, words: list[str]) -> str:
        log = self._logs / f"server-{len(list(self._logs.glob('server-*.log')))}.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["bash", "-c", text],
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._running.append(server)
        if words[:2] == ["pilookup", "serve"]:
            return wait_ready(server, log)
        wait_text(server, log, SERVERS[" ".join(words[:2])])
        return ""

    def _serve_with_health_checks(self) -> None:
        self.run(Command("PILOOKUP_HEALTH_LISTEN=127.0.0.1:8081 pilookup serve --home HOME"))

    def _serve_once(self) -> None:
        self.run(Command("pilookup serve --home HOME"))
        self.close()

    def close(self) -> None:
        """End the servers that were started."""
        for server in reversed(self._running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=SECONDS)
        self._running.clear()


def is_server(words: list[str]) -> bool:
    """Whether a command runs until it is stopped."""
    return " ".join(words[:2]) in SERVERS


def prepare(directory: Path, demo, home: bool) -> None:
    """Put what documents name into a directory: seized files, trust, certificates, and HOME unless it is to be made."""
    seized = {path.suffix: path for path in sorted(demo.seized.rglob("*.*"))}
    for name, suffix in {"accounts.xlsx": ".xlsx", "more.csv": ".csv", "records.zip": ".zip"}.items():
        shutil.copy(seized[suffix], directory / name)
    write_calls(directory / "calls.csv")
    rows = [("开通日", "用户名", "号码"), *((f"2026-05-{i % 28 + 1:02}", f"user-{i}", number(i)) for i in range(50))]
    write_rows(directory / "list.csv", rows)
    shutil.copytree(demo.directory / "demo", directory / "demo", ignore=shutil.ignore_patterns("lock"))
    if home:
        shutil.copytree(demo.home, directory / "HOME", ignore=shutil.ignore_patterns("lock", "service.sqlite3*"))
        for trust in demo.home.glob("trust-*.json"):
            shutil.copy(trust, directory)
    (directory / "var").mkdir()
    for folder in ("disc", "stick"):
        (directory / "media" / folder).mkdir(parents=True)
    page = (ROOT / "docs" / "operations" / "catalogue.md").read_text(encoding="utf-8")
    (directory / "texts.toml").write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    for source, name in zip(write_silent(directory), ("za.mp3", "za.txt"), strict=True):
        source.rename(directory / name)
    certificates(directory / "cluster")
    for name, source in {"cluster-ca.pem": "ca.pem", "machine.pem": "node.pem", "machine.key": "node.key"}.items():
        shutil.copy(directory / "cluster" / source, directory / "etc" / name)


def number(i: int) -> str:
    """The i-th of the numbers in the files that are made here, none of them in use."""
    return f"1380013{i:04}"


def write_calls(path: Path) -> None:
    """Write the calls.csv of the guides: 1,200 rows, 86 repeats, 12 masked numbers, and 310 numbers in remarks."""
    phones = [*map(number, range(1102)), *map(number, range(86)), *["138****8000"] * 12]
    notes = [*(f"家属{number(5000 + i)}" for i in range(310)), *[""] * (len(phones) - 310)]
    rows = [("张三", phone, "上河", str(i), notes[i]) for i, phone in enumerate(phones)]
    write_rows(path, [("姓名", "联系电话", "村组", "户号", "备注"), *rows])


def write_rows(path: Path, rows: list[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_text(process: subprocess.Popen, log: Path, text: str) -> None:
    """Wait until a process has logged a text."""
    end = time.monotonic() + START_SECONDS
    while text not in log.read_text(errors="replace").lower():
        still_starting = time.monotonic() < end and process.poll() is None
        assert still_starting, log.read_text(errors="replace")
        time.sleep(0.05)


@contextlib.contextmanager
def world(*arguments) -> Iterator[World]:
    made = World(*arguments)
    try:
        yield made
    finally:
        made.close()
