"""Lines whose cells have labels: `姓名：张三 手机：138...`, `user=x phone=138...`, and blocks of one person each."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

from pilookup.custody.intake.columns.headers import is_phone
from pilookup.custody.intake.limits import MAX_LINE_CHARS
from pilookup.custody.intake.tables.lines_of_others import LinesOfOthers, cells_of_other
from pilookup.custody.intake.tables.separations import is_footer, is_record_rule

_SIGN_TEXT: Final = r"[\"']?\s{0,20}(?:[:：](?!//|[:：])|=)\s*"
_SIGN: Final = re.compile(_SIGN_TEXT)
_BLOCK_LINE: Final = re.compile(r"\s*([^\W\d][^:：=|\t]{0,30}?)[\"']?\s{0,40}(?:[:：](?!//|[:：])|[=|]|\t)(.*)")
_RULE: Final = re.compile(r"\s*([-=*#_~+─━])\1{2,}.*")
_LABEL: Final = re.compile(r"[^\W\d_][\w\-./()（） ]*")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_BOUNDARIES: Final = " \t,;，；|、&{[(（\"'>】]）)\u3000"
_BOUNDARY: Final = re.compile(f"[{re.escape(_BOUNDARIES)}]")
_BEFORE_LABEL: Final = re.compile(r"[\u3400-\u9fff]{1,8}\Z")
"""Characters that touch a label may belong to it, as in 本机号码."""
_TRIMMED: Final = " \t,;，；|、&。{}\u3000"
_MAX_LABEL: Final = 16
_MAX_SIGNS: Final = 40
_MIN_SHARE: Final = 0.25
_MAX_RECORD_LINES: Final = 1000
_MAX_LABELS: Final = 40


class LabelledLines:
    """Separates lines into the cells of labels. Nothing is left out."""

    def __init__(self, labels: Sequence[str], others: LinesOfOthers | None = None) -> None:
        """Prepare to separate lines.

        Args:
            labels: The labels in the order of the cells. The cell of the label "" is the text before the first label.
            others: Finds values of somebody else, which become the last cells. If it is None, none is searched for.
        """
        self._labels = labels
        self._others = others
        known = sorted((re.escape(label) for label in labels if label), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![A-Za-z0-9?/])[\"']?({'|'.join(known)}){_SIGN_TEXT}")

    def count(self, line: str) -> int:
        """Number of labels in a line."""
        return sum(1 for _ in self._pattern.finditer(line))

    def separate(self, line: str) -> list[str]:
        """Separate a line. Cells with the same label are joined by a semicolon. Other text is the last cell."""
        found = list(self._pattern.finditer(line))
        ends = [following.start() for following in found[1:]] + [len(line)]
        cells = dict.fromkeys(self._labels, "")
        values = [
            _without_quotes(line[label.end() : end].strip(_TRIMMED)) for label, end in zip(found, ends, strict=False)
        ]
        before = (line[: found[0].start()] if found else line).strip(_TRIMMED)
        of_others, before_is = self._of_others(line, found, values, before)
        for label, value, name in zip(found, values, of_others, strict=True):
            if not name:
                _add(cells, label[1], value)
        last = [
            cell for name, value in zip(of_others, values, strict=False) if name for cell in cells_of_other(name, value)
        ]
        if before_is:
            last = [*cells_of_other("", before), *last]
        elif "" in cells:
            cells[""] = before
        elif before:
            last = [before, *last]
        return [*cells.values(), *last]

    def _of_others(
        self, line: str, found: Sequence[re.Match[str]], values: Sequence[str], before: str
    ) -> tuple[list[str], bool]:
        """The whole label of each value that is of somebody else, "" for others; and whether the text before is."""
        if self._others is None or not self._others.may_be_in(line) or not line.strip():
            return [""] * len(found), False
        names = [_whole_label(line, label, start) for label, start in zip(found, _starts(found), strict=True)]
        own = _BLOCK_LINE.fullmatch(before)  # a label that is none of those of the cells
        first = (own[1].strip(), own[2].strip()) if own else ("", before)
        marks = self._others.find([first, *zip(names, values, strict=True)], (), whole=True)
        return [name if mark else "" for name, mark in zip(names, marks[1:], strict=True)], marks[0]


def _starts(found: Sequence[re.Match[str]]) -> list[int]:
    """Where the text before each label of a line starts."""
    return [0, *(label.end() for label in found)][: len(found)]


def _whole_label(line: str, label: re.Match[str], start: int) -> str:
    """A label with the characters that touch it."""
    touching = _BEFORE_LABEL.search(line[max(start, label.start() - _MAX_LABEL) : label.start()])
    return (touching[0] if touching else "") + label[1]


def find_labels(lines: Sequence[str]) -> tuple[str, ...]:
    """The labels that stand before a colon or an equals sign in a quarter of the lines or more, in their order.

    The first one is "" if there is text before the first label of a line.
    """
    if len(lines) == 1:  # nothing to compare with: a label is one word
        words = [_BOUNDARY.split(before)[-1] for before in _before_signs(lines[0])]
        labels = dict.fromkeys(word for word in words if _LABEL.fullmatch(word))
        labels = labels if len(labels) > 1 else {}
    else:
        labels = _common_labels(lines)
    if not labels:
        return ()
    read = LabelledLines(("", *labels))
    return ("", *labels) if any(read.separate(line)[0] for line in lines) else tuple(labels)


def _common_labels(lines: Sequence[str]) -> dict[str, None]:
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update({end for before in _before_signs(line) for end in _endings(before)})
    least = max(2, len(lines) * _MIN_SHARE)
    labels: dict[str, None] = {}
    for line in lines:
        for before in _before_signs(line):
            frequent = [end for end in _endings(before) if counts[end] >= least]
            if frequent:  # the longest one that is not much rarer: "Phone Number" rather than "Number"
                most = max(counts[end] for end in frequent)
                labels[max((end for end in frequent if counts[end] * 10 >= most * 9), key=len)] = None
    return labels


def _before_signs(line: str) -> Iterator[str]:
    """The last characters before each sign of a line, back to the sign before it."""
    start = 0
    for sign in islice(_SIGN.finditer(line), _MAX_SIGNS):
        yield line[max(start, sign.start() - _MAX_LABEL - 1) : sign.start()]
        start = sign.end()


def _endings(text: str) -> Iterator[str]:
    """The ends of a text that may be a label: whole words, or two Chinese characters or more. The longest is first."""
    for at in range(max(0, len(text) - _MAX_LABEL), len(text)):
        end = text[at:]
        whole = at == 0 or text[at - 1] in _BOUNDARIES
        if (whole or (len(end) > 1 and _HAN.match(end))) and _LABEL.fullmatch(end) and not end.endswith(" "):
            yield end


class LabelledBlocks:
    """Joins lines with one label each into records."""

    def __init__(self, labels: Sequence[str], others: LinesOfOthers | None = None, *, blank_ends: bool) -> None:
        """Prepare to join lines.

        Args:
            labels: The labels in the order of the cells. A record begins where the first label comes again.
            others: Finds values of somebody else, which become the last cells. If it is None, none is searched for.
            blank_ends: Whether a blank line ends a record.
        """
        self._labels = labels
        self._others = others
        self._blank_ends = blank_ends

    def records(self, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        """The cells of each record, and the index of its first line. Nothing is left out.

        A line without a label goes on with the cell above it. Lines whose label is not known are the last cells.
        """
        cells: dict[str, str] = {}
        of_others: list[str] = []
        last, start, count, size = "", 0, 0, 0
        for at, line in enumerate(lines):
            found = None if _ends_record(line) else _BLOCK_LINE.fullmatch(line)
            label = found[1].strip() if found else ""
            again = bool(cells) and label == self._labels[0] and label in cells
            full = count == _MAX_RECORD_LINES or size > MAX_LINE_CHARS
            if (cells or of_others) and (again or full or (_ends_record(line) and self._is_end(line))):
                yield start, [*self._row(cells), *of_others]
                cells, of_others, last = {}, [], ""
            if _ends_record(line):
                continue
            if not cells and not of_others:
                start, count, size = at, 0, 0
            count, size = count + 1, size + len(line)
            value = _without_quotes((found[2] if found else line).strip(_TRIMMED))
            if self._is_of_other(line, label, value, cells):
                of_others += cells_of_other(label, value)
                continue
            last = label or last
            _add(cells, last, value)
        if cells or of_others:
            yield start, [*self._row(cells), *of_others]

    def _is_of_other(self, line: str, label: str, value: str, cells: dict[str, str]) -> bool:
        if self._others is None or not self._others.may_be_in(line):
            return False
        return self._others.find([(label, value)], cells, whole=False)[0]

    def _is_end(self, line: str) -> bool:
        return self._blank_ends or bool(line.strip())

    def _row(self, cells: dict[str, str]) -> list[str]:
        others = [
            f"{label}：{value}" if label else value for label, value in cells.items() if label not in self._labels
        ]
        return [cells.get(label, "") for label in self._labels] + others


def find_block_labels(lines: Sequence[str]) -> tuple[tuple[str, ...], bool, bool]:
    """The labels of lines that have one each, in their order, whether blank lines end records, and whether labels come
    again, so that there are several records.

    There are none unless most lines have a label, and most of these labels come again or name a phone.
    """
    found = [None if _ends_record(line) else _BLOCK_LINE.fullmatch(line) for line in lines]
    counts = Counter(line[1].strip() for line in found if line)
    filled = [not _ends_record(line) for line in lines]
    again = {label: count for label, count in counts.items() if count > 1}
    one_record = not again and len(counts) < _MAX_LABELS and any(map(is_phone, counts))
    if counts.total() * 10 < sum(filled) * 7 or (sum(again.values()) * 10 < counts.total() * 8 and not one_record):
        return (), True, False
    groups = sum(one and not before for before, one in pairwise([False, *filled]))
    return tuple(again or counts), sum(filled) > 1.5 * groups, bool(again)


def _ends_record(line: str) -> bool:
    return not line.strip() or bool(_RULE.fullmatch(line)) or is_record_rule(line) or is_footer(line)


def _add(cells: dict[str, str], label: str, value: str) -> None:
    before = cells.get(label, "")
    cells[label] = f"{before};{value}" if before and value else before + value


def _without_quotes(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
