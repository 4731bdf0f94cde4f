"""Members of 7z and RAR archives. `libarchive_program.py` unpacks them in another process."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, BinaryIO, Final

from pilookup.custody.intake import limits
from pilookup.custody.intake.files import libarchive_program
from pilookup.custody.intake.files.archive import ArchiveContext
from pilookup.custody.intake.files.detect import seekable
from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.files.parser_process import parser_process
from pilookup.custody.intake.files.source import Member, display_name
from pilookup.custody.intake.files.unpacked import BoundedStream, Meter
from pilookup.custody.intake.unreadable import NotATableError
from pilookup.errors import IntakeError, MissingExtraError

_MAX_HELD_MEMBER: Final = 64 << 20
"""Bytes of a member up to which it is held in memory. A larger one is unpacked each time that it is read."""

_MAX_BLOCK: Final = 1 << 24
_MAX_LINE: Final = 1 << 20
_DAMAGED: Final = (
    "the archive is truncated or damaged, is one of several volumes, or is packed in a way that libarchive does not "
    "know: unpack it and load what it holds"
)
_MISSING: Final = "reading 7z and RAR archives needs libarchive: pip install 'pilookup[formats]' and libarchive itself"
_PASSWORD: Final = "is under a password, which cannot be used here: unpack it and load what it holds"  # noqa: S105
_KINDS: Final = {"link": "a link", "special": "a special file"}
_RAR5: Final = b"Rar!\x1a\x07\x01\x00"


@contextmanager
def libarchive_members(outer: Member, form: Format, context: ArchiveContext) -> Iterator[Iterator[Member]]:
    """Open a 7z or RAR archive.

    Yields:
        The members in the archive's order, without folders. Each has to be read before the next is requested.
            Requesting one raises IntakeError if the archive is damaged or over a limit.

    Raises:
        IntakeError: The archive is over a limit.
        MissingExtraError: libarchive is not installed.
    """
    with seekable(outer) as stream:
        yield _Archive(outer, form, stream, context).members()


class _Archive:
    """One archive whose program is run as often as a large member is opened."""

    def __init__(self, outer: Member, form: Format, stream: BinaryIO, context: ArchiveContext) -> None:
        self._outer = outer
        self._stream = stream
        self._context = context
        rar = "rar5" if outer.head().startswith(_RAR5) else "rar"
        self._format = "7zip" if form is Format.SEVEN_ZIP else rar

    def members(self) -> Iterator[Member]:
        """Yield all members that are not folders."""
        with self._unpack("all") as output:
            number = 0
            while (value := _value(self._outer.location, output)) != {"end": True}:
                self._context.budget.add_members(self._outer.location, 1)
                member = self._member(number, value, output)
                if value["kind"] != "folder":
                    yield member
                number += 1

    def _unpack(self, wanted: str) -> Any:
        return parser_process(libarchive_program.__file__, self._stream, (self._format, wanted))

    def _member(self, number: int, value: dict[str, Any], output: IO[bytes]) -> Member:
        """A member whose bytes follow in the output, which are read here."""
        name = str(value["name"]).replace("\\", "/")
        location = f"{self._outer.location}/{display_name(name)}"
        folders, _, last = name.rpartition("/")
        if value["kind"] in _KINDS:
            _drain(location, output)
            return Member(location, last, None, lambda: _no_file(location, _KINDS[value["kind"]]), folders)
        meter = Meter(location, self._context.budget)
        held, size = bytearray(), 0
        while block := _block(location, output):
            size += len(block)
            meter.reached(size)
            if size <= _MAX_HELD_MEMBER:
                held += block
        if size > _MAX_HELD_MEMBER:
            held.clear()
            return Member(location, last, size, lambda: self._open(number, location, meter), folders)
        data = bytes(held)

        def open_held() -> BinaryIO:
            return _NotSeekable(io.BytesIO(data), location, meter).buffered()

        return Member(location, last, size, open_held, folders)

    def _open(self, number: int, location: str, meter: Meter) -> BinaryIO:
        return _NotSeekable(_MemberStream(location, self._unpack(str(number))), location, meter).buffered()


class _NotSeekable(BoundedStream):
    """A stream of a member, whose size was checked when it was unpacked for the first time."""

    def __init__(self, stream: Any, location: str, meter: Meter) -> None:
        super().__init__(stream, location, limits.MAX_UNPACKED_BYTES, meter=meter)

    def buffered(self) -> BinaryIO:
        """The stream with a buffer."""
        return io.BufferedReader(self, limits.BLOCK_BYTES)


class _MemberStream:
    """The bytes of one member from a program of its own, which ends when the stream is closed."""

    def __init__(self, location: str, process: Any) -> None:
        self._location = location
        self._stack = ExitStack()
        self._output: IO[bytes] = self._stack.enter_context(process)
        self._held = b""
        self._ended = False
        _value(location, self._output)

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        if not self._held and not self._ended:
            self._held = _block(self._location, self._output)
            self._ended = not self._held
        data, self._held = self._held[:size], self._held[size:]
        return data

    def close(self) -> None:
        """Stop the program."""
        self._stack.close()


def _no_file(location: str, kind: str) -> BinaryIO:
    raise NotATableError(location, f"is {kind}, which is not read", kind)


def _value(location: str, output: IO[bytes]) -> dict[str, Any]:
    line = output.readline(_MAX_LINE)
    if not line.endswith(b"\n"):
        raise IntakeError(location, _DAMAGED)
    value: dict[str, Any] = json.loads(line)
    if "fault" in value:
        _raise_fault(location, value["fault"])
    return value


def _raise_fault(location: str, fault: str) -> None:
    if fault == "missing":
        raise MissingExtraError(_MISSING)
    if fault == "password":
        raise IntakeError(location, _PASSWORD)  # another password would not help
    raise IntakeError(location, _DAMAGED)


def _block(location: str, output: IO[bytes]) -> bytes:
    """The next block of a member; b"" at its end.

    A fault inside of a member is a line of JSON, whose first byte is too large for the length of a block.
    """
    head = output.read(4)
    if head.startswith(b"{"):
        _value_after(location, head, output)
    size = int.from_bytes(head, "big")
    if len(head) != 4 or size > _MAX_BLOCK:
        raise IntakeError(location, _DAMAGED)
    data = output.read(size)
    if len(data) != size:
        raise IntakeError(location, _DAMAGED)
    return data


def _value_after(location: str, head: bytes, output: IO[bytes]) -> None:
    line = head + output.readline(_MAX_LINE)
    _raise_fault(location, json.loads(line).get("fault", "damaged") if line.endswith(b"\n") else "damaged")


def _drain(location: str, output: IO[bytes]) -> None:
    while _block(location, output):
        pass
