"""The command `pilookup page`: writes the page for citizens to a folder, for a static host other than the server.

With `--sound` it checks and packs a recording instead, and with `--poster` it writes posters, for the page of a static
host or of the server.

Every command of `pilookup` imports this module, so it imports the server only when `page` is called.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pilookup_server.page_host.config import Operator, PageConfig

Folder = Annotated[
    Path,
    typer.Argument(help="Folder to write; for a page, it must not exist yet, or be empty.", show_default=False),
]
Server = Annotated[
    str, typer.Option(help="Origin of the evaluator, https://...; needed for a page.", show_default=False)
]
Trust = Annotated[
    Path | None, typer.Option(help="trust-public.json, the root to pin; needed for a page.", show_default=False)
]
Buckets = Annotated[str, typer.Option(help="Origin of metadata and buckets, when not the evaluator's.")]
Channel = Annotated[str, typer.Option(help="The channel asked.")]
NameZh = Annotated[str, typer.Option("--operator-zh", help="Operator's name in Chinese, at the page's foot.")]
NameEn = Annotated[str, typer.Option("--operator-en", help="Operator's name in English.")]
Telephone = Annotated[str, typer.Option(help="Operator's telephone.")]
Filing = Annotated[str, typer.Option(help="The site's filing number.")]
Address = Annotated[str, typer.Option(help="The page's official address.")]
Service = Annotated[
    list[str],
    typer.Option(help="A telephone line or WeChat account to correct, NAME=VALUE (docs/page.md).", show_default=False),
]
Sound = Annotated[
    tuple[str, Path, Path] | None,
    typer.Option(
        metavar="LANG FILE MARKS",
        help="Write no page: check a recording and pack it into the folder as LANG.sound (docs/page.md).",
        show_default=False,
    ),
]
Sounds = Annotated[
    Path | None, typer.Option(help="Folder with packed recordings that the page plays.", show_default=False)
]
Poster = Annotated[
    bool, typer.Option("--poster", help="Write no page: write posters with the page's address into the folder.")
]
Font = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="With --poster: a font, TrueType or OpenType, in which posters are also written as SVG with texts as "
        "outlines, and as PDF with the font embedded. Needs the extra poster (docs/page.md).",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]


def page(
    folder: Folder,
    server: Server = "",
    trust: Trust = None,
    buckets: Buckets = "",
    channel: Channel = "public",
    operator_zh: NameZh = "",
    operator_en: NameEn = "",
    telephone: Telephone = "",
    filing: Filing = "",
    address: Address = "",
    service: Service = [],  # noqa: B006 - Typer reads it
    sounds: Sounds = None,
    sound: Sound = None,
    poster: Poster = False,
    font: Font = None,
    json_: Json = False,
) -> None:
    """Write the page for citizens into a folder, with the root pinned; see docs/page.md."""
    from pilookup_server.page_host.config import Operator, PageConfig  # noqa: PLC0415 - see the module's text

    services = tuple(_correction(text) for text in service)
    operator = Operator(operator_zh, operator_en, telephone, filing, address)
    if font is not None and not poster:
        raise typer.BadParameter("is for posters; give --poster too", param_hint="--font")
    if sound is not None:
        if server or trust or sounds:
            raise typer.BadParameter("packs a recording and writes no page; give it alone", param_hint="--sound")
        return _pack(folder, sound, operator, services, json_=json_)
    if poster:
        if server or trust or sounds:
            raise typer.BadParameter("writes posters and no page; give it alone", param_hint="--poster")
        return _post(folder, operator, font, json_=json_)
    if trust is None:
        raise typer.BadParameter("is needed for a page", param_hint="--trust")
    recordings = operator.recordings(sounds, dict(services)) if sounds else ()
    return _write(folder, PageConfig(operator, server, buckets, channel, services, recordings), trust, json_=json_)


def _write(folder: Path, config: "PageConfig", trust: Path, *, json_: bool) -> None:
    from pilookup_server.page_host.folder import write_page  # noqa: PLC0415

    written = write_page(folder, config, trust)
    if json_:
        typer.echo(json.dumps({"folder": str(folder), "files": written.files, "policy": written.policy}))
        return
    typer.echo(f"{len(written.files)} files in {folder}. Serve them over https:// with this header on every one:")
    typer.echo(f"Content-Security-Policy: {written.policy}")
    allowed = config.operator.address or "https://..."
    typer.echo(f"The server needs to allow the page's origin: PILOOKUP_ALLOWED_ORIGINS={allowed}")


def _pack(
    folder: Path,
    sound: tuple[str, Path, Path],
    operator: "Operator",
    services: tuple[tuple[str, str], ...],
    *,
    json_: bool,
) -> None:
    from pilookup_server.page_host.sound.recording import Spoken, is_english, pack, split_language  # noqa: PLC0415
    from pilookup_server.page_host.sound.recordings import keep_packed  # noqa: PLC0415

    language, file, marks = sound
    name = operator.name_en if is_english(split_language(language)[0]) else operator.name_zh
    packed = pack(language, file, marks, Spoken(name, operator.telephone, services))
    path = keep_packed(folder, packed)
    size = len(packed.recording.data)
    if json_:
        report = {
            "file": str(path),
            "bytes": size,
            "seconds": round(packed.seconds, 2),
            "not_recorded": packed.not_recorded,
        }
        typer.echo(json.dumps(report))
        return
    typer.echo(f"{path}: {packed.recording.name}, {packed.seconds:.0f} s, {size:,} bytes")
    for code in packed.not_recorded:
        typer.echo(f"Sentence {code} is not recorded: the page shows it, but does not say it.")
    for service, value in services:
        typer.echo(f"Listen to it: it must say {value} for {service}.")


def _post(folder: Path, operator: "Operator", font: Path | None, *, json_: bool) -> None:
    from pilookup_server.page_host.poster.write import write_posters  # noqa: PLC0415

    posters = write_posters(folder, operator, font)
    if json_:
        report = {"files": [str(path) for path in posters.files]}
        typer.echo(json.dumps(report | ({"font": posters.font} if posters.font else {})))
        return
    for path in posters.files:
        typer.echo(path)
    if posters.font:
        typer.echo(f"SVG and PDF are in {posters.font}.")
    typer.echo("Scan each printed poster before it is put up.")


def _correction(text: str) -> tuple[str, str]:
    """Split NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter("must be NAME=VALUE", param_hint="--service")
    return name, value
