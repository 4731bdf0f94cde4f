"""The sections of a report in one language."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from pilookup.custody.bars import bar
from pilookup.custody.intake.load_warning import LoadWarning
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.custody.load_report.advice import ADVICE
from pilookup.custody.load_report.charts import month_chart
from pilookup.custody.load_report.figures import ColumnCounts, column_counts
from pilookup.custody.load_report.notes import joined_notes
from pilookup.custody.load_report.words import CHOSEN_BY, REASONS, ROLES, Words
from pilookup.custody.markup import Html, element, joined

MOST_ROWS: Final = 1000
"""Rows of a table in the report, and its warnings and notes: a page with millions of them opens in no browser."""

Cells = Sequence[str]
_OPTION: Final = re.compile(r"(--[a-z]+(?:-[a-z]+)*(?: phone=)?)")


def sections(outcome: LoadOutcome, words: Words) -> Html:
    """All sections of the report, the warnings before what they are about."""
    parts = [
        _state(outcome, words),
        _figures(outcome, words),
        *([_section(words["skipped"], _sentences(outcome.skipped, words))] if outcome.skipped else []),
        _section(words["warnings"], _warnings(outcome.total.warnings, words)),
        _section(words["by_reason"], _reasons(outcome, words)),
        _section(words["by_column"], _by_column(column_counts(outcome), words)),
        _section(words["months"], _months(outcome, words)),
        _section(words["repeated"], _duplicates(outcome, words)),
        _section(words["columns"], _columns(outcome, words)),
    ]
    if len(outcome.files) > 1:
        parts.append(_section(words["files"], _files(outcome, words)))
    if outcome.total.notes:
        parts.append(_section(words["notes"], _sentences(joined_notes(outcome.total.notes), words)))
    return joined(*parts)


def _sentences(sentences: Sequence[str], words: Words) -> Html:
    """Sentences of the program, which are in English, as a list."""
    items = [element("li", sentence) for sentence in sentences[:MOST_ROWS]]
    return joined(element("ul", *items, lang="en", class_="notes"), _left_out(len(sentences), words))


def _section(title: str, content: Html) -> Html:
    return element("section", element("h2", title), content)


def _state(outcome: LoadOutcome, words: Words) -> Html:
    state = "refused" if outcome.refused else "dry_run" if outcome.dry_run else "stored"
    return element("p", words[state], class_=f"state {state}")


def _figures(outcome: LoadOutcome, words: Words) -> Html:
    total = outcome.total
    figures = {
        "rows": total.rows,
        "accepted": total.accepted,
        "distinct": total.distinct,
        "duplicates": total.duplicates,
        "rejected": total.rejected.total(),
        "warnings": len(total.warnings),
    }
    tiles = [
        element("div", element("dt", words[name]), element("dd", f"{count:,}"), class_=name)
        for name, count in figures.items()
    ]
    return element("dl", *tiles, class_="figures")


def _warnings(warnings: Sequence[LoadWarning], words: Words) -> Html:
    if not warnings:
        return element("p", words["no_warnings"])
    return joined(*(_warning(warning, words) for warning in warnings[:MOST_ROWS]), _left_out(len(warnings), words))


def _warning(warning: LoadWarning, words: Words) -> Html:
    advice = ADVICE[warning.code]
    place = warning.location
    if warning.column is not None:
        place += f" · {words['column']} {warning.column}" + (f" ({warning.header})" if warning.header else "")
    rows = [
        (words["concerned"], element("b", f"{warning.count:,}")),
        (words["meaning"], words.pick((advice.meaning_zh, advice.meaning_en))),
        (words["to_do"], _with_options(words.pick((advice.to_do_zh, advice.to_do_en)))),
        (words["told"], element("span", _with_options(warning.text), lang="en")),
    ]
    facts = [joined(element("dt", name), element("dd", text)) for name, text in rows]
    heading = element("h3", place, " ", element("code", str(warning.code)))
    return element("article", heading, element("dl", *facts), class_="warning")


def _with_options(text: str) -> Html:
    """A text in which the options of commands stand out, and are not broken over two lines."""
    parts = _OPTION.split(text)
    return joined(*(element("b", part, class_="option") if at % 2 else part for at, part in enumerate(parts)))


def _reasons(outcome: LoadOutcome, words: Words) -> Html:
    total = outcome.total
    counts = [("accepted", words["accepted"], "", total.accepted)]
    for reason, count in sorted(total.rejected.items(), key=lambda item: (-item[1], item[0])):
        named = REASONS.get(reason)
        counts.append(("rejected", words.pick(named) if named else reason, reason, count))
    most, everything = max(count for *_, count in counts), sum(count for *_, count in counts)
    rows = []
    for name, label, code, count in counts:
        cell = joined(label, " ", element("code", code)) if code else label
        rows.append((cell, bar([(name, count)], most), f"{count:,}", _share(count, everything)))
    return _table(["", "", words["count"], words["share"]], rows, words, numeric=2)


def _share(count: int, everything: int) -> str:
    return f"{100 * count / everything:.1f}%" if everything else "–"


def _by_column(counts: Sequence[ColumnCounts], words: Words) -> Html:
    most = max((each.accepted + each.rejected for each in counts), default=0)
    rows = [
        (
            each.location,
            "" if each.table is None else f"{each.table}",
            "" if each.column is None else f"{each.column}",
            each.header or "",
            bar([("accepted", each.accepted), ("rejected", each.rejected)], most),
            f"{each.accepted:,}",
            f"{each.rejected:,}",
        )
        for each in counts
    ]
    titles = [words[name] for name in ("location", "table", "column", "header")]
    return _table([*titles, "", words["accepted"], words["rejected"]], rows, words, numeric=5)


def _months(outcome: LoadOutcome, words: Words) -> Html:
    known = {month: count for month, count in outcome.total.months.items() if month and count}
    if not known:
        return element("p", words["no_months"])
    unknown = outcome.total.months[0]
    told = f"{words['months_known']}: {sum(known.values()):,} · {words['months_unknown']}: {unknown:,}"
    return joined(month_chart(known, words["months"]), element("p", told))


def _duplicates(outcome: LoadOutcome, words: Words) -> Html:
    total = outcome.total
    rows = [
        (words[name], bar([(name, count)], total.accepted), f"{count:,}", _share(count, total.accepted))
        for name, count in (("distinct", total.distinct), ("duplicates", total.duplicates))
    ]
    table = _table(["", "", words["count"], words["share"]], rows, words, numeric=2)
    return joined(table, element("p", words["repeated_text"]))


def _columns(outcome: LoadOutcome, words: Words) -> Html:
    columns = outcome.total.columns
    if not columns:
        return element("p", words["no_columns"])
    rows = [
        (
            each.location,
            f"{each.table}",
            f"{each.column}",
            each.header or "",
            words.pick(ROLES[each.role]),
            words.pick(CHOSEN_BY[each.by]),
        )
        for each in columns[:MOST_ROWS]
    ]
    titles = [words[name] for name in ("location", "table", "column", "header", "role", "by")]
    return joined(_table(titles, rows, words), _left_out(len(columns), words))


def _files(outcome: LoadOutcome, words: Words) -> Html:
    names = outcome.names or [""] * len(outcome.files)
    rows = [
        (
            name,
            *(
                f"{count:,}"
                for count in (
                    report.rows,
                    report.accepted,
                    report.distinct,
                    report.duplicates,
                    report.rejected.total(),
                    len(report.warnings),
                )
            ),
        )
        for name, report in zip(names, outcome.files, strict=True)
    ]
    titles = [words[each] for each in ("file", "rows", "accepted", "distinct", "duplicates", "rejected", "warnings")]
    return _table(titles, rows, words, numeric=1)


def _table(titles: Cells, rows: Sequence[Cells], words: Words, numeric: int | None = None) -> Html:
    """A table of at most `MOST_ROWS` rows. The columns from `numeric` on are numbers."""

    def line(name: str, cells: Iterable[str]) -> Html:
        numbers = [None if numeric is None or at < numeric else "number" for at in range(len(titles))]
        return element("tr", *(element(name, cell, class_=kind) for cell, kind in zip(cells, numbers, strict=True)))

    body = [line("td", row) for row in rows[:MOST_ROWS]]
    head = [element("thead", line("th", titles))] if any(titles) else []
    return joined(element("table", *head, element("tbody", *body)), _left_out(len(rows), words))


def _left_out(count: int, words: Words) -> Html:
    if count <= MOST_ROWS:
        return joined()
    return element("p", words["more"].format(count=f"{count - MOST_ROWS:,}"), class_="more")
