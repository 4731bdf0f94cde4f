"""HTML elements whose texts are always escaped."""

from html import escape


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
