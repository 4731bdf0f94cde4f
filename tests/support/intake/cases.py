"""The cases of tests/intake/cases: loaded through the public API, and judged by what is in the vault."""

import inspect
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pilookup import _core
from pilookup.custody import Custody
from pilookup.errors import IntakeError, PilookupError
from tests.support.custody.home import SECRET, elements_of, make_home

FOLDER = Path(__file__).parents[2] / "intake" / "cases"


@dataclass(frozen=True)
class Case:
    """One folder of cases. The keys of `expected.json` are described in the README of the cases."""

    name: str
    folder: Path
    files: list[str]
    numbers: list[str] = field(repr=False)
    args: dict
    must_warn: bool = False
    refused: bool = False
    note: str = ""

    @property
    def paths(self):
        return [self.folder / name for name in self.files]

    @property
    def identifiers(self):
        return [f"tel:{number}".encode() for number in self.numbers]


@dataclass(frozen=True)
class Verdict:
    """How a case was read.

    Attributes:
        how: "read": all expected numbers are stored and nothing else. "told": some are not stored, and a warning or a
            reject says so. "refused": the load failed and says where and why. "no option": `load` lacks an option that
            the case gives. "silent": numbers are missing without a word. "stranger": other numbers are stored.
            "crash": an error that is not raised on purpose.
        faults: Why the case does not pass; empty if it passes. Never a number.
        warnings: The codes of the warnings.
    """

    how: str
    faults: list[str]
    warnings: list[str] = field(default_factory=list)

    @property
    def passed(self):
        return not self.faults


@cache
def all_cases():
    """Every case, in order of the names."""
    folders = sorted(path.parent for path in FOLDER.glob("*/expected.json"))
    return [Case(folder.name, folder, **json.loads((folder / "expected.json").read_text())) for folder in folders]


@cache
def not_yet():
    """The names of the cases that do not pass yet."""
    return frozenset((FOLDER / "not_yet.txt").read_text().split())


@cache
def kinds():
    """Each kind with the names of its cases."""
    found = {}
    for line in (FOLDER / "kinds.txt").read_text().splitlines():
        if line.startswith("  "):
            numbers = set(line.split())
            found[list(found)[-1]] = [case.name for case in all_cases() if case.name.split("-")[0] in numbers]
        elif not line.startswith("#"):
            found[line.split(":")[0]] = []
    return found


MAY_WARN = frozenset(
    [
        "47-zip-with-photo",
        "48-zip-with-readme",
        "59-zip-with-docx",
        "70-mixed-utf8-gbk",
        "71-one-bad-byte",
        "76-nul-bytes",
        "93-numfmt-date-landline8",
        "143-excel-errors-hash",
    ]
)
"""Cases that may be warned of although all their numbers are read: skipped members, bad bytes, damaged cells,
landlines without their 0."""


class Vault:
    """An open HOME into which cases are loaded, each as a dataset of its own."""

    def __init__(self, custody):
        self.custody = custody
        self._session = custody._session()

    @classmethod
    @contextmanager
    def at(cls, path):
        """A new HOME at this path."""
        make_home(path)
        with Custody.open(path, passphrase=SECRET) as custody:
            yield cls(custody)

    def judge(self, case):
        """Load a case and compare what is stored with what is expected."""
        slug = "case-" + re.sub("[^a-z0-9]", "-", case.name.lower())[:50]
        options = _options(case)
        if not set(options) <= set(inspect.signature(Custody.load).parameters):
            return Verdict("no option", ["load has no such option"])
        try:
            outcome = self.custody.load(case.paths, dataset=slug, **options)
        except PilookupError as error:
            return self._refusal(case, slug, error)
        except Exception as error:  # noqa: BLE001 - the verdict is that it crashed
            return Verdict("crash", [type(error).__name__])
        return self._report(case, slug, outcome.total)

    def _report(self, case, slug, report):
        missing, strangers = self._difference(case, slug)
        faults = [f"{count} numbers {what}" for count, what in ((missing, "missing"), (strangers, "added")) if count]
        if case.refused:
            faults.append("not refused")
        if case.must_warn and not report.warnings:
            faults.append("no warning")
        if report.warnings and not case.must_warn and not missing and case.name not in MAY_WARN:
            faults.append("a false alarm")
        faults += _bad_warnings(case, report.warnings)
        faults += _leaks(case, json.dumps(report.to_json(), ensure_ascii=False))
        told = sum(report.rejected.values()) + sum(warning.count for warning in report.warnings)
        how = "stranger" if strangers else "read" if not missing else "told" if told >= missing else "silent"
        return Verdict(how, faults, sorted({str(warning.code) for warning in report.warnings}))

    def _refusal(self, case, slug, error):
        faults = _leaks(case, str(error))
        if not isinstance(error, IntakeError):
            faults.append(f"{type(error).__name__} instead of IntakeError")
        if case.numbers:
            faults.append("refused")
        if not any(name in str(error) for name in case.files):
            faults.append("the refusal names no file")
        if case.refused and not _REMEDY.search(str(error)):
            faults.append("the refusal names no remedy")
        if not (case.numbers or case.refused or case.must_warn):
            faults.append("refused without need")
        if any(row.slug == slug for row in self._session.control.datasets(active_only=False)):
            faults.append("the dataset of a refused load exists")
        return Verdict("refused", faults)

    def load(self, path, slug, kind, options):
        """Load one file into a new dataset.

        Returns:
            The report.
        """
        return self.custody.load(path, dataset=slug, kind=kind, **options).total

    def refuses(self, path, slug, kind, options):
        """Whether a load of one file is refused."""
        try:
            self.load(path, slug, kind, options)
        except IntakeError:
            return True
        return False

    def _difference(self, case, slug):
        """How many expected numbers are not stored, and how many others are."""
        stored, expected = self.stored(slug), self.elements(case.identifiers)
        return len(expected - stored), len(stored - expected)

    def stored(self, slug):
        """The elements of a dataset."""
        return set(elements_of(self._session.vault, self._session.control.loads(slug)))

    def elements(self, identifiers):
        """The elements of some identifiers."""
        data = _core.tokenise(list(identifiers), self._session.keyring.scalar("vault"))
        return {data[at : at + 32] for at in range(0, len(data), 32)}


_REMEDY = re.compile(
    r"--[a-z]+(-[a-z]+)*"
    r"|\b(ask for|choose|convert|decrypt|export|give|install|load|name|open|remove|rename|repair|save|unpack)\b"
)


def _options(case):
    options = {"kind": "exposure", **case.args}
    if "password" in options:
        options["passwords"] = (options.pop("password"),)
    return options


def _bad_warnings(case, warnings):
    """Warnings that do not say where, how many or what to do."""
    return [
        f"warning {warning.code} is incomplete"
        for warning in warnings
        if warning.count < 1 or not warning.text or not any(name in warning.location for name in case.files)
    ]


def _leaks(case, text):
    """Whether a text for the operator has a number of the case in it."""
    national = {number[-10:] for number in case.numbers}
    return ["a number is in the report"] if any(number in text for number in national) else []
