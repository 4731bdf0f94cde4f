"""Reading recorded sound: MP3 and AAC, byte by byte, and cutting sentences out of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilookup_server.page_host.sound.aac import read_aac
from pilookup_server.page_host.sound.frames import SoundError, without_tags
from pilookup_server.page_host.sound.mp3 import read_mp3

from tests.support.page.recordings import silent_frame

RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
KBITS = {
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
KBITS[0] = KBITS[2]


def side_bytes(frame):
    return 17 if frame[1] >> 3 & 3 == 3 else 9


def borrowed(frame):
    return frame[4] << 1 | frame[5] >> 7 if side_bytes(frame) == 17 else frame[4]


def is_silenced(frame):
    side = bytearray(frame[4 : 4 + side_bytes(frame)])
    side[0] = 0
    if len(side) == 17:
        side[1] &= 0x7F
    return not any(side)


@st.composite
def mp3_frames(draw, most=40):
    """Frames as an encoder makes them: of one version and sample rate, the data of each beginning where it may."""
    version = draw(st.sampled_from(sorted(RATES)))
    rate = draw(st.integers(0, 2))
    frames, reservoir = [], 0
    for _ in range(draw(st.integers(1, most))):
        bits, padding = draw(st.integers(1, 14)), draw(st.integers(0, 1))
        samples = 1152 if version == 3 else 576
        size = samples // 8 * KBITS[version][bits - 1] * 1000 // RATES[version][rate] + padding
        head = bytes([0xFF, 0xE0 | version << 3 | 1 << 1 | 1, bits << 4 | rate << 2 | padding << 1, 0xC0])
        count = 17 if version == 3 else 9
        begin = draw(st.integers(0, min(reservoir, 511 if version == 3 else 255)))
        # Not zero, so that no frame looks silenced.
        side = bytearray(draw(st.binary(min_size=count, max_size=count)))
        side[-1] |= 1
        if version == 3:
            side[0], side[1] = begin >> 1, (begin & 1) << 7 | side[1] & 0x7F
        else:
            side[0] = begin
        main = size - 4 - count
        frames.append(head + bytes(side) + draw(st.randoms(use_true_random=False)).randbytes(main))
        reservoir += main
    return frames


def id3(size):
    return b"ID3\x04\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + bytes(size)


@given(mp3_frames(), st.integers(0, 300), st.booleans())
def test_the_frames_of_mp3_are_read_and_tags_are_left_out(frames, tag, last):
    read = read_mp3((id3(tag) if tag else b"") + b"".join(frames) + (b"TAG" + bytes(125) if last else b""))
    assert read.frames == frames
    assert read.media_type == "audio/mpeg"


def data_of(frames):
    """The data that a decoder uses for each frame, from the frames that it was given; None for a silenced one."""
    used, reservoir = [], b""
    for frame in frames:
        start = 4 + side_bytes(frame)
        begin = borrowed(frame)
        if is_silenced(frame):
            used.append(None)
        else:
            assert begin <= len(reservoir), "a decoder would miss data"
            used.append((frame[: 4 + side_bytes(frame)], reservoir[len(reservoir) - begin :], frame[start:]))
        reservoir += frame[start:]
    return used


@given(mp3_frames(), st.data())
def test_sentences_cut_out_and_joined_sound_as_in_the_whole_file(frames, data):
    """The data of a frame may begin in earlier frames, which must be there, and must not be heard."""
    read = read_mp3(b"".join(frames))
    whole = data_of(frames)
    joined, expected = [], []
    for _ in range(data.draw(st.integers(1, 4))):
        first = data.draw(st.integers(0, len(frames) - 1))
        last = data.draw(st.integers(first, len(frames) - 1)) + 1
        part = read.cut((first + 0.5) * read.seconds, (last - 0.5) * read.seconds)
        joined += read_mp3(part).frames
        expected += whole[first:last]
    assert [one for one in data_of(joined) if one is not None] == expected


def adts(size, *, hertz=11, channels=1, blocks=0, crc=False):
    head = [0xFF, 0xF0 | (not crc), 0x40 | hertz << 2 | channels >> 2, (channels & 3) << 6 | size >> 11]
    return bytes([*head, size >> 3 & 255, (size & 7) << 5, blocks]) + bytes(size - 7)


@given(st.lists(st.integers(7, 8191), min_size=1, max_size=20), st.integers(0, 12), st.integers(0, 200))
def test_the_frames_of_aac_are_read(sizes, hertz, tag):
    frames = [adts(size, hertz=hertz) for size in sizes]
    read = read_aac((id3(tag) if tag else b"") + b"".join(frames))
    assert read.frames == frames
    assert read.length == pytest.approx(len(frames) * 1024 / (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)[hertz])  # fmt: skip


WRONG_AAC = {
    "two channels": adts(20, channels=2),
    "channels that are described elsewhere": adts(20, channels=0),
    "several blocks": adts(20, blocks=1),
    "an unknown rate": adts(20, hertz=13),
    "another rate": adts(20) + adts(20, hertz=8),
    "cut off": adts(20)[:-1],
    "shorter than its header": bytes.fromhex("fff16c4000bffc")[:4] + bytes([0, 6 << 5, 0]),
    "shorter than its checksum": adts(8, crc=True),
    "not AAC": b"RIFF" + bytes(20),
    "nothing": b"",
}


@pytest.mark.parametrize("wrong", WRONG_AAC)
def test_aac_of_another_kind_is_refused(wrong):
    with pytest.raises(SoundError, match=r"lame|copy it again"):
        read_aac(WRONG_AAC[wrong])


GOOD = silent_frame(1)
WRONG_MP3 = {
    "two channels": GOOD[:3] + b"\x40" + GOOD[4:],
    "checksums": b"\xff\xe2" + GOOD[2:],
    "a free bit rate": GOOD[:2] + b"\x08" + GOOD[3:],
    "a forbidden bit rate": GOOD[:2] + b"\xf8" + GOOD[3:],
    "a reserved rate": GOOD[:2] + b"\x1c" + GOOD[3:],
    "a reserved version": b"\xff\xeb" + GOOD[2:],
    "layer II": b"\xff\xe5" + GOOD[2:],
    "another rate": GOOD + GOOD[:2] + b"\x10" + GOOD[3:52],
    "cut off": GOOD + GOOD[:-1],
    "rubbish between frames": GOOD + b"\0" + GOOD,
    "a tag longer than the file": id3(1000)[:500],
    "a damaged tag": b"ID3\x04\0\0\xff\0\0\0",
    "only a description": GOOD[:13] + b"Info" + GOOD[17:],
    "nothing": b"",
}


@pytest.mark.parametrize("wrong", WRONG_MP3)
def test_mp3_of_another_kind_is_refused(wrong):
    with pytest.raises(SoundError, match=r"lame|copy it again"):
        read_mp3(WRONG_MP3[wrong])


def test_the_frame_that_describes_the_file_is_left_out():
    assert read_mp3(GOOD[:13] + b"Xing" + GOOD[17:] + GOOD).frames == [GOOD]


@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xe3\x18\xc0", b"\xff\xf1", b"ID3\x04\0\0\0\0"]))
def test_any_bytes_are_read_whole_or_refused(data, prefix):
    for read in (read_mp3, read_aac):
        try:
            frames = read(prefix + data).frames
        except SoundError:
            continue
        assert b"".join(frames) == without_tags(prefix + data)[0]


@given(mp3_frames(most=6), st.data())
def test_damaged_mp3_is_read_whole_or_refused(frames, data):
    whole = bytearray(b"".join(frames))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_mp3(bytes(whole))
    except SoundError:
        return
    body = without_tags(bytes(whole))[0]
    assert body.endswith(b"".join(read.frames))
