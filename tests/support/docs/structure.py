"""What two languages of one page have in common: headings, fenced blocks, tables, names of settings and options, links."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.docs.documents import ROOT

DOCS = ROOT / "docs"
CHINESE = DOCS / "zh"
FOLDERS = ("operations", "assessment")
"""The folders of docs/ whose pages have a Chinese counterpart below docs/zh, as docs/page.md has."""

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TABLE = re.compile(r"(?:^ *\|.*\|$\n?)+", re.MULTILINE)
_NAME = re.compile(r"(?<![\w-])(?:--[a-z][a-z-]+|PILOOKUP_[A-Z_]*[A-Z]|pilookup_[a-z_]+[a-z])(?![\w-])")
_COMMENT = re.compile(r"(?:^|\s+)#[ :!].*$", re.MULTILINE)
_TITLE = re.compile(r"(--title-(?:zh|en)) (?:\"[^\"]*\"|\S+)")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Structure:
    """The structure of a page.

    Attributes:
        headings: The level of each heading, in order.
        blocks: Language and text of each fenced block, without comments and the titles of cases.
        tables: For each table the number of cells of each of its rows.
        names: Options, settings and metrics that it names outside its blocks.
        links: Paths and addresses that it links to, relative to the top of the project, without anchors. A Chinese page
            counts as its English counterpart.
    """

    headings: list[int]
    blocks: list[tuple[str, str]]
    tables: list[list[int]]
    names: set[str]
    links: set[str]


def counterpart(english: Path) -> Path:
    """The Chinese page of an English one."""
    return CHINESE / english.relative_to(DOCS)


def pages() -> list[Path]:
    """The English pages that must have a Chinese counterpart."""
    return sorted([DOCS / "page.md", *(page for folder in FOLDERS for page in (DOCS / folder).glob("*.md"))])


def structure(page: Path, text: str | None = None) -> Structure:
    """Read the structure of a page.

    Args:
        page: Its path, which its links are relative to.
        text: What it contains; None to read the file.
    """
    text = page.read_text(encoding="utf-8") if text is None else text
    prose = _FENCE.sub("", text)
    return Structure(
        headings=[len(found) for found in _HEADING.findall(prose)],
        blocks=[(language, _without_comments(block)) for _indent, language, block in _FENCE.findall(text)],
        tables=[[len(_CELL.findall(row)) - 1 for row in found.splitlines()] for found in _TABLE.findall(prose)],
        names=set(_NAME.findall(prose)),
        links={_target(page, link) for link in _LINK.findall(prose)} - {_target(page, page.name)},
    )


def _without_comments(block: str) -> str:
    lines = _TITLE.sub(r"\1 TITLE", _COMMENT.sub("", block)).splitlines()
    return "\n".join(line for line in lines if line.strip())


def _target(page: Path, link: str) -> str:
    path = link.partition("#")[0]
    if not path or "://" in link:
        return link if "://" in link else _english(page)
    return _english((page.parent / path).resolve())


def _english(path: Path) -> str:
    if path.is_relative_to(CHINESE) and (DOCS / path.relative_to(CHINESE)).is_file():
        path = DOCS / path.relative_to(CHINESE)
    return path.relative_to(ROOT).as_posix()


def links_past_the_chinese_page(chinese: Path) -> list[str]:
    """Links of a Chinese page to an English one that has a Chinese counterpart, except to its own English page."""
    prose = _FENCE.sub("", chinese.read_text(encoding="utf-8"))
    found = []
    for link in _LINK.findall(prose):
        path = (chinese.parent / link.partition("#")[0]).resolve()
        english = path.is_relative_to(DOCS) and not path.is_relative_to(CHINESE)
        if english and counterpart(path) != chinese and counterpart(path).is_file():
            found.append(link)
    return found
