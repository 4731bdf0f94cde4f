"""How many hostile files the property tests of intake try."""

import os

from hypothesis import settings


def hostile(examples: int) -> settings:
    """Settings of a property that tries damaged or random files.

    Args:
        examples: The number of files in `make test`. HOSTILE_EXAMPLES, which `make release-check` sets, replaces it.
    """
    return settings(
        max_examples=int(os.environ.get("HOSTILE_EXAMPLES", examples)),
        deadline=None,
    )
