"""Posters: the QR code is read back from the drawn page, nothing is cut off, and it says who and how to doubt it."""

import base64
import json
from pathlib import Path

import pytest
from pilookup_server.page_host.poster.html import SIZES
from pilookup_server.page_host.poster.texts import TEXTS
from typer.testing import CliRunner

from pilookup.cli.app import build

ROOT = Path(__file__).resolve().parents[2]
READER = ROOT / "tests/node/node_modules/jsqr/dist/jsQR.js"
OPERATOR = ("--operator-zh", "青山县公安局", "--operator-en", "Qingshan police", "--telephone", "0971-1234567")
ADDRESS = "https://check.example"
LONG = "https://number-check.public-security.a-county-of-the-north.example"

READ = """async picture => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + picture;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const drawing = canvas.getContext('2d');
  drawing.drawImage(image, 0, 0);
  const { data, width, height } = drawing.getImageData(0, 0, image.width, image.height);
  const found = jsQR(data, width, height);
  return found && found.data;
}"""
OUTSIDE = """() => {
  const { right, bottom } = document.body.getBoundingClientRect();
  return [...document.body.querySelectorAll('*')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.right > right + 1 || box.bottom > bottom + 1 || box.left < -1 || element.scrollWidth > element.clientWidth + 1
      && getComputedStyle(element).display === 'block';
  }).map(element => element.outerHTML.slice(0, 80));
}"""


def run(*words):
    return CliRunner().invoke(build(), ["page", *map(str, words)])


@pytest.fixture
def posters(tmp_path):
    def write(address=ADDRESS):
        done = run(tmp_path / "posters", "--poster", *OPERATOR, "--address", address, "--json")
        assert done.exit_code == 0, done.output
        return [Path(one) for one in json.loads(done.output)["files"]]

    return write


@pytest.mark.parametrize("address", [ADDRESS, LONG])
def test_every_poster_fits_its_paper_and_its_code_leads_to_the_page(window, posters, address):
    files = posters(address)
    assert [one.name for one in files] == [f"poster-{size}-{language}.html" for language in TEXTS for size in SIZES]
    for file in files:
        page = window(viewport={"width": 1200, "height": 1700}).new_page()
        try:
            page.set_content(file.read_text(encoding="utf-8"))
            page.emulate_media(media="print")
            assert page.evaluate(OUTSIDE) == []
            box = page.locator("body").bounding_box()
            paper = {"a4": (210, 297), "a3": (297, 420)}[file.name.split("-")[1]]
            assert (box["width"], box["height"]) == pytest.approx([one * 96 / 25.4 for one in paper], rel=0.001)
            page.add_script_tag(path=READER)
            picture = base64.b64encode(page.screenshot(clip=box, full_page=True)).decode()
            assert page.evaluate(READ, picture) == address
        finally:
            page.close()


def test_it_says_who_runs_the_page_what_it_never_asks_and_how_to_doubt_it(posters):
    for file in posters():
        text = file.read_text(encoding="utf-8")
        texts = TEXTS[file.stem.split("-")[2]]
        assert texts.free in text
        assert "0971-1234567" in text
        assert ("青山县公安局" if texts.tag == "zh-CN" else "Qingshan police") in text
        assert all(line in text for line in texts.pasted)
        assert text.count("<figure>") == 4
        assert "check.example" in text
        assert 'src="http' not in text, "nothing is fetched when it is opened"


def test_a_name_is_text(tmp_path):
    done = run(tmp_path, "--poster", "--operator-zh", "<img src=x>$title", "--telephone", "1&2", "--address", ADDRESS)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "poster-a4-zh.html").read_text(encoding="utf-8")
    assert "&lt;img src=x&gt;$title" in text
    assert "1&amp;2" in text
    assert not (tmp_path / "poster-a4-en.html").exists(), "the operator has no name in English"


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        (("--telephone", ""), "--telephone"), (("--address", ""), "--address"), (("--address", "check.example"), "--address"),
        (("--address", "http://127.0.0.1"), "--address"), (("--operator-zh", "", "--operator-en", ""), "--operator-zh"),
    ],
)  # fmt: skip
def test_a_poster_without_what_it_must_say_is_refused(tmp_path, missing, named):
    done = run(tmp_path / "out", "--poster", *OPERATOR, "--address", ADDRESS, *missing)
    assert done.exit_code == 1
    assert named in done.output
    assert not (tmp_path / "out").exists()


def test_posters_and_a_page_are_two_steps(tmp_path):
    assert run(tmp_path, "--poster", *OPERATOR, "--address", ADDRESS, "--server", "https://a.example").exit_code == 2
