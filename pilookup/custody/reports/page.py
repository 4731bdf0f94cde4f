"""What became of each case's accounts as one HTML page, in Chinese and then in English. It has no number of anybody."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from pilookup._version import __version__
from pilookup.custody.bars import bar
from pilookup.custody.control.report_rows import ImportedReport
from pilookup.custody.markup import Html, document, element, joined, table
from pilookup.custody.reports.summary import CaseReports
from pilookup.protocol.report_answers import AnswerKind
from pilookup.protocol.reports import AFTERWARDS, Verb

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_LABELS: Final = {
    "title": ("案件账号处置情况", "What became of each case's accounts"),
    "here": ("中文", "English"),
    "made": ("生成时间（UTC）", "Made (UTC)"),
    "program": ("程序", "Program"),
    "cases": ("案件数", "Cases"),
    "about": (
        "数字由各平台报告，是截至各自最近一次报告的号码数。不足 100 的不报，其余只报两位有效数字；没有任何号码或账号。",
        "Platforms report numbers of the case, up to the newest report of each; below 100 not told, else two digits.",
    ),
    "none": ("还没有报告。", "There are no reports yet."),
    "case": ("案件", "Case"),
    "verb": ("处置", "What was done"),
    "numbers": ("号码数", "Numbers"),
    "platforms_not_told": ("未报此项的平台", "Platforms that do not tell it"),
    "platform": ("平台", "Platform"),
    "quarter": ("季度", "Quarter"),
    "users": ("已筛查用户（数量级）", "Users screened (order)"),
    "counts": ("报告的数字", "Counts"),
    "answer": ("答复", "Answer"),
    "report": ("报告", "Report"),
    "exact": ("精确数字，理由：", "Exact counts, because: "),
    "no_answer": ("尚未答复", "none yet"),
    "nothing": ("无", "none told"),
}
VERBS: Final = {
    Verb.VERIFIED: ("核验", "verified"),
    Verb.CORRECTED: ("更正", "corrected"),
    Verb.RESTRICTED: ("限制功能", "restricted"),
    Verb.SUSPENDED: ("暂停服务", "suspended"),
    Verb.CLOSED: ("关闭账号", "closed"),
    Verb.BARRED: ("禁止注册", "barred"),
    Verb.APPEALED: ("已申诉", "appealed"),
    Verb.RELEASED: ("已解除", "released"),
}
_ANSWERS: Final = {AnswerKind.NOTED: ("已收悉", "noted"), AnswerKind.QUESTION: ("有疑问", "question")}


def reports_page(cases: Sequence[CaseReports], now: datetime) -> str:
    """The page.

    Args:
        cases: The cases, as `summarise` returns them.
        now: The time of the page.

    Returns:
        An HTML document, to be written in UTF-8.
    """
    mains = [_in_one_language(at, cases, now) for at in range(len(LANGUAGES))]
    return document(" · ".join(_LABELS["title"]), *mains)


def _in_one_language(at: int, cases: Sequence[CaseReports], now: datetime) -> Html:
    facts = {
        "made": f"{now.astimezone(UTC):%Y-%m-%d %H:%M}",
        "program": f"pilookup {__version__}",
        "cases": f"{len(cases):,}",
    }
    links = [element("a", _LABELS["here"][i], href=f"#{LANGUAGES[i]}") for i in range(len(LANGUAGES)) if i != at]
    return element(
        "main",
        element("nav", *links),
        element("h1", _LABELS["title"][at]),
        element(
            "p", *(element("span", f"{_LABELS[name][at]}: {text}") for name, text in facts.items()), class_="about"
        ),
        element("p", _LABELS["about"][at], class_="about"),
        *([] if cases else [element("p", _LABELS["none"][at], class_="state")]),
        *(_case(each, at) for each in cases),
        id=LANGUAGES[at],
        lang=LANGUAGES[at],
    )


def _case(case: CaseReports, at: int) -> Html:
    name = case.dataset or "?"
    title = (case.title_zh, case.title_en)[at]
    totals, not_told = case.totals, case.not_told
    most = max(sum(count for verb, count in totals.items() if verb not in AFTERWARDS), *totals.values())
    whole = bar([(str(verb), totals[verb]) for verb in Verb if verb not in AFTERWARDS], most)
    verbs = [
        (VERBS[verb][at], _total(case, verb), str(not_told[verb] or ""), bar([(str(verb), totals[verb])], most))
        for verb in Verb
    ]
    reported = [_LABELS[label][at] for label in ("platform", "quarter", "users", "counts", "answer", "report")]
    return element(
        "section",
        element("h2", f"{_LABELS['case'][at]} {case.case} ({name}): {title}"),
        whole,
        table([_LABELS["verb"][at], _LABELS["numbers"][at], _LABELS["platforms_not_told"][at], ""], verbs),
        element("h3", _LABELS["report"][at]),
        table(reported, (list(_report(each, at)) for each in case.newest)),
    )


def _total(case: CaseReports, verb: Verb) -> str:
    """The sum of what platforms tell; a dash if none of them tells anything."""
    return "–" if case.not_told[verb] == len(case.newest) else f"{case.totals[verb]:,}"


def _report(each: ImportedReport, at: int) -> Iterator[str]:
    report = each.received.report
    told = [f"{VERBS[verb][at]} {count:,}" for verb, count in report.counts.items() if count is not None]
    counts: str = ", ".join(told) or _LABELS["nothing"][at]
    if report.because is not None:
        counts = joined(element("span", _LABELS["exact"][at] + report.because, class_="open"), Html("<br>"), counts)
    yield each.received.platform
    yield str(report.quarter)
    yield f"{report.users:,}"
    yield counts
    yield _ANSWERS[each.answer.kind][at] if each.answer else _LABELS["no_answer"][at]
    yield element("code", report.id[:8])
