"""The program that unpacks 7z and RAR archives. `libarchive_members.py` runs it in a separate process.

Standard input is the archive: the file itself, or its bytes. Nothing is written to disk. The third argument is the
number of the only member to unpack, from 0, or "all". Standard output has, for each member, a line of JSON and then its
bytes as blocks: four bytes of length in big-endian order, and the block. A block of length 0 ends the member.
    {"name": name, "kind": "file" | "folder" | "link" | "special", "size": bytes or null}
    {"fault": "password" | "damaged" | "missing"}   nothing follows
    {"end": true}                                   the whole archive was read
"""

import json
import os
import stat
import sys
from typing import Any

BLOCK_BYTES = 1 << 18


def main() -> None:
    """Unpack the archive on standard input to standard output."""
    _limit(int(sys.argv[1]))
    formats, wanted = sys.argv[2], sys.argv[3]
    try:
        import libarchive  # noqa: PLC0415 - a limit on memory comes first, and it may be missing
    except (ImportError, OSError, AttributeError, TypeError):
        _line({"fault": "missing"})
        return
    try:
        with _reader(libarchive, formats) as archive:
            for at, entry in enumerate(archive):
                if wanted in ("all", str(at)):
                    _member(entry)
    except libarchive.ArchiveError as error:
        text = str(error).lower()
        _line({"fault": "password" if "encrypt" in text or "passphrase" in text else "damaged"})
    except (MemoryError, OSError, ValueError, OverflowError):
        _line({"fault": "damaged"})
    else:
        _line({"end": True})
    finally:
        sys.stdout.buffer.flush()


def _limit(memory: int) -> None:
    """Limit the address space, and forbid core files and any writing to files, if the system has such limits."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:  # Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    cap = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (cap, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _reader(libarchive: Any, formats: str) -> Any:
    if stat.S_ISREG(os.fstat(0).st_mode):
        return libarchive.fd_reader(0, format_name=formats, filter_name="none")
    return libarchive.memory_reader(sys.stdin.buffer.read(), format_name=formats, filter_name="none")


def _member(entry: Any) -> None:
    kind = "file" if entry.isfile else "folder" if entry.isdir else "link" if entry.issym or entry.islnk else "special"
    name = entry.pathname
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    _line({"name": name or "", "kind": kind, "size": entry.size})
    if kind == "file":
        for block in entry.get_blocks(BLOCK_BYTES):
            if block:
                _block(block)
    _block(b"")


def _line(value: object) -> None:
    sys.stdout.buffer.write(json.dumps(value).encode() + b"\n")


def _block(data: bytes) -> None:
    sys.stdout.buffer.write(len(data).to_bytes(4, "big") + data)


if __name__ == "__main__":
    main()
