"""Finds the cells of an XLSX workbook whose text calamine does not give. It runs in the process of `sheet_program`.

These are formulas without a stored value, as programs write them that do not calculate, and links to tel: addresses
whose cell shows no number. Only sheets that have formulas or such links are read.
"""

import io
import posixpath
import re
import zipfile
from contextlib import suppress

from pilookup.custody.intake.tables.formulas import constant_of, link_text
from pilookup.custody.intake.tables.sheet_cells import SheetCells
from pilookup.custody.intake.tables.xlsx_positions import check_positions
from pilookup.custody.intake.tables.xml_events import Events, XmlDamageError, parse_xml

_WORKBOOK = re.compile(r"(?:.*/)?workbook\d*\.xml", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def find_xlsx_cells(data: bytes) -> dict[str, SheetCells]:
    """The cells of all sheets, by the name of the sheet; without the sheets that have none.

    Raises:
        SheetFaultError: A part declares entities or is nested too deep, or two cells state one position.
    """
    found: dict[str, SheetCells] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = {name.lower(): name for name in package.namelist()}
        for sheet, part in _sheet_parts(package, names).items():
            content = package.read(part)
            check_positions(content)
            links = _tel_links(package, names, part)
            if links or _FORMULA.search(content):
                events = _SheetEvents(links)
                _parse(content, events)
                if events.cells.values or events.cells.links:
                    found[sheet] = events.cells
    return found


def _sheet_parts(package: zipfile.ZipFile, names: dict[str, str]) -> dict[str, str]:
    """The part of each sheet, by its name."""
    parts = {}
    for workbook in filter(_WORKBOOK.fullmatch, names.values()):
        targets = _targets(package, names, workbook)
        for tag, attributes in _elements(package.read(workbook)):
            if tag == "sheet":
                target = targets.get(attributes.get("id", ""), "").lower()
                if target in names:
                    parts[attributes.get("name", "")] = names[target]
    return parts


def _tel_links(package: zipfile.ZipFile, names: dict[str, str], part: str) -> dict[str, str]:
    """The tel: addresses to which a sheet links, by the id of their relation."""
    targets = _relations(package, names, part)
    return {name: target for name, target in targets.items() if target.lower().startswith("tel:")}


def _targets(package: zipfile.ZipFile, names: dict[str, str], part: str) -> dict[str, str]:
    """The parts to which a part refers, by the id of their relation."""
    folder = posixpath.dirname(part)
    return {
        name: posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
        for name, target in _relations(package, names, part).items()
    }


def _relations(package: zipfile.ZipFile, names: dict[str, str], part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    path = names.get(posixpath.join(folder, "_rels", f"{name}.rels").lower())
    if path is None:
        return {}
    return {
        attributes.get("Id", ""): attributes.get("Target", "")
        for tag, attributes in _elements(package.read(path))
        if tag == "Relationship"
    }


def _elements(content: bytes) -> list[tuple[str, dict[str, str]]]:
    events = _Elements()
    _parse(content, events)
    return events.found


class _Elements:
    """Receives the events of a small part and keeps its elements."""

    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.found.append((name, attributes))

    def end(self, name: str) -> None:
        """Nothing depends on where an element ends."""

    def data(self, text: str) -> None:
        """Nothing depends on text."""


class _SheetEvents:
    """Receives the events of a worksheet."""

    def __init__(self, links: dict[str, str]) -> None:
        self.cells = SheetCells()
        self._links = links
        self._row = self._column = -1
        self._kind = ""
        self._formula: str | None = None
        self._value = ""
        self._text: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._start_cell(attributes)
        elif name in ("f", "v"):
            self._text = []
        elif name == "row":
            stated = attributes.get("r", "")
            self._row = int(stated) - 1 if stated.isdecimal() and len(stated) < 8 else self._row + 1
            self._column = -1
        elif name == "hyperlink":
            self._link(attributes)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        position = _position(attributes.get("r", ""))
        if position:
            self._row, self._column = position
        else:
            self._column += 1
        self._kind, self._formula, self._value = attributes.get("t", "n"), None, ""

    def end(self, name: str) -> None:
        if name == "f":
            self._formula, self._text = "".join(self._text or ()), None
        elif name == "v":
            self._value, self._text = "".join(self._text or ()), None
        elif name == "c" and self._formula is not None:
            self._end_formula(self._formula)

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end_formula(self, formula: str) -> None:
        text: str | None = None
        if self._value in ("", "0"):
            text = constant_of(formula)
            if text is None and not self._value and self._kind != "str":  # an empty text is a value too
                text = f"={formula}"
                self.cells.unknown += 1
        elif "tel:" in formula.lower() and self._kind == "str" and not any(map(str.isdigit, self._value)):
            text = _with_link(formula, self._value)
        if text:
            self.cells.values.setdefault(self._row, {})[self._column] = text

    def _link(self, attributes: dict[str, str]) -> None:
        target = self._links.get(attributes.get("id", ""), "")
        position = _position(attributes.get("ref", "").partition(":")[0])
        if target and position:
            self.cells.links.setdefault(position[0], {})[position[1]] = link_text(target, "")


def _with_link(formula: str, shown: str) -> str:
    address = re.search(r'"(tel:[^"]{1,100})"', formula, re.IGNORECASE)
    return link_text(address[1], shown) if address else shown


def _parse(content: bytes, events: Events) -> None:
    """Parse a part. Where it is not well-formed, calamine decides whether the workbook is damaged."""
    with suppress(XmlDamageError):
        for _ in parse_xml([content], events):
            pass


def _position(reference: str) -> tuple[int, int] | None:
    """The 0-based row and column of a reference such as B2."""
    found = _REFERENCE.fullmatch(reference)
    if not found:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1
