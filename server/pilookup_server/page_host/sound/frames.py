"""What the formats of recorded sound have in common."""

import math
from dataclasses import dataclass, field
from typing import Final

from pilookup.errors import PilookupError

MAX_BYTES: Final = 600_000
"""Size of the largest recording, packed or not."""

MAX_BIT_RATE: Final = 24_000
"""The highest mean bit rate, in bits per second."""

ENCODE: Final = "encode it again as MP3, one channel, 16 kbit/s (lame -m m --resample 16 -b 16)"
"""The remedy for a file in another format."""

_ROUNDING: Final = 0.0005
"""Half the last digit of a time of three decimals: a mark on the border of two frames is not one of both."""

_ID3_HEADER: Final = 10
_ID3V1_BYTES: Final = 128


class SoundError(PilookupError):
    """A recording cannot be used; the text names the file's position or line, and the remedy."""


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a sound file, without tags.

    Attributes:
        media_type: The media type of the frames.
        seconds: The duration of one frame.
        frames: The frames, in order.
    """

    media_type: str
    seconds: float
    frames: list[bytes] = field(repr=False)

    @property
    def length(self) -> float:
        """The duration of all frames, in seconds."""
        return self.seconds * len(self.frames)

    @property
    def bit_rate(self) -> float:
        """The mean bit rate, in bits per second."""
        return 8 * sum(map(len, self.frames)) / self.length

    def cut(self, start: float, end: float) -> bytes:
        """The frames that sound between two times, in seconds."""
        return b"".join(self.frames[self.first(start) : self.last(end)])

    def first(self, start: float) -> int:
        """The index of the frame that sounds at a time."""
        return int((start + _ROUNDING) / self.seconds)

    def last(self, end: float) -> int:
        """The index of the first frame that begins at a time or later."""
        return math.ceil((end - _ROUNDING) / self.seconds)


def without_tags(data: bytes) -> tuple[bytes, int]:
    """Remove ID3 tags.

    Returns:
        The rest, and the position in `data` at which it begins.

    Raises:
        SoundError: A tag does not end within the file.
    """
    start = 0
    while data[start : start + 3] == b"ID3":
        size = data[start + 6 : start + _ID3_HEADER]
        if len(size) < 4 or any(byte >= 0x80 for byte in size):
            raise SoundError(f"byte {start:,}: a damaged ID3 tag; {ENCODE}")
        length = size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]
        start += _ID3_HEADER + length
        if start > len(data):
            raise SoundError(f"the file ends within its ID3 tag; {ENCODE}")
    end = len(data) - _ID3V1_BYTES
    stop = end if end >= start and data[end : end + 3] == b"TAG" else len(data)
    return data[start:stop], start
