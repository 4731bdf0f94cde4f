"""The marks of a recording: where each sentence begins and ends, in the form in which Audacity exports labels."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pilookup_server.page_host.sound.frames import SoundError
from pilookup_server.page_host.sound.sentences import Sentence, sentences

SHORTEST: Final = 0.2
"""The shortest sentence, in seconds: a shorter one is a mark in the wrong place."""

_TIME: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?", re.ASCII)
_CODE: Final = re.compile(r"([0-9]{1,4})-[0-9a-f]{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a sentence sounds.

    Attributes:
        sentence: The sentence.
        start: When it begins, in seconds.
        end: When it ends, in seconds.
        line: The line of the file, from 1.
    """

    sentence: Sentence
    start: float
    end: float
    line: int


def read_marks(text: str, length: float) -> list[Mark]:
    """Read a file of marks.

    A line has the start, the end and the code of a sentence, separated by tabs. Where start and end are the same, the
    sentence ends where the next one starts.

    Args:
        text: The text of the file.
        length: The length of the recording, in seconds.

    Returns:
        One mark a sentence, in the order of the times.

    Raises:
        SoundError: A line is none of the kind, times do not ascend or lie beyond the end, a sentence is unknown, marked
            twice or, unless it is local, not marked. The text names the line.
    """
    marks = _with_ends(list(_lines(text)), length)
    before = 0.0
    for mark in marks:
        if mark.start < before or mark.end - mark.start < SHORTEST:
            raise SoundError(
                f"line {mark.line}: a sentence must start when the one before has ended or later, and last {SHORTEST} s"
            )
        if mark.end > length:
            raise SoundError(f"line {mark.line}: ends at {mark.end:.2f} s, but the recording at {length:.2f} s")
        before = mark.end
    _check_all_marked(marks)
    return marks


def _lines(text: str) -> Iterator[Mark]:
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        # Audacity writes the frequencies of a label to a line of their own, which begins so.
        if not line.strip() or line.startswith("\\"):
            continue
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != 3 or not all(_TIME.fullmatch(field) for field in fields[:2]):
            raise SoundError(f"line {number}: not a start and an end in seconds and a code, separated by tabs")
        yield Mark(_sentence(fields[2], number), float(fields[0]), float(fields[1]), number)


def _sentence(code: str, line: int) -> Sentence:
    found = _CODE.fullmatch(code)
    known = sentences()
    index = int(found[1]) if found else 0
    if not found or not 1 <= index <= len(known):
        raise SoundError(f"line {line}: not the code of a sentence, such as {known[0].code}")
    if known[index - 1].code != code:
        raise SoundError(
            f"line {line}: the text of sentence {index} has changed; record it again: {known[index - 1].text}"
        )
    return known[index - 1]


def _with_ends(marks: list[Mark], length: float) -> list[Mark]:
    nexts = [*(mark.start for mark in marks[1:]), length]
    return [
        replace(mark, end=end) if math.isclose(mark.start, mark.end, abs_tol=1e-9) else mark
        for mark, end in zip(marks, nexts, strict=False)
    ]


def _check_all_marked(marks: list[Mark]) -> None:
    marked: set[str] = set()
    for mark in marks:
        if mark.sentence.name in marked:
            raise SoundError(f"line {mark.line}: sentence {mark.sentence.number} is marked a second time")
        marked.add(mark.sentence.name)
    missing = [one for one in sentences() if one.name not in marked and not one.local]
    if missing:
        raise SoundError(f"no mark for {len(missing)} sentences: {', '.join(one.code for one in missing)}")
