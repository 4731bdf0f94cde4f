"""`pilookup reports`: what platforms did with the accounts of a case; made, sent, carried to custody and answered."""

import json as json_module
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, note, say, say_json
from pilookup.cli.options import HomeOption, JsonOption, OperatorOption, PieceOption
from pilookup.cli.output_file import check_new_path, write_new
from pilookup.cli.platform_options import Insecure, KeyFile, Server, Token, read_report, server_address
from pilookup.errors import FormatError
from pilookup.protocol.encoding import time_text
from pilookup.protocol.report_answers import AnswerKind
from pilookup.protocol.reports import Verb

if TYPE_CHECKING:
    from pilookup.custody.reports.summary import CaseReports
    from pilookup.protocol.reports import Report
    from pilookup.reports import ReportState

app = typer.Typer(no_args_is_help=True, help="Report what was done with a case's accounts; carry and answer reports.")

_VERBS = ", ".join(Verb)
_ID = re.compile("[0-9a-f]{32}")


@app.command()
def key(file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.", show_default=False)]) -> None:
    """On a platform: make the key that roundings are drawn under. Keep it: with another one, cases are rounded anew."""
    from pilookup.reports import ReportKey  # noqa: PLC0415 - other commands start fast

    ReportKey.create(file)
    say(f"{file}: the key of this platform's reports; back it up, and show it to nobody")


@app.command()
def make(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new file for the report.", show_default=False)],
    key_file: KeyFile,
    case: Annotated[int, typer.Option(help="The id of the case in the catalogue.", show_default=False)],
    case_numbers: Annotated[
        int, typer.Option(help="How many numbers the case has at least, by its details.", show_default=False)
    ],
    users: Annotated[int, typer.Option(help="How many users were screened.", show_default=False)],
    quarter: Annotated[
        str | None, typer.Option(help="The quarter, such as 2026-Q4; by default, that of today.", show_default=False)
    ] = None,
    count: Annotated[
        list[str] | None,
        typer.Option(metavar="VERB=N", help=f"An exact count; repeat it. Verbs: {_VERBS}.", show_default=False),
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Tell exact counts, by a person's decision.")] = False,
    because: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; it is in the report, and is kept.", show_default=False)
    ] = "",
    json: JsonOption = False,
) -> None:
    """On a platform: make the report on a case and quarter from exact counts, coarse enough to point to nobody."""
    from pilookup.reports import Quarter, ReportKey, make_report  # noqa: PLC0415 - other commands start fast

    if exact != bool(because):
        raise typer.BadParameter("--exact and --because TEXT are given together", param_hint="--exact")
    check_new_path(out, "OUT")
    try:
        given = Quarter.parse(quarter) if quarter else Quarter.of(datetime.now(UTC).date())
    except FormatError as error:
        raise typer.BadParameter(str(error), param_hint="--quarter") from None
    report = make_report(
        ReportKey.read(key_file),
        case=case,
        case_numbers=case_numbers,
        quarter=given,
        users=users,
        counts=dict(_count(text) for text in count or ()),
        exact_because=because or None,
    )
    write_new(out, report.to_bytes().decode(), lost="no report was written")
    if json:
        say_json(json_module.loads(report.to_bytes()))
    else:
        _print_report(report)


def _count(text: str) -> tuple[str, int]:
    """Split VERB=N."""
    verb, _, number = text.partition("=")
    if verb not in list(Verb) or not (number.isascii() and number.isdigit() and len(number) <= 12):
        raise typer.BadParameter("not VERB=N with one of the verbs", param_hint="--count")
    return verb, int(number)


def _print_report(report: "Report") -> None:
    kind = "coarse" if report.because is None else "exact"
    say(f"report {report.id} on case {report.case}, {report.quarter}: {kind}, {report.users:,} users or more screened")
    for verb in Verb:
        told = report.counts[verb]
        say(f"  {verb}: {'not told' if told is None else f'{told:,}'}")


@app.command()
def send(
    file: Annotated[Path, typer.Argument(metavar="REPORT", help="A file that `make` wrote.", show_default=False)],
    server: Server,
    token: Token,
    insecure: Insecure = False,
    json: JsonOption = False,
) -> None:
    """On a platform: send a report. Sending it again is harmless."""
    from pilookup.reports import send_report  # noqa: PLC0415 - other commands start fast

    address, report = server_address(server, insecure=insecure), read_report(file)
    _print_state(send_report(report, address, token, insecure=insecure), json=json)


@app.command()
def status(
    report: Annotated[
        str, typer.Argument(metavar="REPORT", help="The file of the report, or its id.", show_default=False)
    ],
    server: Server,
    token: Token,
    trust: Annotated[
        Path | None,
        typer.Option(help="trust-bundles.json of the police, to verify their answer.", show_default=False),
    ] = None,
    insecure: Insecure = False,
    json: JsonOption = False,
) -> None:
    """On a platform: ask what became of a report, and verify the answer of the police."""
    from pilookup.reports import report_state, verified_answer  # noqa: PLC0415 - other commands start fast

    address = server_address(server, insecure=insecure)
    sent = None if _ID.fullmatch(report) else read_report(Path(report))
    state = report_state(report if sent is None else sent.id, address, token, insecure=insecure)
    if trust is not None:
        verified_answer(state, trust, sent)
    _print_state(state, json=json)
    if state.answer is not None and trust is None:
        note("the signature of the answer was not verified; give --trust trust-bundles.json")
    elif state.answer is not None and sent is None:
        note("which counts it answers was not compared; give the file of the report in place of its id")


def _print_state(state: "ReportState", *, json: bool) -> None:
    if json:
        say_json(state.to_json())
        return
    say(f"report {state.id}: received on {state.received}")
    answer = state.answer
    if answer is None:
        say("no answer yet")
        return
    say(f"answered on {answer.answered:%Y-%m-%d}: {answer.kind}")
    for text in (answer.zh, answer.en):
        if text is not None:
            say(f"  {text}")


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.", show_default=False)],
    home: HomeOption,
    piece_size: PieceOption = None,
    json: JsonOption = False,
) -> None:
    """On the serving machine: write the reports that the server received, for custody. No passphrase is needed."""
    from pilookup.bundles.report_files import write_reports  # noqa: PLC0415 - other commands start fast

    count, files = write_reports(home / "online", out, datetime.now(UTC), piece_size=piece_size)
    if json:
        say_json({"reports": count, "files": [str(path) for path in files]})
    else:
        say(f"{counted(count, 'report')} in {files[0]}")


@app.command("import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN...",
            help="What `reports export` or `bundle export` wrote on a serving machine.",
            show_default=False,
        ),
    ],
    home: HomeOption,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="trust-machine.json of a serving machine of which no acknowledgement was imported yet.",
            show_default=False,
        ),
    ] = None,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """On the custody machine: take over reports from a serving machine. Repeating it is harmless."""
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

    with opened(home, online=False, scheduler=None, operator=operator) as custody:
        outcome = custody.import_reports(paths, trust=trust or ())
    if json:
        say_json(outcome.to_json())
    else:
        say(f"{counted(outcome.new, 'new report')}, {outcome.known:,} known before")
    for refused in outcome.refused:
        note(f"refused: {refused}")


@app.command()
def answer(
    report: Annotated[
        str, typer.Argument(metavar="ID", help="The report's id, or its first digits.", show_default=False)
    ],
    home: HomeOption,
    kind: Annotated[AnswerKind, typer.Option(help="noted, or question, which needs a text.")] = AnswerKind.NOTED,
    text_zh: Annotated[str | None, typer.Option(help="A text in Chinese.", show_default=False)] = None,
    text_en: Annotated[str | None, typer.Option(help="The same text in English.", show_default=False)] = None,
    platform: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose report, if two have such an id; see `show`.", show_default=False),
    ] = None,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """On the custody machine: answer a report, signed. It goes to the platform with the next bundle."""
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

    with opened(home, online=False, scheduler=None, operator=operator) as custody:
        made = custody.answer_report(report, kind=kind, text_zh=text_zh, text_en=text_en, platform=platform)
    if json:
        say_json(json_module.loads(made.to_bytes()))
    else:
        say(f"report {made.report[:8]} of {made.platform}: answered, {made.kind}; it goes out with the next bundle")


@app.command()
def show(
    home: HomeOption,
    html: Annotated[
        Path | None, typer.Option(help="A new file for a page with charts (HTML).", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """On the custody machine: show what became of each case's accounts. No passphrase is needed."""
    from pilookup.custody import Custody  # noqa: PLC0415 - needs the extra `load`

    check_new_path(html, "--html")
    cases = Custody.reports_of(home)
    if html:
        from pilookup.custody.reports.page import reports_page  # noqa: PLC0415 - needs the extra `load`

        write_new(html, reports_page(cases, datetime.now(UTC)), lost="no page was written")
    if json:
        say_json({"cases": [each.to_json() for each in cases]})
    elif not html:
        if not cases:
            say("no reports were imported yet")
        for each in cases:
            _print_case(each)


def _print_case(case: "CaseReports") -> None:
    say(f"case {case.case} ({case.dataset or 'not known here'}): {case.title_zh} / {case.title_en}")
    for verb, count in case.totals.items():
        untold = case.not_told[verb]
        if count or untold < len(case.newest):
            say(f"  {verb}: {count:,}" + (f", and not told by {counted(untold, 'platform')}" if untold else ""))
    for each in case.newest:
        report = each.received.report
        exact = "" if report.because is None else f"; exact, because: {report.because}"
        answered = f"{each.answer.kind} on {time_text(each.answer.answered)[:10]}" if each.answer else "not answered"
        say(f"  {each.received.platform}  {report.id[:8]}  {report.quarter}  {answered}{exact}")
