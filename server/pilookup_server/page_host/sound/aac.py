"""The frames of an AAC file with ADTS headers (ISO/IEC 13818-7, one channel)."""

from typing import Final

from pilookup_server.page_host.sound.frames import ENCODE, Frames, SoundError, without_tags

MEDIA_TYPE: Final = "audio/aac"

_HEADER: Final = 7
_SAMPLES: Final = 1024
_HERTZ: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


def is_aac(data: bytes) -> bool:
    """Whether the bytes begin, behind their tags, with an ADTS header."""
    return len(data) >= 2 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0


def read_aac(data: bytes) -> Frames:
    """Read the frames of a file.

    Raises:
        SoundError: It is not one channel of AAC with ADTS headers from the first byte to the last.
    """
    body, offset = without_tags(data)
    frames: list[bytes] = []
    rate = None
    at = 0
    while at < len(body):
        hertz, size = _read_header(body, at, offset + at)
        if rate not in (None, hertz):
            raise SoundError(f"byte {offset + at:,}: the sample rate changes; {ENCODE}")
        rate = hertz
        frames.append(body[at : at + size])
        at += size
    if rate is None:
        raise SoundError(f"no sound in the file; {ENCODE}")
    return Frames(MEDIA_TYPE, _SAMPLES / rate, frames)


def _read_header(body: bytes, at: int, position: int) -> tuple[int, int]:
    """The sample rate and the size of the frame at `at`; errors name its `position` in the file."""
    head = body[at : at + _HEADER]
    if len(head) < _HEADER or not is_aac(head):
        raise SoundError(f"byte {position:,}: not a frame of AAC with an ADTS header; {ENCODE}")
    index = head[2] >> 2 & 15
    if index >= len(_HERTZ):
        raise SoundError(f"byte {position:,}: an unknown sample rate; {ENCODE}")
    if (head[2] & 1) << 2 | head[3] >> 6 != 1:
        raise SoundError(f"byte {position:,}: more than one channel; {ENCODE}")
    if head[6] & 3:
        raise SoundError(f"byte {position:,}: several blocks in one frame; {ENCODE}")
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if size < _HEADER + (0 if head[1] & 1 else 2):
        raise SoundError(f"byte {position:,}: a frame shorter than its header; {ENCODE}")
    if at + size > len(body):
        raise SoundError(f"byte {position:,}: the file ends within a frame; copy it again, or {ENCODE}")
    return _HERTZ[index], size
