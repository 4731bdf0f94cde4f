"""The list of electronic data as a page to print and sign, as CSV, and as JSON."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pilookup._version import __version__
from pilookup.custody.evidence.digests import EvidenceItem
from pilookup.custody.markup import Html, document, element, joined, table
from pilookup.protocol.encoding import time_text

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_LABELS: Final = {
    "title": ("电子数据提取清单", "List of electronic data"),
    "here": ("中文", "English"),
    "dataset": ("数据集", "Dataset"),
    "made": ("生成时间（UTC）", "Made (UTC)"),
    "program": ("程序", "Program"),
    "keep": (
        "请妥善保管：小文件的校验值可能被猜出内容。本程序不保存这些校验值。",
        "Keep this list as the files themselves: a digest can tell the content of a small file. None is stored.",
    ),
    "files": ("文件和压缩包内的文件", "Files and members of archives"),
    "number": ("序号", "No."),
    "path": ("名称（压缩包内路径）", "Name (path inside containers)"),
    "type": ("类型", "Type"),
    "bytes": ("字节数", "Bytes"),
    "digests": ("校验值", "Digests"),
    "counts": ("读出的计数", "Counts that were read"),
    "rows": ("行", "Rows"),
    "accepted": ("接受的号码", "Accepted numbers"),
    "distinct": ("不重复", "Distinct"),
    "duplicates": ("重复", "Duplicates"),
    "rejected": ("拒收", "Rejected"),
    "warnings": ("警告", "Warnings"),
    "loaded": ("读出的文件", "Files read"),
    "skipped": ("没有读的文件", "Files left out"),
    "command": ("在同样的文件上再现这些计数的命令", "The command that gives these counts again on the same files"),
    "signatures": ("签名", "Signatures"),
    "who": ("身份", "Capacity"),
    "name": ("姓名", "Name"),
    "unit": ("单位或证件号", "Unit or document number"),
    "signature": ("签名", "Signature"),
    "date": ("日期", "Date"),
    "first": ("侦查人员一", "First investigator"),
    "second": ("侦查人员二", "Second investigator"),
    "witness": ("见证人", "Witness"),
}
_FORMULA: Final = ("=", "+", "-", "@", "\t")
"""First characters of a cell that spreadsheets take for a formula."""


@dataclass(frozen=True, slots=True)
class EvidenceList:
    """The list of a load.

    dataset: the dataset's id. items: the files and members. counts: those of the load, by name. command: what gives the
    same counts again. made: when the list was made.
    """

    dataset: str
    items: Sequence[EvidenceItem]
    counts: Mapping[str, int]
    command: str
    made: datetime

    def to_html(self) -> str:
        """A page in Chinese and English, with lines for two investigators and a witness to sign."""
        mains = [self._in_one_language(at, language) for at, language in enumerate(LANGUAGES)]
        return document(" · ".join(_LABELS["title"]), *mains)

    def to_csv(self) -> str:
        """One line for each file and member, under a header."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["number", "path", "container", "type", "bytes", "sha256", "sm3", "note"])
        for number, item in enumerate(self.items, 1):
            cells = (item.path, item.container, item.kind, item.size, item.sha256, item.sm3, item.note)
            writer.writerow([number, *(_cell(each) for each in cells)])
        return out.getvalue()

    def to_json(self) -> str:
        """Everything, as one JSON document."""
        body = {
            "dataset": self.dataset,
            "made": time_text(self.made.astimezone(UTC)),
            "program": f"pilookup {__version__}",
            "files": [item.to_json() for item in self.items],
            "counts": dict(self.counts),
            "command": self.command,
        }
        return json.dumps(body, ensure_ascii=False, indent=2) + "\n"

    def _in_one_language(self, at: int, language: Language) -> Html:
        def word(name: str) -> str:
            return _LABELS[name][at]

        facts = {
            "dataset": self.dataset,
            "made": f"{self.made.astimezone(UTC):%Y-%m-%d %H:%M}",
            "program": f"pilookup {__version__}",
        }
        signers = [[word(who), "", "", "", ""] for who in ("first", "second", "witness")]
        return element(
            "main",
            element("nav", *(element("a", _LABELS["here"][i], href=f"#{LANGUAGES[i]}") for i in range(2) if i != at)),
            element("h1", word("title")),
            element("p", *(element("span", f"{word(name)}: {text}") for name, text in facts.items()), class_="about"),
            element("p", word("keep"), class_="about"),
            element("h2", word("files")),
            table(
                [word(name) for name in ("number", "path", "type", "bytes", "digests")],
                (_row(number, item) for number, item in enumerate(self.items, 1)),
            ),
            element("h2", word("counts")),
            table([word(name) for name in self.counts], [[f"{count:,}" for count in self.counts.values()]]),
            element("h2", word("command")),
            element("p", self.command, class_="command"),
            element("h2", word("signatures")),
            table([word(name) for name in ("who", "name", "unit", "signature", "date")], signers, class_="sign"),
            id=language,
            lang=language,
        )


def _row(number: int, item: EvidenceItem) -> list[str]:
    if item.sha256 is None:
        return [f"{number:,}", item.path, item.kind, "–", item.note]
    digests = joined(
        element("div", f"SHA-256 {item.sha256}", class_="digest"), element("div", f"SM3 {item.sm3}", class_="digest")
    )
    return [f"{number:,}", item.path, item.kind, f"{item.size:,}", digests]


def _cell(value: Any) -> Any:
    """A cell of the CSV. A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
