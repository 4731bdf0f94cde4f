"""The command `pilookup page`: writes the page for citizens to a folder, for a static host other than the server.

Every command of `pilookup` imports this module, so it imports the server only when `page` is called.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="Folder to write; must not exist yet, or be empty.", show_default=False)]
Server = Annotated[str, typer.Option(help="Origin of the evaluator, https://...", show_default=False)]
Trust = Annotated[Path, typer.Option(help="trust-public.json, the root to pin.", show_default=False)]
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
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]


def page(
    folder: Folder,
    server: Server,
    trust: Trust,
    buckets: Buckets = "",
    channel: Channel = "public",
    operator_zh: NameZh = "",
    operator_en: NameEn = "",
    telephone: Telephone = "",
    filing: Filing = "",
    address: Address = "",
    service: Service = [],  # noqa: B006 - Typer reads it
    json_: Json = False,
) -> None:
    """Write the page for citizens into a folder, with the root pinned; see docs/page.md."""
    from pilookup_server.page_host.config import Operator, PageConfig  # noqa: PLC0415 - see the module's text
    from pilookup_server.page_host.folder import write_page  # noqa: PLC0415

    services = tuple(_correction(text) for text in service)
    operator = Operator(operator_zh, operator_en, telephone, filing, address)
    written = write_page(folder, PageConfig(operator, server, buckets, channel, services), trust)
    if json_:
        typer.echo(json.dumps({"folder": str(folder), "files": written.files, "policy": written.policy}))
        return
    typer.echo(f"{len(written.files)} files in {folder}. Serve them over https:// with this header on every one:")
    typer.echo(f"Content-Security-Policy: {written.policy}")
    typer.echo(f"The server needs to allow the page's origin: PILOOKUP_ALLOWED_ORIGINS={address or 'https://...'}")


def _correction(text: str) -> tuple[str, str]:
    """Split NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter("must be NAME=VALUE", param_hint="--service")
    return name, value
