"""Reads the tables of MHTML files: pages with their parts in one file, as Excel's "single file web page" writes them.

Such a file is a MIME message. Excel's main part is a frameset that lists the sheets: their names, the parts that hold
them, and which of them are hidden. Addresses are only compared with those of the parts; nothing is fetched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from html import unescape

from pilookup.custody.intake.tables.html import page_tables
from pilookup.custody.intake.tables.page_text import decode_page
from pilookup.custody.intake.tables.sheet_values import SheetFaultError, Value

_SHEET_START = "<x:excelworksheet>"
_SHEET_END = re.compile("</x:ExcelWorksheet>", re.IGNORECASE)
_NAME = re.compile(r"<x:Name>([^<]{0,400})</x:Name>", re.IGNORECASE)
_SOURCE = re.compile(r"""<x:WorksheetSource[^>]{0,400}HRef\s*=\s*["']([^"'>]{1,1000})""", re.IGNORECASE)
_HIDDEN = re.compile(r"<x:Visible>\s*Sheet(?:Very)?Hidden", re.IGNORECASE)
_MAX_PARTS = 10_000


@dataclass(slots=True)
class _Listed:
    """A sheet as the frameset lists it."""

    name: str
    hidden: bool


def mhtml_sheets(data: bytes) -> Iterator[Value]:
    """Read all pages of an MHTML file.

    Raises:
        SheetFaultError: The file has no page, or a page is over a limit.
    """
    pages = _pages(data)
    if not pages:
        raise SheetFaultError("the MHTML file has no page in it")
    listed: dict[str, _Listed] = {}
    for _, text, _ in pages:
        listed.update(_listed_sheets(text))
    for number, (location, text, bad_bytes) in enumerate(pages, 1):
        if bad_bytes:
            yield {"bad_bytes": bad_bytes}
        found = listed.pop(location, None)
        if location.endswith("tabstrip.htm"):  # the names of the sheets, for the browser
            continue
        prefix = f"sheet {found.name} " if found else f"part {number} " if len(pages) > 1 else ""
        yield from _page_values(text, prefix, found)
    for sheet in listed.values():
        yield {"missing": sheet.name}


def _page_values(text: str, prefix: str, sheet: _Listed | None) -> Iterator[Value]:
    for value in page_tables(text, prefix):
        if isinstance(value, dict):
            if "frames" in value:
                continue
            if sheet and "sheet" in value:
                value["hidden"] = sheet.hidden or bool(_HIDDEN.search(text))
        yield value


def _pages(data: bytes) -> list[tuple[str, str, int]]:
    """The last component of the address, the text and the number of bad bytes of each HTML part."""
    message = message_from_bytes(data.lstrip(b"\xef\xbb\xbf \t\r\n"))
    pages = []
    for number, part in enumerate(message.walk()):
        if number == _MAX_PARTS:
            raise SheetFaultError(f"the MHTML file has more than {_MAX_PARTS:,} parts")
        if part.is_multipart() or not _is_page(part):
            continue
        body = part.get_payload(decode=True)
        if isinstance(body, bytes) and body.strip():
            page = decode_page(body, part.get_content_charset())
            pages.append((_last_component(str(part.get("Content-Location", ""))), page.text, page.bad_bytes))
    return pages


def _is_page(part: Message) -> bool:
    location = _last_component(str(part.get("Content-Location", "")))
    return part.get_content_type() in ("text/html", "application/xhtml+xml") or location.endswith((".htm", ".html"))


def _listed_sheets(text: str) -> dict[str, _Listed]:
    sheets = {}
    for before in _SHEET_END.split(text)[:-1]:
        entry = before[before.lower().rfind(_SHEET_START) :]
        name, source = _NAME.search(entry), _SOURCE.search(entry)
        if name and source:
            sheet = _Listed(unescape(name[1]).strip(), bool(_HIDDEN.search(entry)))
            sheets[_last_component(unescape(source[1]))] = sheet
    return sheets


def _last_component(address: str) -> str:
    return re.split(r"[/\\]", address.strip())[-1].lower()
