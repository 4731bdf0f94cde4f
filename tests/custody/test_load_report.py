"""The report of a load: complete in both languages, escaped, and without anything that loads or runs."""

import gzip
import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody import html_report
from pilookup.custody.intake import Report
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole, ColumnUse
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.custody.load_report.advice import ADVICE
from pilookup.custody.load_report.charts import by_period, month_chart
from pilookup.custody.load_report.figures import ColumnCounts, column_counts
from pilookup.custody.load_report.words import CHOSEN_BY, LABELS, REASONS, ROLES
from pilookup.custody.markup import Html, element, joined
from pilookup.identifier import Reason
from pilookup.protocol.label import Kind
from tests.support.custody.home import numbers, run_load, write_csv
from tests.support.custody.outcomes import rich_outcome

NOW = datetime(2026, 11, 29, 12, 34, tzinfo=UTC)
VOID = {"meta"}


class Reader(HTMLParser):
    """Reads a page: the elements with their attributes, the text of each language, and whether tags are balanced."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self._open = [], {"": []}, []
        self._language = ""
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        if tag == "main":
            self._language = dict(attrs)["id"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.texts.setdefault(self._language, []).append(data)

    def text(self, language):
        return "".join(self.texts[language])


def read(outcome):
    return Reader(html_report(outcome, NOW))


def test_everything_that_is_shown_has_a_text_in_both_languages():
    assert set(ADVICE) == set(WarningCode)
    assert set(REASONS) == {*Reason, "erased"}
    assert set(ROLES) == set(ColumnRole)
    assert set(CHOSEN_BY) == set(ChosenBy)
    pairs = [*REASONS.values(), *ROLES.values(), *CHOSEN_BY.values(), *LABELS.values()]
    pairs += [(each.meaning_zh, each.meaning_en) for each in ADVICE.values()]
    pairs += [(each.to_do_zh, each.to_do_en) for each in ADVICE.values()]
    for chinese, english in pairs:
        assert any("\u4e00" <= char <= "\u9fff" for char in chinese) or chinese == "English"
        assert english
        assert english.isascii() or english == "English"


def test_each_language_shows_all_counts_columns_and_warnings():
    outcome = rich_outcome()
    page = read(outcome)
    for language, words in (("zh", ("接受", "警告", "没有读取")), ("en", ("Accepted", "Warnings", "not read"))):
        text = page.text(language)
        for shown in (
            *words,
            "120,441",
            "118,908",
            "97,520",
            "21,388",
            "1,204",
            "80,000",
            "承办人电话",
            "2026-11-29 12:34",
        ):
            assert shown in text, (language, shown)
        for code in WarningCode:
            advice = ADVICE[code]
            assert str(code) in text
            assert (advice.to_do_zh if language == "zh" else advice.to_do_en) in text
        assert text.count(outcome.total.warnings[0].text) == len(WarningCode)
        assert "村民名单.xlsx sheet 一组, 村民名单.xlsx sheet 二组: phone column 2 by name" in text


@pytest.mark.parametrize(
    ("state", "chinese", "english"),
    [
        ({}, "已保存", "Stored."),
        ({"dry_run": True}, "试读：什么都没有保存", "Dry run: nothing was stored."),
        ({"refused": True}, "什么都没有保存", "--strict was given: nothing was stored."),
        ({"dry_run": True, "refused": True}, "什么都没有保存", "--strict was given: nothing was stored."),
    ],
)
def test_it_says_whether_the_load_was_stored(state, chinese, english):
    page = read(rich_outcome(**state))
    assert chinese in page.text("zh")
    assert english in page.text("en")
    assert ("Stored." in page.text("en")) == (not state)


def test_it_loads_and_runs_nothing():
    page = html_report(rich_outcome(), NOW)
    elements = Reader(page).elements
    assert not {tag for tag, _ in elements} & {"script", "link", "img", "iframe", "object", "form", "base"}
    attributes = {name for _, names in elements for name in names}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"src", "style", "xlink:href"}
    for loaded in ("http:", "https:", "url(", "@import"):
        assert loaded not in page
    assert "default-src 'none'" in page


HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</style><b>",
            '"><img src=x onerror=alert(1)>',
            "&lt;b&gt;",
            "]]>",
            "<!--",
            "'",
            "{x}",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
)


def told(location, header, text, note, slug):
    report = Report(1, 1, 1, 0, Counter({text or "x": 1}), [note])
    report.columns.append(ColumnUse(location, 1, 1, header, ColumnRole.PHONE, ChosenBy.NAME))
    report.warn(WarningCode.OTHER_PARTY, location, 1, text, column=1, header=header)
    total = Report(distinct=1)
    total.add(report)
    return LoadOutcome(slug, dry_run=False, total=total, files=[report], names=[location])


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_every_text_is_shown_as_it_is_and_makes_no_element(location, header, text, note, slug):
    text = text.replace("--", "-")  # options are in elements
    page = read(told(location, header, text, note, slug))
    plain = read(told("location", header and "header", "text", "note", "slug"))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    for shown in (location, header, text, slug):
        assert shown in page.text("en")
        assert shown in page.text("zh")


@given(st.lists(st.tuples(st.booleans(), st.text(max_size=20)), max_size=8))
def test_only_html_is_not_escaped(parts):
    content = joined(*(Html("<i></i>") if html else text for html, text in parts))
    assert content.count("<i></i>") == sum(html for html, _ in parts)
    assert (
        element("p", content, class_="x", data_x="<&>\"'")
        == f'<p class="x" data-x="&lt;&amp;&gt;&quot;&#x27;">{content}</p>'
    )
    assert element("p", "", class_=None) == "<p></p>"


def test_a_load_of_nothing_special_is_shown_too():
    report = Report(2, 2, 2, 0)
    page = read(LoadOutcome("case", dry_run=False, total=report, files=[report], names=["a.csv"]))
    assert "There are no warnings." in page.text("en")
    assert "No dates were read." in page.text("en")
    assert "By file" not in page.text("en")
    assert "Notes" not in page.text("en")
    empty = read(LoadOutcome("case", dry_run=False, total=Report()))
    assert "–" in empty.text("en")


def test_files_that_were_left_out_are_listed():
    page = read(LoadOutcome("case", dry_run=False, total=Report(), skipped=["<b>.csv: the file is empty"]))
    for language in ("zh", "en"):
        assert "<b>.csv: the file is empty" in page.text(language)
    assert "Files left out" not in read(rich_outcome()).text("en")


def test_long_tables_are_cut_and_the_report_says_so():
    total = rich_outcome().total
    total.columns *= 500
    total.warnings *= 100
    outcome = LoadOutcome("case", dry_run=False, total=total, files=[Report()] * 1500, names=["a.csv"] * 1500)
    told = re.findall(r">([\d,]+) more rows are left out", html_report(outcome, NOW))
    assert told == ["100", "500", "1,500", "500"]  # warnings, counts by column, columns, files


def test_counts_of_columns_are_those_that_were_gathered():
    outcome = rich_outcome()
    assert column_counts(outcome) == [
        ColumnCounts("村民名单.xlsx sheet 一组", 1, 2, "联系电话", 80_000, 315),
        ColumnCounts("村民名单.xlsx sheet 二组", 1, 2, "联系电话", 38_000, 1216),
        ColumnCounts("村民名单.xlsx sheet 二组", 2, 3, None, 900, 0),
        ColumnCounts("list.csv", None, None, None, 8, 2),
    ]


def test_counts_of_a_file_with_one_phone_column_are_those_of_the_column():
    report = Report(3, 2, 2, 0, Counter(empty=1))
    for column, role in ((4, ColumnRole.PHONE), (5, ColumnRole.DATE)):
        report.columns.append(ColumnUse("a.csv", 1, column, "h", role, ChosenBy.NAME))
    outcome = LoadOutcome("case", dry_run=False, total=report, files=[report])
    assert column_counts(outcome) == [ColumnCounts("a.csv", 1, 4, "h", 2, 1)]
    report.columns.append(ColumnUse("a.csv", 2, 1, None, ColumnRole.PHONE, ChosenBy.CONTENT))
    assert column_counts(outcome) == [ColumnCounts("1", None, None, None, 2, 1)]


MONTHS = st.dictionaries(st.integers(1, 340), st.integers(1, 10**9), min_size=1, max_size=80)


@given(MONTHS)
def test_periods_have_all_numbers_and_no_gap(months):
    periods = by_period(months)
    assert sum(count for _, count in periods) == sum(months.values())
    labels = [label for label, _ in periods]
    assert labels == sorted(set(labels))
    assert len(periods) <= 60
    page = month_chart(months, "title")
    assert page.count("<rect") == sum(bool(count) for _, count in periods)


def test_periods_are_months_or_years():
    assert by_period({1: 3, 12: 1, 13: 2})[:2] == [("2000-01", 3), ("2000-02", 0)]
    assert by_period({1: 3, 12: 1, 13: 2})[-2:] == [("2000-12", 1), ("2001-01", 2)]
    assert by_period({12: 1, 13: 2, 313: 5})[:2] == [("2000", 1), ("2001", 2)]
    assert by_period({12: 1, 13: 2, 313: 5})[-1] == ("2026", 5)


def dated(tmp_path, rows):
    """The same rows as a text, as a text in gzip, and as a workbook."""
    text = write_csv(tmp_path / "a.csv", [",".join(row) for row in rows], "手机号,账号,注册时间")
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(text.read_bytes()))
    workbook = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(workbook) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([("手机号", "账号", "注册时间"), *rows]):
            sheet.write_row(at, 0, row)
    return text, packed, workbook


@pytest.mark.parametrize("kind", list(Kind))
def test_the_months_of_all_accepted_numbers_are_counted_however_they_are_read(session, tmp_path, kind):
    first, second, third = numbers(3)
    rows = [
        (first, "a", "2026-03-01"),
        (first, "a", "2026-03-09"),
        (second, "b", ""),
        (f"{second}/{third}", "c", "2025-12-31"),
        ("none", "d", "2026-03-02"),
    ]
    for path in dated(tmp_path, rows):
        total = run_load(session, [path], kind=kind, slug=str(kind), dry_run=True).total
        assert total.months == {0: 1, 25 * 12 + 12: 2, 26 * 12 + 3: 2}, path
        assert total.months.total() == total.accepted
        assert "months" not in total.to_json()


def test_counts_by_column_are_those_of_the_cells_however_they_are_read(session, tmp_path):
    """Two phone columns, in plain rows that the core reads and in rows that are read by the rules."""
    first, second = numbers(40), numbers(40, start=5000)
    rows = [(a, "" if at % 4 else b) for at, (a, b) in enumerate(zip(first, second, strict=True))]
    rows += [(f"{numbers(1, 900)[0][:3]} {numbers(1, 900)[0][3:]}", "无"), (first[0], first[0]), ("12345", "")]
    header = "手机号,备用号码"
    text = write_csv(tmp_path / "a.csv", [",".join(row) for row in rows], header)
    workbook = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(workbook) as book:
        sheet = book.add_worksheet("S")
        for at, row in enumerate([tuple(header.split(",")), *rows]):
            sheet.write_row(at, 0, row)
    for path, location in ((text, "a.csv"), (workbook, "a.xlsx sheet S")):
        outcome = run_load(session, [path], dry_run=True)
        assert column_counts(outcome) == [
            ColumnCounts(location, 1, 1, "手机号", 42, 1),
            ColumnCounts(location, 1, 2, "备用号码", 10, 1),
        ], path
        assert outcome.total.accepted == 52
        assert outcome.total.rejected.total() == 2
