"""The report of a load as one HTML page: in Chinese, then in English. It needs no script and no other file."""

from datetime import UTC, datetime
from typing import Final

from pilookup._version import __version__
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.custody.load_report.markup import Html, element
from pilookup.custody.load_report.sections import sections
from pilookup.custody.load_report.style import STYLE
from pilookup.custody.load_report.words import LABELS, LANGUAGES, Words

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""A page that was made of a criminal's file loads and runs nothing, even if a text were not escaped."""


def html_report(outcome: LoadOutcome, now: datetime) -> str:
    """The report of a load, for people: counts, charts, columns and warnings with what to do. It has no number in it.

    Args:
        outcome: What the load did; also the outcome of a dry run and of a StrictLoadError.
        now: The time of the report.

    Returns:
        An HTML document, to be written in UTF-8.
    """
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", f"{outcome.dataset} · {' · '.join(LABELS['title'])}"),
        element("style", Html(STYLE)),
    )
    body = element("body", *(_in_one_language(outcome, Words(language), now) for language in LANGUAGES))
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="zh-CN") + "\n"


def _in_one_language(outcome: LoadOutcome, words: Words, now: datetime) -> Html:
    links = [
        element("a", Words(language)["here"], href=f"#{language}", lang=language)
        for language in LANGUAGES
        if language != words.language
    ]
    facts = {
        "dataset": outcome.dataset,
        "file_count": f"{len(outcome.files):,}",
        "made": f"{now.astimezone(UTC):%Y-%m-%d %H:%M}",
        "program": f"pilookup {__version__}",
    }
    about = [element("span", f"{words[name]}: {text}") for name, text in facts.items()]
    return element(
        "main",
        element("nav", *links),
        element("h1", words["title"]),
        element("p", *about, class_="about"),
        element("p", words["no_numbers"], class_="about"),
        sections(outcome, words),
        id=words.language,
        lang=words.language,
    )
