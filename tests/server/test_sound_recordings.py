"""`pilookup page FOLDER --sound`: marks, the packed file, and the folder from which a site or the server takes it."""

import json
import math
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilookup_server.page_host.sound.frames import MAX_BYTES, SoundError
from pilookup_server.page_host.sound.marks import read_marks
from pilookup_server.page_host.sound.recording import Spoken, pack, unpack
from pilookup_server.page_host.sound.recordings import read_recordings
from pilookup_server.page_host.sound.sentences import sentences
from typer.testing import CliRunner

from pilookup import durable
from pilookup.cli.app import build
from tests.support.page.recordings import SECONDS, marks, packed, silent_frame, silent_mp3, write_silent

RUNNER = CliRunner()
COUNT = len(sentences())
LENGTH = COUNT * SECONDS
EXAMPLES = Path(__file__).parents[2] / "examples/sound"


def run(*words):
    return RUNNER.invoke(build(), ["page", *map(str, words)])


def test_a_code_changes_with_the_text():
    codes = [one.code for one in sentences()]
    assert len(set(codes)) == COUNT
    for one in sentences():
        assert one.code == f"{one.number}-{sha256(one.text.encode()).hexdigest()[:4]}"


def test_marks_are_read():
    found = read_marks(marks(), LENGTH)
    assert [mark.sentence for mark in found] == list(sentences())
    assert found[1].start == pytest.approx(SECONDS)


def test_marks_without_an_end_last_until_the_next_one():
    lines = [line.split("\t") for line in marks().splitlines()]
    points = "".join(f"{start}\t{start}\t{code}\n\\\t100.0\t200.0\n" for start, _, code in lines)
    assert [mark.end for mark in read_marks("\ufeff" + points, LENGTH)] == pytest.approx(
        [mark.end for mark in read_marks(marks(), LENGTH)], abs=0.002
    )


def test_sentences_with_local_names_may_be_left_out():
    local = tuple(one.name for one in sentences() if one.local)
    assert local
    assert len(read_marks(marks(without=local), LENGTH)) == COUNT - len(local)


FIRST = sentences()[0].code
WRONG_MARKS = {
    "no code": ("0\t1\n", "line 1"),
    "spaces for tabs": (f"0 1 {FIRST}\n", "line 1"),
    "a decimal comma": (f"0,5\t1\t{FIRST}\n", "line 1"),
    "a negative time": (f"-1\t1\t{FIRST}\n", "line 1"),
    "a time that is none": (f"nan\t1\t{FIRST}\n", "line 1"),
    "an infinite time": (f"0\tinf\t{FIRST}\n", "line 1"),
    "an unknown number": ("0\t1\t999-0000\n", "line 1"),
    "number zero": ("0\t1\t0-0000\n", "line 1"),
    "a text": ("0\t1\tfirst\n", "line 1"),
    "a changed text": ("\n0\t1\t1-ffff\n", "line 2: the text of sentence 1 has changed"),
    "too short": (f"0\t0.1\t{FIRST}\n", "line 1"),
    "an end before the start": (f"1\t0.5\t{FIRST}\n", "line 1"),
    "beyond the end": (f"0\t{LENGTH + 1}\t{FIRST}\n", "line 1: ends at"),
    "the same sentence twice": (f"0\t1\t{FIRST}\n1\t2\t{FIRST}\n", "line 2: sentence 1 is marked a second time"),
    "overlapping": (f"0\t1\t{FIRST}\n0.9\t2\t{sentences()[1].code}\n", "line 2"),
    "not ascending": (f"1\t2\t{FIRST}\n0\t1\t{sentences()[1].code}\n", "line 2"),
    "nothing": ("", "no mark for"),
    "one missing": (marks(without=("rest",)), "no mark for 1 sentences"),
}


@pytest.mark.parametrize("wrong", WRONG_MARKS)
def test_marks_that_cannot_be_are_refused(wrong):
    text, named = WRONG_MARKS[wrong]
    with pytest.raises(SoundError, match=named):
        read_marks(text, LENGTH)


@given(
    st.lists(
        st.tuples(
            st.floats(-1, LENGTH + 1), st.floats(-1, LENGTH + 1), st.sampled_from([one.code for one in sentences()])
        ),
        max_size=5,
    ),
    st.integers(0, COUNT - 1),
)
def test_marks_that_are_taken_ascend_within_the_length(extra, at):
    """Whatever lines are put between good ones."""
    lines = marks().splitlines(keepends=True)
    lines[at:at] = [f"{start:.6f}\t{end:.6f}\t{code}\n" for start, end, code in extra]
    try:
        found = read_marks("".join(lines), LENGTH)
    except SoundError:
        assert extra
        return
    times = [time for mark in found for time in (mark.start, mark.end)]
    assert times == sorted(times)
    assert all(mark.start < mark.end for mark in found)
    assert times[-1] <= LENGTH
    assert len(found) == COUNT


@given(st.text(max_size=60))
def test_any_text_of_marks_is_refused_in_words(text):
    with pytest.raises(SoundError):
        read_marks(text, LENGTH)


def test_each_sentence_is_where_the_header_says(tmp_path):
    data = packed(tmp_path, "za").data
    line, _, frames = data.partition(b"\n")
    header = json.loads(line)
    assert (header["language"], header["type"]) == ("za", "audio/mpeg")
    for one in sentences():
        at, length = header["sentences"][one.name]
        assert frames[at : at + length] == silent_frame(one.number) * (length // 72)
        assert length // 72 >= math.floor(SECONDS / 0.072)


@given(st.data())
def test_a_damaged_packed_file_is_refused_or_says_the_same(tmp_path, data):
    whole = packed(tmp_path).data
    head = whole.index(b"\n") + 1
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, head - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for one in (bytes(changed), whole[:cut]):
        try:
            recording = unpack(one)
        except SoundError:
            continue
        assert len(one) > head // 2
        assert recording.path.startswith("sound/")
        assert "/" not in recording.language


def test_the_command_packs_a_recording_that_a_site_and_the_server_take(tmp_path):
    sound, labels = write_silent(tmp_path)
    folder = tmp_path / "sounds"
    options = ("--operator-zh", "某局", "--telephone", "0571-12345678", "--service", "antifraud=96119", "--json")
    done = run(folder, "--sound", "za", sound, labels, *options)
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert report["file"] == str(folder / "za.sound")
    assert report["not_recorded"] == []
    assert (folder / "za.sound").stat().st_mode & 0o777 == 0o644
    [recording] = read_recordings(folder, {"zh": "某局", "en": ""}, "0571-12345678", {"antifraud": "96119"})
    assert recording.name == "壮话 Vahcuengh"
    assert recording.to_json()["file"] == recording.path
    with pytest.raises(SoundError, match=r"za\.sound: was packed with other telephone lines"):
        read_recordings(folder, {"zh": "某局", "en": ""}, "0571-12345678", {})
    with pytest.raises(SoundError, match=r"za\.sound: was packed with another operator"):
        read_recordings(folder, {"zh": "别的局", "en": ""}, "0571-12345678", {"antifraud": "96119"})


def test_the_command_says_what_is_not_said_and_what_to_listen_for(tmp_path):
    sound, labels = write_silent(tmp_path)
    labels.write_text(marks(without=("by",)), encoding="utf-8")
    done = run(tmp_path / "out", "--sound", "zh-CN=普通话（本县）", sound, labels, "--service", "antifraud=96119")
    assert done.exit_code == 0, done.output
    assert "普通话（本县）" in done.output
    assert f"Sentence {sentences()[1].code} is not recorded" in done.output
    assert "96119 for antifraud" in done.output


WRONG_FILES = {
    "a WAV": (b"RIFF" + bytes(100), "neither MP3 nor AAC"),
    "empty": (b"", "neither MP3 nor AAC"),
    "too large": (silent_frame(1) * (MAX_BYTES // 72 + 1), "at most 600,000"),
    "too high a bit rate": (b"\xff\xe3\x48\xc0" + bytes(284), r"32\.0 kbit/s, at most 24"),
    "shorter than its marks": (silent_mp3()[: 72 * 9], "but the recording at"),
}


@pytest.mark.parametrize("wrong", WRONG_FILES)
def test_a_file_that_cannot_be_used_is_named_and_nothing_is_written(tmp_path, wrong):
    sound, labels = write_silent(tmp_path)
    data, named = WRONG_FILES[wrong]
    sound.write_bytes(data)
    with pytest.raises(SoundError, match=named):
        pack("zh-CN", sound, labels, Spoken())
    done = run(tmp_path / "out", "--sound", "zh-CN", sound, labels)
    assert done.exit_code == 1
    assert "silent" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("language", ["", "中文", "a", "../x", "zh-CN=", "zh-CN=" + "长" * 31, "zh=\x1b[1m"])
def test_a_language_that_is_none_is_refused(tmp_path, language):
    done = run(tmp_path / "out", "--sound", language, *write_silent(tmp_path))
    assert done.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_packing_and_a_page_are_two_steps(tmp_path):
    files = write_silent(tmp_path)
    assert run(tmp_path / "out", "--sound", "za", *files, "--server", "https://a.example").exit_code == 2
    assert run(tmp_path / "out", "--server", "https://a.example").exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_the_former_recording(tmp_path, monkeypatch):
    files = write_silent(tmp_path)
    folder = tmp_path / "sounds"
    assert run(folder, "--sound", "za", *files).exit_code == 0
    before = (folder / "za.sound").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write_flushed", full)
    done = run(folder, "--sound", "za=别的名字", *files)
    assert done.exit_code == 1
    assert "No space left" in done.output
    assert (folder / "za.sound").read_bytes() == before


def test_two_recordings_of_a_language_and_none_are_refused(tmp_path):
    with pytest.raises(SoundError, match="no file"):
        read_recordings(tmp_path, {"zh": "", "en": ""}, "", {})
    for name in ("1.sound", "2.sound"):
        (tmp_path / name).write_bytes(packed(tmp_path).data)
    with pytest.raises(SoundError, match=r"2\.sound: a second recording of zh-CN"):
        read_recordings(tmp_path, {"zh": "", "en": ""}, "", {})


def test_recordings_are_offered_in_the_order_of_their_names(tmp_path):
    for name, language in (("2.sound", "za"), ("1.sound", "yue"), ("3.sound", "en")):
        (tmp_path / name).write_bytes(packed(tmp_path, language).data)
    found = read_recordings(tmp_path, {"zh": "", "en": ""}, "", {})
    assert [one.language for one in found] == ["yue", "za", "en"]


def test_the_demonstration_is_named_as_made_by_a_machine_and_fits_the_script():
    """It is made anew by tools/demo_sound.py when a sentence changes."""
    outcome = pack("zh-CN=普通话（机器合成）", EXAMPLES / "zh-CN.mp3", EXAMPLES / "zh-CN.marks.txt", Spoken())
    assert len(outcome.recording.data) < 400_000
    assert outcome.not_recorded == [one.code for one in sentences() if one.local]
    assert "机器合成" in (EXAMPLES.parent / "demo.py").read_text(encoding="utf-8")
