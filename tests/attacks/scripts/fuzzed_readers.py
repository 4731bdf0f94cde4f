"""Reads damaged files of every format, as long as one likes.

    python -m tests.attacks.scripts.fuzzed_readers [--seconds 3600] [--seed 1] [--findings DIR] [READER ...]

Each reader starts from the files of `tests.support.intake.seeds` and changes bytes, blocks and words of them, also inside
ZIP packages and compressed files. A file that gives a new outcome (another error, warning or shape of the report) is kept
and changed further. A file is a finding if reading it

- raises anything but a `PilookupError`, ends the process, takes longer than MAX_SECONDS of processor time, or lets the
  process grow by more than MAX_MEMORY since the first file;
- gives counts that differ from what was yielded, or another result when it is read in splits;
- tells a number: a note, a warning, a header or an error holds the last eight digits of one that was stored.

Findings are written into a directory, and their count is the exit code. A table says how many files were read, refused
and kept.
"""

import argparse
import bz2
import csv
import gzip
import io
import lzma
import multiprocessing
import os
import random
import re
import signal
import struct
import sys
import time
import traceback
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.errors import PilookupError
from pilookup.protocol.label import Kind
from tests.support.intake.seeds import PASSWORD, seeds
from tests.support.intake.tables import mutated
from tests.support.intake.texts import read_by_rows, read_by_splits
from tests.support.memory import peak_bytes

MAX_SECONDS = 60
"""Processor time for one file, which started with a few kilobytes."""
MAX_MEMORY = 1 << 30
"""Bytes that the process may grow by, from before the first file."""
MAX_BYTES = 1 << 20
"""A file that grew beyond it is not changed further."""
MAX_KEPT = 2000

_WORDS = [
    *(word.encode() for word in ("手机号", "电话", "姓名", "13800138000", "1.38E+10", "'", '"', "\t", "----", "\0")),
    *(word.encode("gb18030") for word in ("手机号", "座机")),
    *(
        b"<td>",
        b"</table>",
        b"<!DOCTYPE a [",
        b"&#x0;",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\r\n",
        b"\\N",
        b"]]>",
        b"\\u0000",
    ),
    *(b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"\xff\xff\xff\x7f", b"99999999999999999999", b"-1", b"e308"),
]
_UNPACKING = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)
_DIGITS = re.compile(r"\d+")


class SlowError(Exception):
    """Reading a file took longer than MAX_SECONDS of processor time."""


def _slow(*_):
    raise SlowError


def changed(rng, content, kept):
    """A changed copy of a file, changed inside a package or a compressed file as often as outside."""
    inside = rng.random() < 0.6
    if inside and content[:4] == b"PK\x03\x04":
        return _changed_package(rng, content)
    for magic, unpack, pack in (
        (b"\x1f\x8b", gzip.decompress, gzip.compress),
        (b"BZh", bz2.decompress, bz2.compress),
        (b"\xfd7zXZ", lzma.decompress, lzma.compress),
    ):
        if inside and content.startswith(magic):
            try:
                return pack(_changed_bytes(rng, unpack(content), kept))
            except _UNPACKING:
                break
    return _changed_bytes(rng, content, kept)


def _changed_package(rng, content):
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
            members = [(info.filename, package.read(info)) for info in package.infolist()]
            chosen = rng.randrange(len(members))
            for at, (name, data) in enumerate(members):
                copy.writestr(name, _changed_bytes(rng, data, []) if at == chosen else data)
    # What zipfile raises for a package that an earlier change has damaged: it is changed as bytes then.
    except (zipfile.BadZipFile, *_UNPACKING, NotImplementedError, RuntimeError, LookupError, struct.error):
        return mutated(content, rng.random())
    return out.getvalue()


def _changed_bytes(rng, content, kept):
    way = rng.randrange(6)
    if way == 0:
        at = rng.randrange(len(content) + 1)
        return content[:at] + rng.choice(_WORDS) * rng.choice([1, 1, 2, 300]) + content[at:]
    if way == 1 and kept:
        other = rng.choice(kept)[1]
        return content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other) + 1) :]
    if way == 2:
        return content[: rng.randrange(len(content) + 1)]
    return mutated(content, rng.random())


def outcome(path, options, split_bytes):
    """Read a file row by row, and in splits of some bytes unless that is 0.

    Returns:
        What the outcome looks like without numbers, so that like outcomes are equal, and whether the file was read.

    Raises:
        AssertionError: The outcome is a finding.
    """
    found = _read(read_by_rows, path, options)
    if split_bytes:
        assert _read(read_by_splits, path, options, split_bytes) == found, "splits give another result"
    if isinstance(found, str):
        assert path.name in found, "the error does not name the file"
        return _DIGITS.sub("0", found), False
    rows, report, rejects = found
    assert report.accepted == len(rows) > 0, "the count of accepted numbers"
    assert report.rejected.total() == max(0, len(list(csv.reader(io.StringIO(rejects)))) - 1), "the count of rejects"
    _check_silence(rows, report)
    warnings = sorted(str(warning.code) for warning in report.warnings)
    notes = sorted(_DIGITS.sub("0", note) for note in report.notes)
    shape = [(column.header, str(column.role) if hasattr(column, "role") else "") for column in report.columns]
    return repr((warnings, notes, shape[:8], sorted(report.rejected))), True


def _read(way, path, options, *more):
    try:
        return way(path, options, *more)
    except PilookupError as error:
        return str(error)


def _check_silence(rows, report: Report):
    texts = [*report.notes, *(column.header or "" for column in report.columns)]
    for warning in report.warnings:
        texts += [warning.text, warning.location, warning.header or ""]
    told = " ".join(texts)
    for identifier, *_ in rows:
        assert identifier.decode()[-8:] not in told, "a number is told"


def fuzz(reader, seed, findings, goes_on):
    """Fuzz one reader.

    Args:
        reader: A key of `seeds`.
        seed: Of the random changes.
        findings: The directory that findings are written into.
        goes_on: Says for the counts so far whether another file is read.

    Returns:
        Counts: files, read, refused, kept, findings.
    """
    rng, counts = random.Random(f"{reader} {seed}"), Counter()
    kept, seen = list(seeds()[reader]), set()
    first = list(kept)
    options = [
        IntakeOptions(Kind.EXPOSURE, passwords=(PASSWORD,)),
        IntakeOptions(Kind.MALICIOUS, passwords=(PASSWORD,)),
        IntakeOptions(Kind.EXPOSURE, scan_text=True, hidden_sheets=True, passwords=(PASSWORD,)),
    ]
    signal.signal(signal.SIGPROF, _slow)
    before = peak_bytes()
    with TemporaryDirectory() as folder:
        while goes_on(counts):
            name, content = first.pop() if first else _descendant(rng, kept)
            path = Path(folder) / name
            path.write_bytes(content)
            (findings / f"{reader}.running").write_bytes(content)
            counts["files"] += 1
            signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
            try:
                shape, is_read = outcome(path, rng.choice(options), rng.choice([0, 0, 64, 4096]))
                _check_memory(before)
            except Exception:  # noqa: BLE001 - any error is a finding, and it is written down
                counts["findings"] += 1
                at = findings / f"{reader}-{seed}-{counts['files']}"
                at.with_suffix(path.suffix).write_bytes(content)
                at.with_suffix(".traceback").write_text(traceback.format_exc())
                continue
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            counts["read" if is_read else "refused"] += 1
            if shape not in seen:
                seen.add(shape)
                if len(content) <= MAX_BYTES and len(kept) < MAX_KEPT:
                    kept.append((name, content))
    counts["kept"] = len(kept)
    (findings / f"{reader}.running").unlink()
    return counts


def _descendant(rng, kept):
    name, content = rng.choice(kept)
    for _ in range(rng.choice([1, 1, 2, 4])):
        content = changed(rng, content, kept)
    return name, content


def _check_memory(before):
    grown = peak_bytes() - before
    assert grown < MAX_MEMORY, f"{grown >> 20} MiB"


def _run(reader, seconds, seed, findings, results):
    end = time.monotonic() + seconds
    results.put((reader, fuzz(reader, seed, findings, lambda _: time.monotonic() < end)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("readers", nargs="*", choices=[*seeds(), []], help="all of them if none is named")
    parser.add_argument("--seconds", type=float, default=3600, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path("build/fuzzed_readers"))
    arguments = parser.parse_args()
    arguments.findings.mkdir(parents=True, exist_ok=True)
    total = 0
    print(f"{'reader':14}{'files':>10}{'read':>10}{'refused':>10}{'kept':>8}{'findings':>10}")
    for reader in arguments.readers or seeds():
        results = multiprocessing.SimpleQueue()
        child = multiprocessing.Process(
            target=_run, args=(reader, arguments.seconds, arguments.seed, arguments.findings, results)
        )
        child.start()
        child.join()
        if child.exitcode:
            total += 1
            print(f"{reader:14}ended with {child.exitcode}; the file is {reader}.running", flush=True)
            continue
        _, counts = results.get()
        total += counts["findings"]
        print(
            f"{reader:14}{counts['files']:10,}{counts['read']:10,}{counts['refused']:10,}{counts['kept']:8,}"
            f"{counts['findings']:10,}",
            flush=True,
        )
    sys.exit(min(total, 100))


if __name__ == "__main__":
    os.umask(0o077)
    main()
