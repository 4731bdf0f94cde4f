"""Posters with the page's address: one HTML file for each size of paper and language, to print from any browser.

A file has everything in it, so that it can be sent to a printer's shop: the drawings, and the QR code as a path.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

import segno

from pilookup import durable
from pilookup_server.origin import check_origin
from pilookup_server.page_host.assets import Asset, read_assets
from pilookup_server.page_host.config import Operator
from pilookup_server.page_host.poster_texts import TEXTS, PosterTexts
from pilookup_server.settings import ServeError

SIZES: Final = {"a4": ("A4", 1.0), "a3": ("A3", 1.414)}
"""The sizes of paper: the name for CSS, and the size of everything against A4."""

DRAWINGS: Final = ("gift.svg", "phone.svg", "code.svg", "refuse.svg")

_QUIET: Final = 4
"""The white margin of a QR code, in modules, which readers need."""

_PUBLIC: Final = 0o644


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code.

    Attributes:
        side: The side with its margin, in modules.
        path: The dark modules, as the data of an SVG path.
    """

    side: int
    path: str

    @classmethod
    def of_address(cls, address: str) -> "QrCode":
        """The code of an address, of which a quarter may be damaged (level Q)."""
        rows = [list(row) for row in segno.make(address, error="q", micro=False, boost_error=False).matrix]
        squares = [
            f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
        ]
        return cls(len(rows) + 2 * _QUIET, "".join(squares))


def write_posters(folder: Path, operator: Operator) -> list[Path]:
    """Write the posters of a page.

    Args:
        folder: The folder to write to; posters of the same names are replaced.
        operator: Who runs the page, and its address.

    Returns:
        The files.

    Raises:
        ServeError: The address is missing or is not that of a page over TLS, the operator or its telephone is missing,
            or the page is not built.
        OSError: A file cannot be written.
    """
    _check(operator)
    assets = read_assets()
    if not assets:
        raise ServeError("the page is not built: run server/web/build.mjs first")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in TEXTS:
        if not _name(operator, language):
            continue
        for size in SIZES:
            path = folder / f"poster-{size}-{language}.html"
            durable.replace(path, poster(operator, language, size, assets).encode())
            path.chmod(_PUBLIC)
            written.append(path)
    return written


def poster(operator: Operator, language: str, size: str, assets: Mapping[str, Asset]) -> str:
    """One poster as a document.

    Args:
        operator: Who runs the page, and its address.
        language: `zh` or `en`.
        size: A key of `SIZES`.
        assets: The files of the page, for the drawings.
    """
    texts = TEXTS[language]
    paper, scale = SIZES[size]
    code = QrCode.of_address(operator.address)
    host = urlsplit(operator.address).netloc
    values = {
        "lang": texts.tag,
        "title": texts.title,
        "free": texts.free,
        "side": str(code.side),
        "path": code.path,
        "scan": texts.scan,
        "host": host,
        "spoken": texts.spoken(host),
        "drawings": _drawings(texts, assets),
        "pasted_title": texts.pasted_title,
        "pasted": "".join(f"<li>{escape(line)}</li>" for line in texts.pasted),
        "by": texts.by(_name(operator, language)),
        "telephone": texts.telephone(operator.telephone),
        "filing": operator.filing,
    }
    raw = {"drawings", "pasted"}
    style = _LENGTH.sub(lambda found: f"{float(found[1]) * scale:.2f}mm", _STYLE.substitute(paper=paper))
    return _PAGE.substitute(
        {name: value if name in raw else escape(value) for name, value in values.items()}, style=style
    )


def _drawings(texts: PosterTexts, assets: Mapping[str, Asset]) -> str:
    """The four drawings, each with what it shows."""
    figures = []
    for name, caption in zip(DRAWINGS, texts.captions, strict=True):
        data = base64.b64encode(assets[name].plain).decode()
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="">'
        figures.append(f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>")
    return "".join(figures)


def _name(operator: Operator, language: str) -> str:
    return {"zh": operator.name_zh, "en": operator.name_en}[language]


def _check(operator: Operator) -> None:
    try:
        check_origin(operator.address)
    except ValueError as error:
        raise ServeError(f"--address: {error}") from None
    if not operator.address.startswith("https://"):
        raise ServeError("--address: a poster needs an address with https://")
    if not operator.name_zh and not operator.name_en:
        raise ServeError("--operator-zh: a poster must say who runs the page")
    if not operator.telephone:
        raise ServeError("--telephone: a poster must say whom to call, for those who doubt it")


_LENGTH: Final = re.compile(r"\b([0-9.]+)u\b")
"""A length in the style: millimetres on A4. Not `rem`, because some browsers have a least size of letters."""

_STYLE: Final = Template("""
@page { size: $paper; margin: 0; }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { width: 210u; height: 297u; padding: 8u 12u; background: #fff; color: #1c1815;
  font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif;
  line-height: 1.35; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
h1 { font-size: 13u; text-align: center; line-height: 1.15; text-wrap: balance; }
.free { margin: 2u 0 1u; padding: 1.5u; border-radius: 3u; background: #8c1c13; color: #fff; font-size: 10u;
  font-weight: 700; text-align: center; }
.go { display: flex; gap: 8u; align-items: center; }
.go svg { flex: none; width: 56u; height: 56u; }
.go p { font-size: 6.5u; }
.go .host { font-size: 9u; font-weight: 700; font-family: monospace; overflow-wrap: anywhere; }
.drawings { display: grid; grid-template-columns: 1fr 1fr; gap: 2u 6u; margin: 2u 0; }
figure img { display: block; width: 100%; height: 31u; object-fit: contain; }
figcaption { font-size: 5.2u; text-align: center; }
h2 { font-size: 6.4u; }
li { margin-left: 7u; font-size: 5u; }
footer { margin-top: 2u; padding-top: 2u; border-top: 0.5u solid; font-size: 6u; font-weight: 700; }
footer small { font-size: 4u; font-weight: 400; }
""")

_PAGE: Final = Template("""<!doctype html>
<html lang="$lang">
<meta charset="utf-8">
<meta name="robots" content="noindex">
<title>$title</title>
<style>
$style</style>
<h1>$title</h1>
<p class="free">$free</p>
<div class="go">
<svg viewBox="0 0 $side $side" shape-rendering="crispEdges" role="img" aria-label="$host">
<path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="$path"/>
</svg>
<div><p>$scan</p><p class="host">$host</p><p>$spoken</p></div>
</div>
<div class="drawings">$drawings</div>
<h2>$pasted_title</h2>
<ul>$pasted</ul>
<footer><p>$by</p><p>$telephone</p><small>$filing</small></footer>
</html>
""")
