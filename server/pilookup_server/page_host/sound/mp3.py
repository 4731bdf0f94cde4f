"""The frames of an MP3 file (ISO/IEC 11172-3 and 13818-3, layer III, one channel)."""

from dataclasses import dataclass
from typing import Final

from pilookup_server.page_host.sound.frames import ENCODE, Frames, SoundError, without_tags

MEDIA_TYPE: Final = "audio/mpeg"

_HEADER: Final = 4
_MONO: Final = 3
_LAYER_III: Final = 1
_VERSIONS: Final = {0: 2.5, 2: 2.0, 3: 1.0}
_HERTZ: Final = {1.0: (44100, 48000, 32000), 2.0: (22050, 24000, 16000), 2.5: (11025, 12000, 8000)}
_KBITS_1: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_INDEX_TAGS: Final = (b"Xing", b"Info")


@dataclass(frozen=True, slots=True)
class _Header:
    """What the header of a frame says. `version` and `hertz` are the same in all frames of a file."""

    version: float
    hertz: int
    size: int

    @property
    def side_bytes(self) -> int:
        """The length of the side information of one channel."""
        return 17 if self.version == 1.0 else 9


def is_mp3(data: bytes) -> bool:
    """Whether the bytes begin, behind their tags, as a frame of layer III does."""
    return len(data) >= 2 and data[0] == 0xFF and data[1] >> 5 == 7 and data[1] >> 1 & 3 == _LAYER_III


def read_mp3(data: bytes) -> Frames:
    """Read the frames of a file.

    The frame in which encoders describe the file is left out: it sounds as silence, and nothing needs it.

    Raises:
        SoundError: It is not one channel of MP3 from the first byte to the last.
    """
    body, offset = without_tags(data)
    headers: list[_Header] = []
    frames: list[bytes] = []
    at = 0
    while at < len(body):
        header = _read_header(body, at, offset + at)
        if headers and (header.version, header.hertz) != (headers[0].version, headers[0].hertz):
            raise SoundError(f"byte {offset + at:,}: the sample rate changes; {ENCODE}")
        headers.append(header)
        frames.append(body[at : at + header.size])
        at += header.size
    if headers and _is_index(frames[0], headers[0]):
        headers, frames = headers[1:], frames[1:]
    if not headers:
        raise SoundError(f"no sound in the file; {ENCODE}")
    samples = 1152 if headers[0].version == 1.0 else 576
    return Mp3Frames(MEDIA_TYPE, samples / headers[0].hertz, frames, headers[0].side_bytes)


@dataclass(frozen=True, slots=True)
class Mp3Frames(Frames):
    """The frames of an MP3 file. The data of a frame may begin in the frames before it.

    Attributes:
        side_bytes: The length of the side information of each frame.
    """

    side_bytes: int

    def cut(self, start: float, end: float) -> bytes:
        """The frames that sound between two times, in seconds.

        They can be joined to the frames of any other cut: the frames before them that hold some of their data go first,
        and are silenced, because a decoder would look for the data of those in the wrong place.
        """
        first, last = self.first(start), self.last(end)
        earlier = first
        missing = self._missing(first, last)
        while missing > 0 and earlier > 0:
            earlier -= 1
            missing -= self._data_bytes(earlier)
        silent = [self._silenced(frame) for frame in self.frames[earlier:first]]
        return b"".join([*silent, *self.frames[first:last]])

    def _missing(self, first: int, last: int) -> int:
        """How many bytes of the data of some frames are in frames before them."""
        missing = held = 0
        for index in range(first, last):
            missing = max(missing, self._borrowed(index) - held)
            held += self._data_bytes(index)
        return missing

    def _data_bytes(self, index: int) -> int:
        return len(self.frames[index]) - _HEADER - self.side_bytes

    def _borrowed(self, index: int) -> int:
        """How many bytes before its own a frame's data begins (main_data_begin)."""
        side = self.frames[index][_HEADER:]
        return side[0] << 1 | side[1] >> 7 if self.side_bytes == 17 else side[0]

    def _silenced(self, frame: bytes) -> bytes:
        """The frame with side information that says it has no data (part2_3_length 0), so that it sounds as silence."""
        kept = 2 if self.side_bytes == 17 else 1
        side = bytearray(self.side_bytes)
        side[:kept] = frame[_HEADER : _HEADER + kept]
        if kept == 2:
            side[1] &= 0x80
        return frame[:_HEADER] + bytes(side) + frame[_HEADER + self.side_bytes :]


def _read_header(body: bytes, at: int, position: int) -> _Header:
    """Read the header of the frame at `at`; errors name its `position` in the file."""
    head = body[at : at + _HEADER]
    if len(head) < _HEADER or not is_mp3(head) or head[1] >> 3 & 3 == 1:
        raise SoundError(f"byte {position:,}: not a frame of MP3; {ENCODE}")
    version = _VERSIONS[head[1] >> 3 & 3]
    rate, hertz, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if not 1 <= rate <= 14 or hertz == 3:
        raise SoundError(f"byte {position:,}: not a frame of MP3 with a fixed bit rate; {ENCODE}")
    if head[3] >> 6 != _MONO:
        raise SoundError(f"byte {position:,}: more than one channel; {ENCODE}")
    if not head[1] & 1:
        raise SoundError(f"byte {position:,}: frames with checksums (CRC) cannot be joined; {ENCODE}")
    kbits = (_KBITS_1 if version == 1.0 else _KBITS_2)[rate - 1]
    samples = 1152 if version == 1.0 else 576
    size = samples // 8 * kbits * 1000 // _HERTZ[version][hertz] + padding
    header = _Header(version, _HERTZ[version][hertz], size)
    if size < _HEADER + header.side_bytes:
        raise SoundError(f"byte {position:,}: a frame too short for its side information; {ENCODE}")
    if at + size > len(body):
        raise SoundError(f"byte {position:,}: the file ends within a frame; copy it again, or {ENCODE}")
    return header


def _is_index(frame: bytes, header: _Header) -> bool:
    tag = _HEADER + header.side_bytes
    return frame[tag : tag + 4] in _INDEX_TAGS
