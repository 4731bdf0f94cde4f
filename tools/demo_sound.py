"""Makes the demo's recording, examples/sound: a synthesiser reads the script of the page in Mandarin.

Needs the Debian packages espeak-ng and lame. espeak-ng is under the GPL 3; the sound it makes is not a work derived from
it, and nothing of it is shipped. A synthesiser may read words wrongly: a page for people needs a human voice.
"""

import array
import subprocess
import sys
import wave
from pathlib import Path
from tempfile import TemporaryDirectory

from pilookup_server.page_host.sound.sentences import sentences

OUT = Path(__file__).resolve().parents[1] / "examples" / "sound"
PAUSE = 0.4
"""Silence around each sentence, in seconds. The marks are in its middle."""
READ = ["espeak-ng", "-v", "cmn", "-s", "225", "-w"]
ENCODE = ["lame", "--quiet", "-t", "-m", "m", "--resample", "11.025", "-b", "8", "--cbr", "-q", "0"]


def main() -> int:
    OUT.mkdir(exist_ok=True)
    rate, samples, lines = 0, array.array("h"), []
    with TemporaryDirectory() as scratch:
        for sentence in (one for one in sentences() if not one.local):
            path = Path(scratch, "sentence.wav")
            subprocess.run([*READ, path, sentence.text], check=True)
            rate, spoken = trimmed(path)
            start = len(samples) / rate
            samples.extend(bytes_of(PAUSE / 2, rate) + spoken + bytes_of(PAUSE / 2, rate))
            lines.append(f"{start:.3f}\t{len(samples) / rate:.3f}\t{sentence.code}\n")
        whole = Path(scratch, "whole.wav")
        with wave.open(str(whole), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
            file.writeframes(samples.tobytes() + bytes_of(PAUSE, rate).tobytes())
        subprocess.run([*ENCODE, whole, OUT / "zh-CN.mp3"], check=True)
    (OUT / "zh-CN.marks.txt").write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines)} sentences, {len(samples) / rate:.0f} s, {(OUT / 'zh-CN.mp3').stat().st_size:,} bytes")
    return 0


def bytes_of(seconds: float, rate: int) -> array.array:
    return array.array("h", bytes(2 * int(seconds * rate)))


def trimmed(path: Path) -> tuple[int, array.array]:
    """The sample rate and the samples of a file, without the silence at both ends."""
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
        samples = array.array("h", file.readframes(file.getnframes()))
    loud = [index for index, value in enumerate(samples) if abs(value) > 200]
    return rate, samples[loud[0] : loud[-1] + 1]


if __name__ == "__main__":
    sys.exit(main())
