"""HTML elements whose texts are always escaped, and pages that need no script and no other file."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from pilookup.custody.page_style import STYLE

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""A page that was made of a criminal's file loads and runs nothing, even if a text were not escaped."""


class Html(str):
    """HTML in which every text is escaped already."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str | float | None) -> Html:
    """An element with its content.

    Args:
        name: The name of the element.
        content: Its content, in order: `Html` as it is, other texts escaped.
        attributes: Its attributes. A name ends in "_" where it is a word of Python, and has "_" for "-"; None leaves an
            attribute out.
    """
    given = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{joined(*content)}</{name}>")


def joined(*content: str) -> Html:
    """Several contents after one another: `Html` as it is, other texts escaped."""
    return Html("".join(each if isinstance(each, Html) else escape(each) for each in content))


def document(title: str, *mains: Html) -> str:
    """A whole page.

    Args:
        title: Its title.
        mains: Its content in each language, the first of them Chinese.
    """
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", title),
        element("style", Html(STYLE)),
    )
    return "<!DOCTYPE html>\n" + element("html", head, element("body", *mains), lang="zh-CN") + "\n"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], **attributes: str | None) -> Html:
    """A table of texts; `attributes` are those of the element."""
    head = element("thead", element("tr", *(element("th", title) for title in titles)))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    return element("table", head, body, **attributes)
