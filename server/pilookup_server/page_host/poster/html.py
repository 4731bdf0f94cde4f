"""Posters as HTML, to print from any browser. A file has the drawings, and the QR code as a path, in it."""

import base64
import re
from collections.abc import Mapping
from html import escape
from string import Template
from typing import Final
from urllib.parse import urlsplit

from pilookup_server.page_host.assets import Asset
from pilookup_server.page_host.config import Operator
from pilookup_server.page_host.poster.qr_code import QrCode
from pilookup_server.page_host.poster.texts import TEXTS, PosterTexts

SIZES: Final = {"a4": ("A4", 1.0), "a3": ("A3", 1.414)}
"""The sizes of paper: the name for CSS, and the size of everything against A4."""

DRAWINGS: Final = ("gift.svg", "phone.svg", "code.svg", "refuse.svg")


def html(operator: Operator, language: str, size: str, assets: Mapping[str, Asset]) -> str:
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
        "by": texts.by(operator.name(language)),
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


_LENGTH: Final = re.compile(r"\b([0-9.]+)u\b")
"""A length in the style: millimetres on A4. Not `rem`, because some browsers have a least size of letters."""

_STYLE: Final = Template("""
@page { size: $paper; margin: 0; }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { display: flex; flex-direction: column; justify-content: space-between; width: 210u; height: 297u;
  padding: 8u 12u; background: #fff; color: #1c1815;
  font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif;
  line-height: 1.35; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
h1 { font-size: 13u; text-align: center; line-height: 1.15; text-wrap: balance; word-break: keep-all;
  overflow-wrap: anywhere; }
.free { margin: 2u 0 1u; padding: 1.5u; border-radius: 3u; background: #8c1c13; color: #fff; font-size: 10u;
  font-weight: 700; text-align: center; }
.go { display: flex; gap: 8u; align-items: center; }
.go svg { flex: none; width: 56u; height: 56u; }
.go p { font-size: 6.5u; }
.go .host { font-size: 9u; font-weight: 700; font-family: monospace; overflow-wrap: anywhere; }
.drawings { display: grid; grid-template-columns: 1fr 1fr; gap: 2u 6u; margin: 2u 0 4u; }
figure img { display: block; width: 100%; height: 31u; object-fit: contain; }
figcaption { font-size: 5.2u; text-align: center; text-wrap: balance; }
h2 { font-size: 6.4u; }
li { margin-left: 7u; font-size: 5u; word-break: keep-all; overflow-wrap: anywhere; }
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
<section><h2>$pasted_title</h2><ul>$pasted</ul></section>
<footer><p>$by</p><p>$telephone</p><small>$filing</small></footer>
</html>
""")
