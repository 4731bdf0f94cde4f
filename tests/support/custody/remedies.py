"""Typing what a warning or an error tells a person to type."""

import re
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from typer.testing import CliRunner

from pilookup.cli.app import build

SETTINGS = {
    "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
    "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
    "PILOOKUP_KEY_PASSPHRASE": "passphrase of a holder",
    "PILOOKUP_HOME": None,
    "COLUMNS": "200",
}
_COMMAND = re.compile(r"(on the \w+ machine, |a holder )?(?:run|runs|with|then|and|now|[0-9]\.):? (pilookup [^;\n]*)")
_NEXT = re.compile(
    r", then: |, then again: |, and: |, and here, run: |, then run: |, then carry |, for each |, and if | \("
)
"""What ends a command within a sentence."""

ELSEWHERE = ("on the custody machine, ", "on the serving machine, ")


def typed(words, **settings):
    """Run a command in this process; returns its result."""
    return CliRunner().invoke(build(), [str(word) for word in words], env=SETTINGS | settings)


def commands(text):
    """The commands that a text tells to type, in their order: (where, command)."""
    found = []
    text = re.sub(r", (then|and): (a holder runs )?(?=pilookup)", r"; run: ", text)
    text = re.sub(r", and here, run: ", "; run: ", text)
    for where, rest in _COMMAND.findall(text):
        command = _NEXT.split(rest)[0].strip().rstrip(".,")
        found.append((where.strip(), command))
    return found


class Person:
    """Does what a text says, at one HOME, with media of the holders of keys."""

    def __init__(self, home: Path, folder: Path, media: Path):
        self.home, self.folder, self.media = home, folder, media
        self._numbers = count()
        self.folder.mkdir(parents=True, exist_ok=True)
        for trust in home.glob("trust-*.json"):
            shutil.copy(trust, folder)

    def obey(self, text):
        """Type every command of a text that is for this machine, in order; returns those that were typed."""
        done = []
        for where, command in commands(text):
            if where.startswith("on the"):
                assert where.startswith("on the serving") or not (self.home / "custody").exists(), text
                continue
            self._type(command, text)
            done.append(command)
        return done

    def _type(self, command, text):
        words = shlex.split(command)
        assert words[0] == "pilookup"
        if words[1] == "serve":
            assert (self.home / "online").exists(), text
            return
        files = sorted(self.folder.glob("request-*.signed-*.json"))
        day = f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%d}"
        known = {
            "NEW_HOME": str(self.folder / f"new-{next(self._numbers)}"),
            "OUT": str(self.folder / "bundle"),
            "DATE": day,
            "FILE": str(files[0]) if files else "FILE",
        }
        words = [known.get(word, self._path(word)) for word in words[1:]]
        if words[0] == "keys" and words[1] == "sign":
            words.append("--yes")
        result = typed(words, PILOOKUP_NEW_PASSPHRASE="a new passphrase of the tests")
        allowed = (0, 3) if words[0] == "rotate" else (0,)
        assert result.exit_code in allowed, f"{text}\n{command}\n{result.output}"

    def _path(self, word):
        if word.startswith("MEDIUM/"):
            return str(self.media / word.removeprefix("MEDIUM/"))
        if word.startswith(("request-", "trust-")):
            return str(self.folder / word)
        return word
