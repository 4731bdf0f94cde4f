"""`pilookup publish`: publish the vault to a channel."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, say, say_json
from pilookup.cli.options import (
    DEFAULT_MEMORY,
    DateOption,
    HomeOption,
    JsonOption,
    KeysOption,
    MemoryOption,
    OperatorOption,
    SchedulerOption,
)
from pilookup.cli.signing_files import check_new, read_input, write_output
from pilookup.protocol.buckets import PUBLIC_ELEMENTS_A_DAY
from pilookup.protocol.names import PUBLIC

if TYPE_CHECKING:
    from pilookup.custody import PreparedOutcome, Published

KEY_SHOWN = 16
"""How many characters of a key id are shown, as `keys list` shows them."""

Channel = Annotated[str, typer.Argument(help="The channel: public or platform.")]
Bloom = Annotated[bool, typer.Option("--bloom", help="Also make Bloom filters (slow: 0.2 million records per second).")]

Prepare = Annotated[
    Path | None,
    typer.Option("--prepare", metavar="FILE", help="Write a signing request and serve nothing.", show_default=False),
]
Finish = Annotated[
    list[Path] | None,
    typer.Option(
        "--finish",
        metavar="FILE",
        help="Serve the prepared release with the signatures of FILE. Repeat it for several.",
        show_default=False,
    ),
]


def publish(
    channel: Channel,
    home: HomeOption,
    bloom: Bloom = False,
    scheduler: SchedulerOption = None,
    memory: MemoryOption = DEFAULT_MEMORY,  # type: ignore[assignment] # Typer parses it
    date_is_right: DateOption = False,
    operator: OperatorOption = None,
    keys: KeysOption = None,
    prepare: Prepare = None,
    finish: Finish = None,
    json: JsonOption = False,
) -> None:
    """Make a channel's snapshot from the vault, sign it, and serve it in place of the former one.

    Where signing keys are elsewhere, `--prepare` writes a request that their holders sign with `pilookup keys sign`,
    and `--finish` serves the release with their signatures.
    """
    from pilookup.cli.opening import publishing  # noqa: PLC0415 - needs the extra `load`
    from pilookup.signing.signature_file import MAX_SIGNATURES_BYTES  # noqa: PLC0415 - other commands start fast

    if prepare is not None and finish:
        raise typer.BadParameter("--prepare and --finish exclude each other", param_hint="--prepare")
    if prepare is not None:
        check_new(prepare)
    signatures = [read_input(path, MAX_SIGNATURES_BYTES) for path in finish or ()]
    with publishing(
        home, scheduler, f"publish {channel}", operator=operator, date_is_right=date_is_right, keys=keys or ()
    ) as opened:
        custody, advance = opened
        if prepare is not None:
            print_prepared(
                custody.prepare(channel, bloom=bloom, memory=memory, on_progress=advance), prepare, json=json
            )
            return
        if finish:
            outcome = custody.finish(channel, signatures)
        else:
            outcome = custody.publish(channel, bloom=bloom, memory=memory, on_progress=advance)
    print_published([outcome], json=json)
    if channel == PUBLIC and not json:
        say(
            f"{channel}: {PUBLIC_ELEMENTS_A_DAY:,} uniform guesses, the most that a server answers a day by default, "
            f"find {outcome.guess_hits_a_day:,.3g} of these numbers; up to several hundred times more for someone who "
            "knows the region"
        )


def print_prepared(prepared: "PreparedOutcome", path: Path, *, json: bool) -> None:
    """Write a signing request and print what it says and what comes next."""
    write_output(path, prepared.request)
    if json:
        say_json(prepared.to_json())
        return
    for line in prepared.summary:
        say(line)
    say(f"{path}: written. Nothing is served of it yet. Each holder signs it with: pilookup keys sign {path}")


def print_published(outcomes: "Sequence[Published]", *, json: bool) -> None:
    """Print the outcome of publishing: a line for each channel, or one JSON document."""
    if json:
        say_json([done.to_json() for done in outcomes] if len(outcomes) != 1 else outcomes[0].to_json())
        return
    for done in outcomes:
        if done.rotated:
            time = "72 more hours" if done.channel == PUBLIC else "14 more days"
            until = "" if done.ended else f"; the previous one is served for at most {time}"
            say(f"{done.channel}: a new epoch starts{until}")
        for dataset in done.expired:
            say(f"dataset {dataset}: expired; its records have left the vault and this channel")
        for ended in done.ended:
            say(f"{done.channel}: epoch {ended.epoch} ends now: {ended.reason}")
        for each in done.replaced:
            new = f"{each.new[:KEY_SHOWN]} signs in its place"
            say(f"{done.channel}: the {each.role} key {each.old[:KEY_SHOWN]} is replaced; {new}")
        if done.root is not None:
            say(f"{done.channel}: version {done.root} of the root is served")
        entries = counted(done.entries, "entry", "entries")
        unchanged = (
            "unchanged, signatures renewed" if done.root is None else "entries unchanged, signed under this root"
        )
        what = "published" if done.changed else unchanged
        say(f"{done.channel}: {what}: epoch {done.epoch}, serial {done.serial}, {entries}")
