"""The audit log as one HTML page, to read and to print: in Chinese, then in English."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from pilookup._version import __version__
from pilookup.custody.audit.timeline import LoggedCommand
from pilookup.custody.markup import Html, document, element, joined, table

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_LABELS: Final = {
    "title": ("操作审计日志", "Audit log"),
    "here": ("中文", "English"),
    "home": ("数据目录", "HOME"),
    "made": ("生成时间（UTC）", "Made (UTC)"),
    "program": ("程序", "Program"),
    "since": ("起始日期", "Since"),
    "commands": ("操作数", "Commands"),
    "whole": (
        "哈希链完整：没有条目被改动、删除或调换。末尾的封印和发布签名由 pilookup audit verify 核对。",
        "The chain is whole. `pilookup audit verify` also checks the seal of its end and the signatures of releases.",
    ),
    "broken": ("哈希链不完整：", "The chain is not whole:"),
    "no_numbers": (
        "审计日志里只有时间、操作人、命令、计数和发布的摘要，没有任何号码。",
        "The log has times, operators, commands, counts and digests of releases: no number of anybody.",
    ),
    "entry": ("条目", "Entry"),
    "time": ("时间（UTC）", "Time (UTC)"),
    "operator": ("操作人", "Operator"),
    "command": ("命令", "Command"),
    "asked": ("要求", "Asked"),
    "outcome": ("结果", "Outcome"),
    "did": ("计数", "Counts"),
    "none": ("没有结果：被中断，或结果没能写入", "none: it was killed, or its outcome could not be written"),
    "done": ("完成", "done"),
    "failed": ("失败", "failed"),
    "interrupted": ("被中止", "interrupted"),
    "start": ("审计日志开始", "the log starts"),
    "repaired": ("清除了没写完的一行", "a torn line was cut off"),
}


def audit_page(
    home: str, commands: Sequence[LoggedCommand], problems: Sequence[str], now: datetime, since: date | None = None
) -> str:
    """The page.

    Args:
        home: The name of HOME.
        commands: The commands that it lists.
        problems: What is wrong with the chain.
        now: The time of the page.
        since: The day that it begins with; None for the beginning of the log.

    Returns:
        An HTML document, to be written in UTF-8.
    """
    facts = {
        "home": home,
        "made": f"{now.astimezone(UTC):%Y-%m-%d %H:%M}",
        "program": f"pilookup {__version__}",
        "commands": f"{len(commands):,}",
    }
    if since:
        facts["since"] = since.isoformat()
    mains = [_in_one_language(at, language, facts, commands, problems) for at, language in enumerate(LANGUAGES)]
    return document(" · ".join(_LABELS["title"]), *mains)


def _in_one_language(
    at: int, language: Language, facts: Mapping[str, str], commands: Sequence[LoggedCommand], problems: Sequence[str]
) -> Html:
    def word(name: str) -> str:
        return _LABELS[name][at]

    state = element("p", word("whole"), class_="state")
    if problems:
        found = element("ul", *(element("li", problem, lang="en") for problem in problems))
        state = joined(element("p", word("broken"), class_="state refused"), found)
    titles = [word(name) for name in ("entry", "time", "operator", "command", "asked", "outcome", "did")]
    return element(
        "main",
        element("nav", *(element("a", _LABELS["here"][i], href=f"#{LANGUAGES[i]}") for i in range(2) if i != at)),
        element("h1", word("title")),
        element("p", *(element("span", f"{word(name)}: {text}") for name, text in facts.items()), class_="about"),
        element("p", word("no_numbers"), class_="about"),
        state,
        table(titles, (_row(each, at) for each in commands)),
        id=language,
        lang=language,
    )


def _row(each: LoggedCommand, at: int) -> list[str]:
    outcome: str = element("span", _LABELS["none"][at], class_="open")
    if each.outcome is not None:
        outcome = _LABELS[str(each.outcome)][at]
    return [
        f"{each.number:,}",
        f"{each.time:%Y-%m-%d %H:%M:%S}",
        each.operator,
        each.command,
        details_text(each.asked),
        outcome,
        details_text(each.did),
    ]


def details_text(details: Mapping[str, Any]) -> str:
    """Details of an entry as one line for a person, such as `dataset case-1, files 3`; what is false is left out."""
    return ", ".join(
        f"{name} {_value(value)}".removesuffix(" yes") for name, value in details.items() if value not in (None, False)
    )


def _value(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return "; ".join(_value(each) for each in value) or "none"
    return f"({details_text(value)})" if isinstance(value, dict) else str(value)
