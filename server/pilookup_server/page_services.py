"""The telephone lines and accounts that the page names, and that an operator can correct without a new build."""

from collections.abc import Mapping
from typing import Final

SERVICES: Final = (
    "police", "antifraud", "reports", "complaints", "warnings", "results", "lookup_account", "complaints_account",
)  # fmt: skip
"""The telephone lines and WeChat accounts that the page names, and that `services` of `config.json` can correct."""

MAX_SERVICE: Final = 40
"""The maximum length of a service's telephone number or name."""


def check_services(services: Mapping[str, str]) -> None:
    """Check the corrections of services.

    Raises:
        ValueError: A service is unknown, or its telephone number or name is empty or too long.
    """
    for name, value in services.items():
        if name not in SERVICES:
            raise ValueError(f"{name}: is not one of {', '.join(SERVICES)}")
        if not value.strip() or len(value) > MAX_SERVICE:
            raise ValueError(f"{name}: must have 1 to {MAX_SERVICE} characters")
