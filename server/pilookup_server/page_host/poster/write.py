"""Writes the posters of a page to a folder: one HTML file for each size of paper and language, and with a font SVG and
PDF too.

A file has everything in it, so that it can be sent to a printer's shop.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pilookup import durable
from pilookup.errors import MissingExtraError
from pilookup_server.origin import check_origin
from pilookup_server.page_host.assets import Asset, read_assets
from pilookup_server.page_host.config import Operator
from pilookup_server.page_host.poster.html import SIZES, html
from pilookup_server.page_host.poster.texts import TEXTS
from pilookup_server.settings import ServeError

_PUBLIC: Final = 0o644


@dataclass(frozen=True, slots=True)
class Posters:
    """What was written.

    Attributes:
        files: The files.
        font: The name of the font that SVG and PDF are drawn in; empty without them.
    """

    files: list[Path]
    font: str


def write_posters(folder: Path, operator: Operator, font: Path | None = None) -> Posters:
    """Write the posters of a page. Nothing is written unless all of them can be made.

    Args:
        folder: The folder to write to; posters of the same names are replaced.
        operator: Who runs the page, and its address.
        font: A font file. If given, SVG with texts as outlines and PDF with the font embedded are written too.

    Returns:
        The files, and the font used.

    Raises:
        ServeError: The address is missing or is not that of a page over TLS, the operator or its telephone is missing,
            its name or address is too long for a poster, or the page is not built.
        FontError: The font cannot be used.
        MissingExtraError: A font is given, and fontTools is not installed.
        OSError: A file cannot be read or written.
    """
    _check(operator)
    assets = read_assets()
    if not assets:
        raise ServeError("the page is not built: run server/web/build.mjs first")
    languages = [language for language in TEXTS if operator.name(language)]
    posters = {
        f"poster-{size}-{language}.html": html(operator, language, size, assets).encode()
        for language in languages
        for size in SIZES
    }
    name = ""
    if font is not None:
        name, typeset = _typeset(operator, languages, font, assets)
        posters |= typeset
    folder.mkdir(parents=True, exist_ok=True)
    return Posters([*_write(folder, posters)], name)


def _typeset(
    operator: Operator, languages: list[str], font: Path, assets: Mapping[str, Asset]
) -> tuple[str, dict[str, bytes]]:
    try:
        import fontTools  # noqa: F401, PLC0415 - of an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("--font needs an extra: pip install 'pilookup-server[poster]'") from error
    from pilookup_server.page_host.poster.typeset.posters import typeset  # noqa: PLC0415

    return typeset(operator, languages, font, assets)


def _write(folder: Path, posters: Mapping[str, bytes]) -> Iterator[Path]:
    for name, data in posters.items():
        path = folder / name
        durable.replace(path, data)
        path.chmod(_PUBLIC)
        yield path


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
