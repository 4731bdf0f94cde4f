"""The report of a load as one HTML page: in Chinese, then in English. It needs no script and no other file."""

from datetime import UTC, datetime

from pilookup._version import __version__
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.custody.load_report.sections import sections
from pilookup.custody.load_report.words import LABELS, LANGUAGES, Words
from pilookup.custody.markup import Html, document, element


def html_report(outcome: LoadOutcome, now: datetime) -> str:
    """The report of a load, for people: counts, charts, columns and warnings with what to do. It has no number in it.

    Args:
        outcome: What the load did; also the outcome of a dry run and of a StrictLoadError.
        now: The time of the report.

    Returns:
        An HTML document, to be written in UTF-8.
    """
    title = f"{outcome.dataset} · {' · '.join(LABELS['title'])}"
    return document(title, *(_in_one_language(outcome, Words(language), now) for language in LANGUAGES))


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
