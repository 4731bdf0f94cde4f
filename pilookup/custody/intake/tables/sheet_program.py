"""The program that parses a workbook or a page. `sheet_process` runs it in a separate process.

A workbook parser holds a sheet in memory as a full grid. On a damaged file it may panic and print the content that it
could not parse. In a process with limits of memory and time and without error output, neither a grid bomb nor a panic
affects the loader, and no cell reaches a terminal, a log or a core file.

Its arguments are the limit of memory in bytes, the parser ("workbook", "ods", "html", "mhtml" or "spreadsheetml") and
the limit of processor time in seconds. Standard input has one line, a JSON list of passwords, and then the bytes of
the file. Standard output has one JSON value per line:
    {"sheet": name, "hidden": bool}      a table starts; the name is "sheet X" or "table 1", or empty
    [[cell, ...], ...]                   its next rows, from row 1 on; every cell is text
    {"bad_bytes": count}                 places that are not text in the encoding of the file
    {"unread": count, "where": place}    numbers in a part of the file that is no table
    {"missing": name}                    a sheet that the file names but does not hold
    {"formulas": count}                  cells of the last table without a value, whose formula stands for it
    {"fault": "password" | "damaged" | sentence}   the file cannot be read; nothing follows
    {"end": true}                        the whole file was read
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    """Parse the file on standard input and write its rows to standard output."""
    memory, parser, seconds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    _limit(memory, seconds)
    passwords = json.loads(sys.stdin.buffer.readline())
    for value in _values(parser, sys.stdin.buffer.read(), passwords):
        sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _limit(memory: int, seconds: int) -> None:
    """Limit the address space and the processor time and forbid core files, if the system has such limits."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:  # Windows
        return
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _values(parser: str, data: bytes, passwords: list[str]) -> Iterator[object]:
    # The program is run by its path, without the directories from which its parent imports.
    sys.path.insert(0, str(Path(__file__).parents[4]))
    from pilookup.custody.intake.tables.sheet_values import SheetFaultError  # noqa: PLC0415 - the path is set above

    try:
        yield from _parse(parser, data, passwords)
    except SheetFaultError as error:
        yield {"fault": error.fault}
    except MemoryError:
        yield {"fault": "damaged"}
    else:
        yield {"end": True}


def _parse(parser: str, data: bytes, passwords: list[str]) -> Iterator[object]:
    """Parse with the module of the format. Only that module is imported, since each needs other libraries."""
    if parser == "html":
        from pilookup.custody.intake.tables.html import html_sheets  # noqa: PLC0415

        return html_sheets(data)
    from pilookup.custody.intake.tables.unshown_text import with_numbers_in_names  # noqa: PLC0415

    if parser == "mhtml":
        from pilookup.custody.intake.tables.mhtml import mhtml_sheets  # noqa: PLC0415

        return with_numbers_in_names(lambda: mhtml_sheets(data))
    if parser == "spreadsheetml":
        from pilookup.custody.intake.tables.spreadsheetml import spreadsheetml_sheets  # noqa: PLC0415

        return with_numbers_in_names(lambda: spreadsheetml_sheets(data))
    if parser == "ods":
        from pilookup.custody.intake.tables.ods import ods_sheets  # noqa: PLC0415

        return with_numbers_in_names(lambda: ods_sheets(data))
    from pilookup.custody.intake.tables.sheets import workbook_sheets  # noqa: PLC0415

    return with_numbers_in_names(lambda: workbook_sheets(data, passwords))


if __name__ == "__main__":
    main()
