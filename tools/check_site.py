"""Check a built documentation site: every page is reachable, every link leads somewhere, nothing comes from outside.

python tools/check_site.py FOLDER

Prints each fault and ends with status 1 if there is one. Links to other sites are only counted; no network is used.
"""

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

FIRST = "index.html"
UNLINKED = {"search.html", "genindex.html", "py-modindex.html"}
"""Pages that a theme reaches by a form or not at all."""

_LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "embed": "src", "object": "data"}
_LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "shortcut"}
_IN_STYLE = re.compile(r"""(?:@import\s+|url\()\s*["']?((?:https?:)?//[^"')\s]+)""")


@dataclass
class Page(HTMLParser):
    """A page's ids, its links, and what it loads."""

    path: str
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in _LOADING and _LOADING[tag] in given:
            self.loads.append(given[_LOADING[tag]])
        if tag == "link" and _LOADED_LINKS & set(given.get("rel", "").split()):
            self.loads.append(given.get("href", ""))
        self.loads += _IN_STYLE.findall(given.get("style", ""))


def check(folder: Path) -> tuple[list[str], int]:
    """The faults of a site, and how many links lead to other sites."""
    pages = {path.relative_to(folder).as_posix(): _read(folder, path) for path in sorted(folder.rglob("*.html"))}
    if FIRST not in pages:
        return [f"{folder}: no {FIRST}"], 0
    faults = [
        f"{page.path}: loads {one} from outside" for page in pages.values() for one in page.loads if _outside(one)
    ]
    for path in sorted(folder.rglob("*.css")):
        style = path.read_text(encoding="utf-8", errors="replace")
        faults += [f"{path.relative_to(folder)}: loads {one} from outside" for one in _IN_STYLE.findall(style)]
    elsewhere, targets = 0, {}
    for page in pages.values():
        inside = [link for link in page.links if not urlsplit(link).scheme and not link.startswith("//")]
        elsewhere += len(page.links) - len(inside)
        targets[page.path] = {_target(page.path, link)[0] for link in inside}
        faults += [fault for link in inside if (fault := _fault(folder, pages, page, link))]
    reached, waiting = {FIRST}, [FIRST]
    while waiting:
        following = (targets[waiting.pop()] & pages.keys()) - reached
        reached |= following
        waiting += following
    faults += [f"{path}: no link leads to it" for path in sorted(pages.keys() - reached - UNLINKED)]
    return faults, elsewhere


def _read(folder: Path, path: Path) -> Page:
    page = Page(path.relative_to(folder).as_posix())
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _outside(address: str) -> bool:
    return address.startswith("//") or urlsplit(address).scheme in ("http", "https")


def _target(path: str, link: str) -> tuple[str, str]:
    """The file and the anchor that a link on a page means."""
    parts = urlsplit(urljoin(f"/{path}", link))
    file = unquote(parts.path).removeprefix("/")
    return (file + FIRST if not file or file.endswith("/") else file), unquote(parts.fragment)


def _fault(folder: Path, pages: dict[str, Page], page: Page, link: str) -> str | None:
    file, anchor = _target(page.path, link)
    if not (folder / file).is_file():
        return f"{page.path}: {link} leads to no file"
    if anchor and file in pages and anchor not in pages[file].ids:
        return f"{page.path}: {link} leads to no heading"
    return None


def main() -> None:
    faults, elsewhere = check(Path(sys.argv[1]))
    for fault in faults:
        print(fault)
    if faults:
        raise SystemExit(f"{len(faults)} faults")
    print(
        f"every page is reachable, every link leads somewhere, nothing is loaded from outside; {elsewhere} links lead to other sites"
    )


if __name__ == "__main__":
    main()
