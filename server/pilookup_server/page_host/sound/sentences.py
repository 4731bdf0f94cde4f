"""The script of a recording: the sentences that the page plays, each with a code for its mark."""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the script.

    Attributes:
        number: Its number, from 1.
        name: Its name in the page (server/web/src/sound/plan.ts).
        text: What is said, in Chinese; a recording in another tongue translates it.
        local: Whether it has a slot for a local name. A recording may lack it.
    """

    number: int
    name: str
    text: str
    local: bool

    @property
    def code(self) -> str:
        """Its code in a file of marks: the number, and four digits that change with the text."""
        return f"{self.number}-{sha256(self.text.encode()).hexdigest()[:4]}"


@cache
def sentences() -> tuple[Sentence, ...]:
    """All sentences, in order."""
    text = files(__package__).joinpath("sentences.json").read_text(encoding="utf-8")
    return tuple(
        Sentence(number, item["name"], item["text"], item.get("local", False))
        for number, item in enumerate(json.loads(text), start=1)
    )
