"""`pilookup keys`: the signing keys of TUF metadata, in this HOME and in other hands."""

from pathlib import Path
from typing import Annotated

import typer

from pilookup.cli.commands.publish import print_prepared, print_published
from pilookup.cli.console import counted, note, say, say_json
from pilookup.cli.new_passphrases import holder_passphrase
from pilookup.cli.options import (
    DEFAULT_MEMORY,
    DateOption,
    HomeOption,
    JsonOption,
    KeysOption,
    MemoryOption,
    OperatorOption,
    OwnOption,
    SchedulerOption,
)
from pilookup.cli.signing_files import check_new, read_input, write_output
from pilookup.errors import KeyringError

app = typer.Typer(no_args_is_help=True, help="List, move and replace signing keys, and sign requests.")


@app.command("list")
def list_keys(home: HomeOption, json: JsonOption = False) -> None:
    """List the signing keys of each channel and role: where each is, how many must sign, and what expires when."""
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

    with opened(home, online=True, scheduler=None, operator=None) as custody:
        roles = custody.signing_keys()
    if json:
        say_json([role.to_json() for role in roles])
        return
    for role in roles:
        expires = f", expires {role.expires:%Y-%m-%d %H:%M} UTC" if role.expires else ""
        say(f"{role.channel} {role.role}: {role.threshold} of {len(role.keys)} sign{expires}")
        for key in role.keys:
            say(f"    {key.key_id[:16]}  {key.name or '-':<24} {key.place}")


@app.command()
def move(
    name: Annotated[str, typer.Argument(help="The key, such as root-public-2.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="The file to make, on a medium of its holder.", show_default=False)],
    home: HomeOption,
    own: OwnOption = False,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Seal a signing key to a file under its holder's own passphrase, and destroy it in HOME."""
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

    with opened(home, online=False, scheduler=None, operator=operator) as custody:
        moved = custody.move_key(name, file, passphrase=lambda: holder_passphrase(name, own=own))
    if json:
        say_json(moved.to_json())
        return
    say(f"{name}: moved to {file}, where it was read back and has signed. It is destroyed here; copies open as before.")


@app.command()
def replace(
    channel: Annotated[str, typer.Argument(help="The channel: public or platform.", show_default=False)],
    role: Annotated[str, typer.Argument(help="root, targets, snapshot or timestamp.", show_default=False)],
    home: HomeOption,
    key: Annotated[
        str | None,
        typer.Argument(help="The key that is replaced: its name or the start of its id.", show_default=False),
    ] = None,
    new: Annotated[
        str | None,
        typer.Option(
            "--new",
            metavar="KEY",
            help="The new key: a sealed key file, or a pkcs11: URI; by default one is made in HOME.",
        ),
    ] = None,
    keys: KeysOption = None,
    prepare: Annotated[
        Path | None,
        typer.Option(
            "--prepare", metavar="FILE", help="Write a signing request and serve nothing.", show_default=False
        ),
    ] = None,
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    date_is_right: DateOption = False,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Replace a signing key, by a release whose root a threshold of the old and of the new root keys has signed."""
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`
    from pilookup.signing.references import open_signer, reference_name  # noqa: PLC0415

    if role not in ("root", "targets", "snapshot", "timestamp"):
        raise typer.BadParameter(f"{role}: not root, targets, snapshot or timestamp", param_hint="ROLE")
    if prepare is not None:
        check_new(prepare)
    at_hand = [*(keys or ()), *([new] if new else [])]
    with publishing(
        home, scheduler, f"publish {channel}", operator=operator, date_is_right=date_is_right, keys=at_hand
    ) as opened:
        custody, advance = opened
        signer = open_signer(new) if new else None
        done = custody.replace_key(
            channel, role, key, new=signer, new_name=reference_name(new) if new else "", prepare=prepare is not None,
            memory=memory, on_progress=advance,
        )  # fmt: skip
    if prepare is not None:
        print_prepared(done, prepare, json=json)  # type: ignore[arg-type] # because of `prepare`
    else:
        print_published([done], json=json)  # type: ignore[list-item]


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="The signing request.", show_default=False)],
    keys: Annotated[
        list[str],
        typer.Option(
            "--key",
            metavar="KEY",
            help="A sealed key file, or a pkcs11: URI. Repeat it for several.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The signature file to make; by default beside the request.", show_default=False),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust",
            metavar="FILE",
            help="The channel's trust file or newest root.json, which you have by another way than the request.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking: the summary was read before.")] = False,
    json: JsonOption = False,
) -> None:
    """Show what a signing request asks to be signed, ask, and write the signatures. No HOME is needed."""
    from pilookup.protocol.release import MAX_METADATA_BYTES  # noqa: PLC0415 - other commands start fast
    from pilookup.signing.references import open_signer, reference_name  # noqa: PLC0415
    from pilookup.signing.request import MAX_REQUEST_BYTES, read_request  # noqa: PLC0415
    from pilookup.signing.signature_file import sign_request  # noqa: PLC0415
    from pilookup.signing.summary import LEGEND, summary, unpinned  # noqa: PLC0415

    made = out or file.with_name(f"{file.name}.signed-{reference_name(keys[0]).replace('/', '-')}.json")
    check_new(made)
    pinned = read_input(trust, MAX_METADATA_BYTES) if trust is not None else None
    request = read_request(read_input(file, MAX_REQUEST_BYTES), pinned)
    warning = [] if trust is not None else unpinned(request)
    lines = [LEGEND, *warning, *summary(request, pinned=trust is not None)]
    for line in lines:
        (note if json else say)(line)
    if not yes and not typer.confirm("Sign this?", err=True):
        raise KeyringError("nothing was signed")
    signatures = sign_request(request, [open_signer(key) for key in keys])
    write_output(made, signatures.to_bytes())
    if json:
        roles = [{"role": each.role, "key_id": each.key_id} for each in signatures.signatures]
        say_json({"channel": request.channel, "file": str(made), "signatures": roles, "summary": lines})
        return
    say(f"{made}: written, {counted(len(signatures.signatures), 'signature')}; carry it back for: publish --finish")
