"""A text in the two languages of the product."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A text in Chinese and in English."""

    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        """The text as a JSON object, by language."""
        return {"zh": self.zh, "en": self.en}

    def format(self, **values: object) -> "Text":
        """The text with `{name}` replaced by each value, in both languages."""
        return Text(self.zh.format(**values), self.en.format(**values))
