"""The QR code of the page's address."""

from dataclasses import dataclass
from typing import Final

import segno

_QUIET: Final = 4
"""The white margin of a QR code, in modules, which readers need."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code.

    Attributes:
        side: The side with its margin, in modules.
        path: The dark modules, as the data of an SVG path.
    """

    side: int
    path: str

    @classmethod
    def of_address(cls, address: str) -> "QrCode":
        """The code of an address, of which a quarter may be damaged (level Q)."""
        rows = [list(row) for row in segno.make(address, error="q", micro=False, boost_error=False).matrix]
        squares = [
            f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
        ]
        return cls(len(rows) + 2 * _QUIET, "".join(squares))
