"""A packed recording: one line of JSON that says where each sentence is, then frames of MP3 or AAC.

The page fetches it whole and puts together the sentences it plays, so that no request tells which ones. Only frames of
marked sentences are in it, and no tags.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pilookup.plain_file import read_plain
from pilookup_server.page_host.sound import aac, mp3
from pilookup_server.page_host.sound.frames import ENCODE, MAX_BIT_RATE, MAX_BYTES, Frames, SoundError, without_tags
from pilookup_server.page_host.sound.marks import Mark, read_marks
from pilookup_server.page_host.sound.sentences import sentences

FORMAT: Final = 1
SUFFIX: Final = ".sound"

_TAG: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)
_NAMES: Final = {
    "zh": "普通话", "zh-CN": "普通话", "za": "壮话 Vahcuengh", "yue": "粤语", "nan": "闽南话", "hak": "客家话",
    "wuu": "吴语", "ug": "ئۇيغۇرچە", "bo": "བོད་སྐད།", "ii": "ꆈꌠꉙ", "en": "English",
}  # fmt: skip
"""The names of languages, as those who speak them call them."""

_TYPES: Final = (aac.MEDIA_TYPE, mp3.MEDIA_TYPE)

MAX_NAME: Final = 30
_MAX_MARKS_BYTES: Final = 100_000
_MAX_HEADER_BYTES: Final = 20_000
_SHARE_OVER: Final = 1.02
"""The mean bit rate may exceed the limit by the rounding of frames to whole bytes."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a recording says of the place where it is played.

    Attributes:
        operator: Who runs the page, in the language of the recording; "" if it does not say.
        telephone: The operator's telephone number; "" if it does not say.
        services: Telephone lines and accounts that differ from the usual ones (`page_services`).
    """

    operator: str = ""
    telephone: str = ""
    services: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """A packed recording.

    Attributes:
        language: The BCP 47 tag of its language.
        name: The name of the language on the page's button.
        spoken: What it says of the place where it is played.
        data: The packed file.
    """

    language: str
    name: str
    spoken: Spoken
    data: bytes = field(repr=False)

    @property
    def is_english(self) -> bool:
        """Whether it belongs to the English page; every other language belongs to the Chinese one."""
        return is_english(self.language)

    @property
    def path(self) -> str:
        """Its path below the page, which changes with its content."""
        return f"sound/{self.language}-{sha256(self.data).hexdigest()[:12]}{SUFFIX}"

    def to_json(self) -> dict[str, str]:
        """Its element of `sounds` in `config.json`."""
        return {"language": self.language, "name": self.name, "file": self.path}


@dataclass(frozen=True, slots=True)
class PackedOutcome:
    """What was packed: the recording, its length in seconds, and the codes of local sentences that it lacks."""

    recording: Recording
    seconds: float
    not_recorded: list[str]


def pack(language: str, file: Path, marks: Path, spoken: Spoken) -> PackedOutcome:
    """Check a recording and pack it.

    Args:
        language: The BCP 47 tag of the language, or TAG=NAME where NAME is to stand on the button.
        file: An MP3 file, or an AAC file with ADTS headers.
        marks: The marks, as Audacity exports labels.
        spoken: What the recording says in its local sentences and of telephone lines.

    Raises:
        SoundError: The language, the file or the marks are not as they must be; the text names the file and the remedy.
        OSError: A file cannot be read.
    """
    tag, name = split_language(language)
    with _naming(file):
        frames = _read_frames(_read(file, MAX_BYTES))
    with _naming(marks):
        found = read_marks(_decoded(_read(marks, _MAX_MARKS_BYTES)), frames.length)
    data = _joined(tag, name, spoken, frames, found)
    if len(data) > MAX_BYTES:
        raise SoundError(f"{file}: {len(data):,} bytes when packed, at most {MAX_BYTES:,}; {ENCODE}")
    marked = {mark.sentence.name for mark in found}
    lacking = [one.code for one in sentences() if one.name not in marked]
    seconds = sum(mark.end - mark.start for mark in found)
    return PackedOutcome(Recording(tag, name, spoken, data), seconds, lacking)


def is_english(tag: str) -> bool:
    """Whether the tag of a language is that of English."""
    return tag.lower().split("-")[0] == "en"


def split_language(text: str) -> tuple[str, str]:
    """Split TAG or TAG=NAME.

    Returns:
        The tag, and the name to stand on the button.

    Raises:
        SoundError: The tag is none, or the name is empty, too long or not printable.
    """
    tag, equals, name = text.partition("=")
    if not _TAG.fullmatch(tag):
        raise SoundError(f"{tag}: not the tag of a language, such as zh-CN or za")
    name = name.strip() if equals else _NAMES.get(tag, tag)
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise SoundError(f"{tag}: its name must have 1 to {MAX_NAME} printable characters")
    return tag, name


def unpack(data: bytes) -> Recording:
    """Read the header of a packed recording.

    Raises:
        SoundError: It is not one that `pack` wrote.
    """
    line, newline, frames = data[: _MAX_HEADER_BYTES + 1].partition(b"\n")
    size = len(data) - len(line) - 1
    try:
        header = json.loads(line) if newline and len(data) <= MAX_BYTES else None
        if not isinstance(header, dict) or header["format"] != FORMAT or header["type"] not in _TYPES or not frames:
            raise SoundError("not a packed recording of this version; pack it again with pilookup page --sound")
        tag, name = split_language(f"{header['language']}={header['name']}")
        spoken = _spoken(header)
        spans = [(int(at), int(length)) for at, length in header["sentences"].values()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SoundError("a damaged recording; pack it again with pilookup page --sound") from None
    if not all(at >= 0 and length > 0 and at + length <= size for at, length in spans):
        raise SoundError("a recording that was cut off; copy it again")
    missing = [one.code for one in sentences() if one.name not in header["sentences"] and not one.local]
    if missing:
        raise SoundError(f"sentences of this page are not in it: {', '.join(missing)}; record them and pack it again")
    return Recording(tag, name, spoken, data)


def _spoken(header: dict[str, Any]) -> Spoken:
    operator, services = header["operator"], header["services"]
    texts = [operator["name"], operator["telephone"], *services.keys(), *services.values()]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError
    return Spoken(operator["name"], operator["telephone"], tuple(services.items()))


def _joined(language: str, name: str, spoken: Spoken, frames: Frames, marks: list[Mark]) -> bytes:
    spans: dict[str, list[int]] = {}
    parts: list[bytes] = []
    at = 0
    for mark in sorted(marks, key=lambda one: one.sentence.number):
        part = frames.cut(mark.start, mark.end)
        spans[mark.sentence.name] = [at, len(part)]
        parts.append(part)
        at += len(part)
    header = {
        "format": FORMAT,
        "language": language,
        "name": name,
        "type": frames.media_type,
        "operator": {"name": spoken.operator, "telephone": spoken.telephone},
        "services": dict(spoken.services),
        "sentences": spans,
    }
    line = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return b"\n".join([line, b"".join(parts)])


def _read_frames(data: bytes) -> Frames:
    body, _ = without_tags(data)
    if not mp3.is_mp3(body) and not aac.is_aac(body):
        raise SoundError(f"neither MP3 nor AAC with ADTS headers; {ENCODE}")
    frames = mp3.read_mp3(data) if mp3.is_mp3(body) else aac.read_aac(data)
    if frames.bit_rate > MAX_BIT_RATE * _SHARE_OVER:
        raise SoundError(f"{frames.bit_rate / 1000:.1f} kbit/s, at most {MAX_BIT_RATE // 1000}; {ENCODE}")
    return frames


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors about a file name it."""
    try:
        yield
    except SoundError as error:
        raise SoundError(f"{path}: {error}") from None


def _read(path: Path, most: int) -> bytes:
    size = path.stat().st_size
    if size > most:
        raise SoundError(f"{size:,} bytes, at most {most:,}; a recording of 16 kbit/s may last five minutes")
    return read_plain(path, most)


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise SoundError(f"byte {error.start:,}: not UTF-8; export the labels again") from None
