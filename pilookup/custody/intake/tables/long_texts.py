"""Divides texts that are too long for one piece where no number can be."""

from collections.abc import Iterator


def pieces(text: str, most: int, ends: str) -> Iterator[str]:
    """Consecutive parts of a text.

    Args:
        text: The text.
        most: The most characters of a part.
        ends: Characters behind which a text is divided. Where none of them is in half a part, it is divided anyway.
    """
    at = 0
    while len(text) - at > most:
        stop = max(text.rfind(end, at + most // 2, at + most) for end in ends)
        stop = stop + 1 if stop > 0 else at + most
        yield text[at:stop]
        at = stop
    yield text[at:]
