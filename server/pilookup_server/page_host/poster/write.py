"""Writes the posters of a page to a folder: one HTML file for each size of paper and language.

A file has everything in it, so that it can be sent to a printer's shop.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pilookup import durable
from pilookup_server.origin import check_origin
from pilookup_server.page_host.assets import read_assets
from pilookup_server.page_host.config import Operator
from pilookup_server.page_host.poster.html import SIZES, html
from pilookup_server.page_host.poster.texts import TEXTS
from pilookup_server.settings import ServeError

_PUBLIC: Final = 0o644


def write_posters(folder: Path, operator: Operator) -> list[Path]:
    """Write the posters of a page. Nothing is written unless all of them can be made.

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
    languages = [language for language in TEXTS if operator.name(language)]
    posters = {
        f"poster-{size}-{language}.html": html(operator, language, size, assets).encode()
        for language in languages
        for size in SIZES
    }
    folder.mkdir(parents=True, exist_ok=True)
    return [*_write(folder, posters)]


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
