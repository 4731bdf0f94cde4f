"""`pilookup audit`: check, show and restart the audit log of custody."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, note, say, say_json
from pilookup.cli.options import HomeOption, JsonOption, OperatorOption
from pilookup.cli.output_file import check_new_path, write_new
from pilookup.clock import utc_now
from pilookup.errors import AuditError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.passphrase import read_passphrase

if TYPE_CHECKING:
    from pilookup.custody.audit.check import AuditCheck
    from pilookup.custody.home import Home

app = typer.Typer(no_args_is_help=True, help="Check, show and restart the audit log of custody.")


@app.command()
def verify(
    home: HomeOption,
    release: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="A channel's directory with metadata/, such as a copy of an earlier release; may be repeated. By "
            "default, those of HOME.",
            show_default=False,
        ),
    ] = None,
    without_passphrase: Annotated[
        bool, typer.Option("--without-passphrase", help="Check all but the seal of the log's end.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find entries that were changed, removed or moved, against their chain, its seal and the signed releases."""
    from pilookup.custody.audit.check import check_audit  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.home import Home  # noqa: PLC0415

    layout = Home(home)
    with layout.locked():
        keyring = None
        if not without_passphrase:
            keyring = Keyring.unlock(layout.custody, Half.CUSTODY, read_passphrase(Half.CUSTODY))
        found = check_audit(layout, keyring, release or ())
    if json:
        say_json(found.to_json())
    else:
        _print(layout, found)
    if found.found:
        raise AuditError("the audit log was changed:\n" + "\n".join(found.found))
    if not json:
        say("The audit log is whole, except for what was lost." if found.gaps else "The audit log is whole.")


def _print(home: "Home", found: "AuditCheck") -> None:
    say(f"{counted(found.entries, 'entry', 'entries')}")
    for each in found.releases:
        if each.head is None:
            say(f"{each.channel}: release {each.release}: made by an earlier version, without a head")
        elif each.entry is not None:
            say(f"{each.channel}: release {each.release}: signed at entry {each.entry}")
    for gap in found.gaps:
        say(f"{home.audit_log}: {gap}")
    if found.torn and not found.found:
        say(f"{found.torn:,} bytes of a line that a killed command left; the next command cuts them off")
    if found.sealed is None:
        note("the seal of the log's end was not checked, because that needs the passphrase")


@app.command()
def show(
    home: HomeOption,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day (UTC) to begin with.", show_default=False)
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="A new file for a page to print (HTML).", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """List who ran which command when, with what came of it. No passphrase is needed."""
    from pilookup.custody.audit.check import read_entries  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.audit.timeline import commands  # noqa: PLC0415
    from pilookup.custody.audit_page import audit_page, details_text  # noqa: PLC0415
    from pilookup.custody.home import Home  # noqa: PLC0415

    check_new_path(html, "--html")
    layout = Home(home)
    with layout.locked():
        entries, found = read_entries(layout)
    first = since.replace(tzinfo=UTC) if since else None
    listed = [each for each in commands(entries) if first is None or each.time >= first]
    if html:
        page = audit_page(str(home), listed, found, utc_now(), since.date() if since else None)
        write_new(html, page, lost="no page was written")
    if json:
        say_json({"commands": [each.to_json() for each in listed], "found": found})
    elif not html:
        for each in listed:
            outcome = str(each.outcome) if each.outcome else "NO OUTCOME"
            texts = [text for text in (details_text(each.asked), outcome, details_text(each.did)) if text]
            say(f"{each.number}  {each.time:%Y-%m-%d %H:%M:%S}  {each.operator}  {each.command}: {' | '.join(texts)}")
    for problem in found:
        note(problem)


@app.command()
def restart(home: HomeOption, operator: OperatorOption = None) -> None:
    """Set a log that was changed aside, and start a new one that names it. Inquire first: nothing is checked here."""
    from pilookup.custody.audit.start import restart as start_anew  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.home import Home  # noqa: PLC0415

    layout = Home(home)
    with layout.locked():
        keyring = Keyring.unlock(layout.custody, Half.CUSTODY, read_passphrase(Half.CUSTODY))
        aside = start_anew(layout, keyring, operator, utc_now)
    former = f"keep {aside}" if aside else "there was no former one"
    say(f"A new log begins; {former}. Publish each channel, so that releases are signed with the new log.")
