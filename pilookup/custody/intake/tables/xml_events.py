"""Parses XML as events with expat, without entities. It runs in the process of `sheet_program`."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol
from xml.parsers import expat

from pilookup.custody.intake.tables.sheet_values import SheetFaultError

MAX_DEPTH = 256


class XmlDamageError(SheetFaultError):
    """A document is not well-formed."""


class Events(Protocol):
    """Receives the events of a document. Names come without their namespace prefix, which programs choose freely."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element starts."""

    def end(self, name: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """Text; one text may come in several parts."""


def parse_xml(blocks: Iterable[bytes], events: Events, encoding: str | None = None) -> Iterator[None]:
    """Parse a document block by block. Nothing is fetched.

    Args:
        blocks: The document.
        events: Receives its events.
        encoding: Replaces the encoding that the document declares.

    Yields:
        None after each block, so that the caller can take what the events made.

    Raises:
        SheetFaultError: The document declares entities or is nested too deep.
        XmlDamageError: It is not well-formed.
    """
    parser = expat.ParserCreate(encoding)
    handlers = _Handlers(events)
    parser.buffer_text = True
    parser.StartElementHandler = handlers.start
    parser.EndElementHandler = handlers.end
    parser.CharacterDataHandler = events.data
    parser.EntityDeclHandler = _refuse_entities
    try:
        for block in _grown(blocks, handlers):
            parser.Parse(block, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise XmlDamageError(f"its XML is damaged in line {error.lineno:,}") from None
    except (ValueError, LookupError):  # an encoding that expat does not know
        raise XmlDamageError("its XML has an unknown encoding") from None
    yield


def _grown(blocks: Iterable[bytes], handlers: "_Handlers") -> Iterator[bytes]:
    """Join blocks while they bring no event, twice as many bytes each time.

    expat before 2.6 reads a tag that is not complete from its start again with every block.
    """
    held, wanted, seen = bytearray(), 0, 0
    for block in blocks:
        held += block
        if len(held) < wanted:
            continue
        yield bytes(held)
        wanted = 0 if handlers.count > seen else max(2 * len(held), wanted)
        held, seen = bytearray(), handlers.count
    yield bytes(held)


class _Handlers:
    """Passes events on.

    Attributes:
        count: Number of elements that have started or ended.
    """

    def __init__(self, events: Events) -> None:
        self.count = 0
        self._events = events
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SheetFaultError(f"its XML is nested more than {MAX_DEPTH} deep")
        named = {local_name(key): value for key, value in attributes.items()} if attributes else attributes
        self._events.start(local_name(name), named)

    def end(self, name: str) -> None:
        self.count += 1
        self._depth -= 1
        self._events.end(local_name(name))


def _refuse_entities(*_: object) -> None:
    raise SheetFaultError("its XML declares entities, which no spreadsheet program writes")


@lru_cache(maxsize=4096)
def local_name(name: str) -> str:
    """A name without its namespace prefix."""
    return name.rpartition(":")[2]
