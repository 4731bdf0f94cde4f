"""What a report says about how a text was read."""

from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.report import Report
from pilookup.custody.intake.tables.dialect import NO_DELIMITER, Dialect, Separation


def notes_on(location: str, encoding: Encoding, found: Dialect, stray: int) -> list[str]:
    """Sentences for the report about how a text was read.

    Args:
        location: The file or member.
        encoding: Its encoding.
        found: Its dialect.
        stray: Number of lines whose quotes do not pair up.
    """
    notes = [f"{location}: read as {encoding.display_name}, {_describe(found)}"]
    if encoding.nuls:
        notes.append(f"{location}: NUL characters were dropped")
    if stray:
        notes.append(f"{location}: {_lines(stray, 'has', 'have')} quotes that do not pair up; read as plain characters")
    return notes


def tell_bad_bytes(location: str, encoding: Encoding, report: Report, *, halves: int = 0) -> None:
    """Tell of lines with bytes that are no text: as a warning, or as a note if the operator named the encoding.

    Args:
        location: The file or member.
        encoding: Its encoding.
        report: Receives the warning or the note.
        halves: Number of lines in which half a character was found before a delimiter.
    """
    if encoding.other_lines:
        other = "UTF-8" if encoding.codec == "gb18030" else "GB18030"
        report.notes.append(f"{location}: {_lines(encoding.other_lines, 'is', 'are')} {other}, and read so")
    count = encoding.bad_lines + halves
    if not count:
        return
    bad = f"{_lines(count, 'has', 'have')} bytes that are no {encoding.display_name} text"
    if encoding.first_bad:
        bad += f", the first is line {encoding.first_bad}"
    if encoding.given:
        report.notes.append(f"{location}: {bad}")
        return
    advice = "a number with such bytes is rejected: see --rejects, or name the encoding of the file with --encoding"
    report.warn(WarningCode.BAD_BYTES, location, count, f"{bad}; {advice}")


def _describe(found: Dialect) -> str:
    if found.delimiter == NO_DELIMITER:
        return "one cell a line"
    if isinstance(found.delimiter, Separation):
        return found.delimiter
    shown = f'"{found.delimiter}"' if found.delimiter.isprintable() else f"U+{ord(found.delimiter[0]):04X}"
    return "cells separated by " + {"\t": "tab", " ": "space"}.get(found.delimiter, shown)


def _lines(count: int, one: str, many: str) -> str:
    return f"1 line {one}" if count == 1 else f"{count:,} lines {many}"
