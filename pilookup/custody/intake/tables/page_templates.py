"""Takes the templates out of a page: their content is not shown, and a parser may not find the end of one with rows."""

import re
from typing import Final

_START: Final = re.compile(r"<!--|<(?:script|style|template)\b", re.IGNORECASE)
_ENDS: Final = {
    "<!--": re.compile("-->"),
    "<script": re.compile("</script", re.IGNORECASE),
    "<style": re.compile("</style", re.IGNORECASE),
}
_TEMPLATE: Final = re.compile(r"<(/?)template\b(?:[^>]{0,1000}>)?", re.IGNORECASE)


def without_templates(text: str) -> tuple[str, list[str]]:
    """A page without its templates, and these.

    A template without an end stays, and so do all behind a comment or a script without one.
    """
    kept: list[str] = []
    templates: list[str] = []
    done = at = 0
    while start := _START.search(text, at):
        kind = start[0].lower()
        if kind == "<template":
            stop = _end_of_template(text, start.start())
            if stop:
                kept.append(text[done : start.start()])
                templates.append(text[start.start() : stop])
                done = stop
        else:
            end = _ENDS[kind].search(text, start.end())
            stop = end.end() if end else 0
        if not stop:
            break
        at = stop
    return "".join([*kept, text[done:]]), templates


def _end_of_template(text: str, at: int) -> int:
    """Where the template that starts there ends, with the templates in it; 0 if it does not."""
    depth = 0
    for tag in _TEMPLATE.finditer(text, at):
        depth += -1 if tag[1] else 1
        if not depth:
            return tag.end()
    return 0
