"""Recordings without sound: every sentence is three silent frames that hold the sentence's number."""

from pathlib import Path

from pilookup_server.page_host.sound.recording import Spoken, pack
from pilookup_server.page_host.sound.sentences import sentences

FRAME_SECONDS = 0.072
FRAMES_A_SENTENCE = 3
SECONDS = FRAMES_A_SENTENCE * FRAME_SECONDS


def silent_frame(number: int) -> bytes:
    """A frame of MPEG 2.5, layer III, 8 kbit/s, 8 kHz, one channel, that sounds as silence."""
    return b"\xff\xe3\x18\xc0" + bytes(9) + bytes([number]) * 59


def silent_mp3() -> bytes:
    return b"".join(silent_frame(one.number) * FRAMES_A_SENTENCE for one in sentences())


def marks(without: tuple[str, ...] = ()) -> str:
    """The marks of `silent_mp3`, without some sentences, by name."""
    lines = [
        f"{SECONDS * (one.number - 1):.3f}\t{SECONDS * one.number:.3f}\t{one.code}\n"
        for one in sentences()
        if one.name not in without
    ]
    return "".join(lines)


def write_silent(folder: Path) -> tuple[Path, Path]:
    """Write a recording and its marks; the two files."""
    sound, labels = folder / "silent.mp3", folder / "silent.txt"
    sound.write_bytes(silent_mp3())
    labels.write_text(marks(), encoding="utf-8")
    return sound, labels


def packed(folder: Path, language: str = "zh-CN", spoken: Spoken | None = None):
    """A packed recording of a language, which says nothing local unless `spoken` is given."""
    return pack(language, *write_silent(folder), spoken or Spoken()).recording


def said(played: bytes) -> list[str]:
    """The names of the sentences whose frames were put together, in order."""
    names = {one.number: one.name for one in sentences()}
    numbers = [played[at + 13] for at in range(0, len(played), 72)]
    assert all(played[at : at + 4] == b"\xff\xe3\x18\xc0" for at in range(0, len(played), 72))
    assert len(played) % (72 * FRAMES_A_SENTENCE) == 0, "a sentence was cut"
    return [names[number] for number in numbers[::FRAMES_A_SENTENCE]]
