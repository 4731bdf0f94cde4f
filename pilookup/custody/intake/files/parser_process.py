"""Runs a program of this package that parses a hostile file in a process of its own.

The programs are run by their path. Each limits its own memory.
"""

import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from pilookup.custody.intake import limits


@contextmanager
def parser_process(program: str, stream: BinaryIO, arguments: Sequence[str] = ()) -> Iterator[IO[bytes]]:
    """Run a program with a file as its standard input.

    Args:
        program: The path of the program.
        stream: The file. If the system knows it, the program gets the file itself; otherwise it gets its bytes.
        arguments: Arguments of the program, after the limit of its memory in bytes.

    Yields:
        The standard output of the program, which is stopped at the end of the block.

    Raises:
        IntakeError: The stream raises it.
    """
    command = [sys.executable, "-P", str(Path(program)), str(limits.MAX_SHEET_MEMORY), *arguments]
    handle = _handle(stream)
    with subprocess.Popen(  # noqa: S603 - the running interpreter and a file of this package
        command,
        stdin=subprocess.PIPE if handle is None else handle,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            if child.stdin is not None:
                _send(child.stdin, stream)
            yield child.stdout or io.BytesIO()
        finally:
            child.kill()


def _handle(stream: BinaryIO) -> int | None:
    """The handle of a file at its start; None if the stream is not a file of the system."""
    try:
        handle = stream.fileno()
    except (OSError, AttributeError):
        return None
    stream.seek(0)
    return handle


def _send(pipe: IO[bytes], stream: BinaryIO) -> None:
    """Send all bytes. This cannot deadlock, because the program reads everything before it writes."""
    stream.seek(0)
    with suppress(BrokenPipeError):  # the program has died, which its reader notices
        while block := stream.read(limits.BLOCK_BYTES):
            pipe.write(block)
    with suppress(BrokenPipeError):  # closing tries again to write what is still in the buffer
        pipe.close()
