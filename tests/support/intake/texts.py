"""Texts like those in seized files, and the two ways to read them: by splits and row by row."""

import io
from collections import deque
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from pilookup.custody.intake import Accepted, IntakeOptions, Report
from pilookup.custody.intake.files.source import read_range
from pilookup.custody.intake.read import Collect, FileReader, TextSplit, read_file
from pilookup.custody.intake.refusal import require_numbers
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.rows.packed import OFFSET
from pilookup.custody.intake.rows.split_reader import SplitReader
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind


def strings(items):
    offsets = np.frombuffer(items.offsets, OFFSET).tolist()
    return [items.data[start:stop] for start, stop in pairwise(offsets)]


def read_by_rows(path, options):
    """(rows sorted, report, rejects) of a file read row by row."""
    report, rejects, rows = Report(), io.StringIO(), []
    for batch in read_file(path, options, report, rejects):
        rows += zip(batch.identifiers, [account or b"" for account in batch.accounts], batch.months, strict=True)
    return sorted(rows), report, rejects.getvalue()


def read_by_splits(path, options, size, ahead=3, seen=None):
    """The same by splits of about `size` bytes, of which `ahead` are read before the outcome of the first is taken."""
    report, rejects, rows = Report(), io.StringIO(), []
    out = Rejects(rejects)
    reader = FileReader(path, options, report, out, split_bytes=size)
    pending = deque()
    for work in reader.work():
        if isinstance(work, TextSplit):
            if seen is not None:
                seen.append(work)
            pending.append((work, work.text.layout, *read_split(path, work, reader)))
        elif isinstance(work, Accepted):
            rows += zip(work.identifiers, [account or b"" for account in work.accounts], work.months, strict=True)
            if seen is not None and work.identifiers:
                seen.append(work)
        while len(pending) > (0 if isinstance(work, Collect) else ahead):
            take(*pending.popleft(), report, out, rows)
    require_numbers(reader.source.location, report, options)
    return sorted(rows), report, rejects.getvalue()


def read_split(path, work, reader):
    """The reader, numbers and rejects of a split, or the error that reading it raises."""
    split, out = work.split, io.StringIO()
    try:
        data = work.data
        if data is None:
            data = read_range(path, work.form.location, reader.source.file_id, split.start, split.reach)
        split_reader = SplitReader(work.form, split, data, Rejects(out, header=False))
        return split_reader, split_reader.read(), out.getvalue()
    except IntakeError as error:
        return error, None, ""


def take(work, layout, split_reader, packed, cells, report, out, rows):
    """Take the outcome of a split, as `LoadedFile.take` does."""
    if not work.text.accepts(work.form):
        return
    if isinstance(split_reader, IntakeError):
        raise split_reader
    work.text.take(work.split, split_reader.tally, split_reader.change, split_reader.above)
    report.add(split_reader.report)
    out.join(cells, layout.label)
    identifiers, indices = strings(packed.identifiers), np.frombuffer(packed.indices, OFFSET).tolist()
    names = strings(packed.accounts) if packed.accounts is not None else [b""] * len(packed)
    months = np.frombuffer(packed.months, "<u2").tolist()
    rows += zip([identifiers[index] for index in indices], names, months, strict=True)


def outcome(way, *given):
    try:
        return way(*given)
    except IntakeError as error:
        return str(error)


def assert_same(path, options, sizes=(1, 7, 64, 1 << 20)):
    wanted = outcome(read_by_rows, path, options)
    for size in sizes:
        found = outcome(read_by_splits, path, options, size)
        assert found == wanted, f"splits of {size}"
    return wanted


PHONES = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(
        r"( |')?(\+86|0086|86|\(86\)|0)?[ -]?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(\.0)?[ '\t]?", fullmatch=True
    ),
    st.from_regex(r"1[3-9][0-9]{9}[/、 ;]1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(
        [
            "",
            " ",
            "　",
            "１３８００１３８０００",
            "010-62345678",
            "110101199003078515",
            "1.38E+10",
            "138****8000",
            "无",
            "abc",
            "+85223456789",
            "95588",
            "6222021234567890123",
            "\u00a013800138000",
            "13800138000\u200b",
        ]
    ),
)


ACCOUNTS = st.one_of(
    st.sampled_from(["", " ", "alpha", " beta ", "用户甲", "ｗｉｄｅ", "é", "e\u0301", "㈱", "a\u3000"]),
    st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=5),
)


DATES = st.one_of(
    st.sampled_from(
        [
            "",
            "2024-05-01",
            "2024/5/1 12:00",
            "20240501",
            "202405",
            "1714521600",
            "1714521600 5",
            "1999-01-01",
            "2999-01-01",
            "2024-02-30",
            "03/04/2024",
            "2024年5月1日",
            "Jan 5, 2024",
            "45000",
            "45000.5",
            "'2024-01-01'",
            "２０２４-01-02",
            "x",
            "2024.1",
            "2024-01-15T00:00:00Z",
            "2024-1-150 1",
            "0000-01-01",
            "12345678",
        ]
    ),
    st.from_regex(r"20[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T,][ -~]{0,6})?", fullmatch=True),
    st.from_regex(r"[0-9]{4,14}", fullmatch=True),
)


NAMES = st.sampled_from(["张三", "a", "", 'say ""so""', "x y", '"', 'a"b', "\t", "'", " "])


ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def messy_tables(draw, delimiter=","):
    """A text whose rows may be quoted, ragged or blank, with stray quotes and with line ends inside cells."""
    lines = [delimiter.join(["姓名", "手机号", "账号", "日期"])]
    for _ in range(draw(st.integers(0, 25))):
        cells = [draw(NAMES), draw(PHONES), draw(ACCOUNTS), draw(DATES)]
        shape = draw(st.integers(0, 11))
        if shape < 4:
            cells = [f'"{cell}"' for cell in cells]
        elif shape == 4:
            cells[0] = '"two\r\nlines"'
        elif shape == 5:
            cells[draw(st.integers(0, 3))] = '"open'
        elif shape == 6:
            cells = cells[: draw(st.integers(0, 3))]
        elif shape == 7:
            cells += ["more", draw(PHONES)]
        elif shape == 8:
            cells[1] = f'  "{cells[1]}" x'
        elif shape == 9:
            cells[draw(st.integers(1, 3))] = '"in\nside"'
        lines.append(delimiter.join(cells))
    end = draw(ENDS)
    return end.join(lines) + draw(st.sampled_from(["", end, end + "\x1a", end * 3]))


OPTIONS = [IntakeOptions(Kind.MALICIOUS), IntakeOptions(Kind.EXPOSURE)]


ENCODED = st.sampled_from(["utf-8", "utf-8-sig", "gb18030"])
