"""Posters as SVG and PDF: they need no font, nothing leaves the margins, both look the same, the QR code is read back."""

import base64
import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pilookup_server.page_host.poster.texts import TEXTS
from typer.testing import CliRunner

from pilookup.cli.app import build
from tests.support.page.fonts import save_font

ROOT = Path(__file__).resolve().parents[2]
READER = ROOT / "tests/node/node_modules/jsqr/dist/jsQR.js"
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
NAMES = {"zh": "青山县公安局", "en": "Qingshan police"}
ADDRESSES = {
    "short": "https://check.example",
    "long": "https://number-check.public-security.a-county-of-the-north.example",
}
PAPERS = {"a4": (210, 297), "a3": (297, 420)}
SIDE, TOP = 12, 10
DOTS = {"a4": 144, "a3": 72}
SVG = "{http://www.w3.org/2000/svg}"

LINES = """() => [...document.querySelectorAll('[aria-label]')].map(line => {
  const { left, top, right, bottom } = line.getBoundingClientRect();
  return [left, top, right, bottom];
})"""
READ = """async picture => {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = new OffscreenCanvas(794, 1123);
  const drawing = canvas.getContext('2d');
  drawing.drawImage(image, 0, 0, canvas.width, canvas.height);
  const { data, width, height } = drawing.getImageData(0, 0, canvas.width, canvas.height);
  const found = jsQR(data, width, height);
  return found && found.data;
}"""
DIFFERENCE = """async pictures => {
  const pixels = [];
  for (const picture of pictures) {
    const image = new Image();
    image.src = picture;
    await image.decode();
    const canvas = new OffscreenCanvas(210, 297);
    const drawing = canvas.getContext('2d');
    drawing.imageSmoothingQuality = 'high';
    drawing.drawImage(image, 0, 0, 210, 297);
    pixels.push(drawing.getImageData(0, 0, 210, 297).data);
  }
  const [one, other] = pixels;
  let different = 0;
  for (let i = 0; i < one.length; i += 4)
    if (Math.abs(one[i] + one[i + 1] + one[i + 2] - other[i] - other[i + 1] - other[i + 2]) > 240) different++;
  return different / (one.length / 4);
}"""


def post(folder, address, font, **names):
    operator = [word for language, name in (names or NAMES).items() for word in (f"--operator-{language}", name)]
    words = ("--poster", *operator, "--telephone", "0971-1234567", "--filing", "ICP 00000000", "--address", address)
    done = CliRunner().invoke(build(), ["page", str(folder), *words, "--font", str(font), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def run(*words):
    return subprocess.run([*map(str, words)], check=True, capture_output=True).stdout


def picture(kind, data):
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The posters in Noto Sans CJK, for a short and a long address."""
    made = tmp_path_factory.mktemp("posters")
    for name, address in ADDRESSES.items():
        assert post(made / name, address, NOTO)["font"] == "Noto Sans CJK SC Regular"
    return made


def posters(folders, ending):
    found = sorted(folders.rglob(f"*.{ending}"))
    assert len(found) == 8
    return [(file, *file.stem.split("-")[1:], ADDRESSES[file.parent.name]) for file in found]


def said(language, address):
    """All texts of a poster, without spaces."""
    texts, host = TEXTS[language], address.removeprefix("https://")
    parts = (
        texts.title, texts.free, texts.scan, host, texts.spoken(host), *texts.captions, texts.pasted_title,
        *texts.pasted, texts.by(NAMES[language]), texts.telephone("0971-1234567"), "ICP 00000000",
    )  # fmt: skip
    return "".join("".join(parts).split())


def test_svg_has_outlines_in_place_of_text_and_refers_to_nothing_outside(folders):
    for file, _, language, address in posters(folders, "svg"):
        tree = ET.parse(file)
        assert {element.tag for element in tree.iter()} == {SVG + name for name in ("svg", "title", "path")}
        plain = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "", 1)
        assert not re.search(r"href|url\(|@|font|<style|<!|://", plain)
        lines = [element for element in tree.iter() if "aria-label" in element.attrib]
        assert "".join("".join(line.attrib["aria-label"].split()) for line in lines) == said(language, address)
        assert all(line.attrib["d"].startswith("M") for line in lines)


def test_svg_has_the_size_of_its_paper_lines_within_the_margins_and_a_code_that_is_read(folders, window):
    page = window(viewport={"width": 1200, "height": 1700}).new_page()
    for file, size, _, address in posters(folders, "svg"):
        text = file.read_text(encoding="utf-8")
        page.set_content(f"<!doctype html><body style='margin:0'>{text}")
        width, height = PAPERS[size]
        box = page.locator("body > svg").bounding_box()
        assert (box["width"], box["height"]) == pytest.approx((width * 96 / 25.4, height * 96 / 25.4), rel=0.001)
        unit = box["width"] / 210  # a millimetre of A4
        lines = page.evaluate(LINES)
        for left, top, right, bottom in lines:
            assert left >= SIDE * unit - 1
            assert right <= (210 - SIDE) * unit + 1
            assert top >= TOP * unit
            assert bottom <= (297 - TOP) * unit
        for (_, above, _, end), (_, begin, _, _) in pairwise(lines):
            assert begin >= end or begin <= above + 1, "no line runs into the one before it"
        page.add_script_tag(path=READER)
        assert page.evaluate(READ, picture("svg+xml", text.encode())) == address
    page.close()


def test_pdf_embeds_a_subset_of_the_font_and_has_the_same_text(folders):
    for file, size, language, address in posters(folders, "pdf"):
        name, *kind, embedded, subset, unicode, _, _ = run("pdffonts", file).decode().splitlines()[2].split()
        assert re.fullmatch(r"[A-Z]{6}\+NotoSansCJKsc-Regular", name)
        assert kind == ["CID", "Type", "0C", "Identity-H"]
        assert (embedded, subset, unicode) == ("yes", "yes", "yes")
        assert len(file.read_bytes()) < 60_000
        measured = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", run("pdfinfo", file).decode()).groups()
        assert [*map(float, measured)] == pytest.approx([one * 72 / 25.4 for one in PAPERS[size]], abs=0.01)
        text = "".join(run("pdftotext", "-raw", file, "-").decode().split())
        assert sorted(text) == sorted(said(language, address)), "columns are read in another order"
        assert TEXTS[language].free.replace(" ", "") in text


def test_pdf_looks_like_the_svg_and_its_code_is_read(folders, window):
    """Only A4 is compared: A3 is the same sheet, and its pictures are large."""
    page = window().new_page()
    page.add_script_tag(path=READER)
    for file, size, _, address in posters(folders, "pdf"):
        drawn = picture("png", run("pdftoppm", "-r", DOTS[size], "-singlefile", "-png", file))
        assert page.evaluate(READ, drawn) == address
        if size == "a4":
            svg = file.with_suffix(".svg").read_bytes()
            assert page.evaluate(DIFFERENCE, [drawn, picture("svg+xml", svg)]) < 0.002
            moved = svg.replace(b"translate(12.000", b"translate(13.000")
            assert page.evaluate(DIFFERENCE, [drawn, picture("svg+xml", moved)]) > 0.005, "a millimetre is seen"
    page.close()


@pytest.mark.parametrize(("cff", "kind"), [(False, "CID TrueType"), (True, "CID Type 0C")])
def test_fonts_without_cids_are_embedded_too(tmp_path, window, cff, kind):
    address = ADDRESSES["short"]
    characters = sorted({*said("en", address), "Q", "g", " "})
    font = save_font(tmp_path / "squares.otf", characters, cff=cff)
    for folder in ("out", "again"):
        post(tmp_path / folder, address, font, en=NAMES["en"])
    for file in (tmp_path / "out").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), "the same each time"
    file = tmp_path / "out/poster-a4-en.pdf"
    assert kind in run("pdffonts", file).decode()
    assert not run("pdftoppm", "-r", "144", "-singlefile", "-png", file, tmp_path / "drawn"), "no complaint"
    page = window().new_page()
    same = picture("svg+xml", file.with_suffix(".svg").read_bytes())
    drawn = picture("png", (tmp_path / "drawn.png").read_bytes())
    assert page.evaluate(DIFFERENCE, [drawn, same]) < 0.002
    page.close()


def test_what_does_not_fit_one_sheet_is_refused(tmp_path):
    words = ("--poster", "--operator-zh", "青山县公安局" * 30, "--telephone", "1", "--address", ADDRESSES["short"])
    done = CliRunner().invoke(build(), ["page", str(tmp_path / "out"), *words, "--font", str(NOTO)])
    assert done.exit_code == 1
    assert "--operator-zh" in done.output
    assert "shorten" in done.output
    assert not (tmp_path / "out").exists()


def test_a_name_is_text(tmp_path):
    post(tmp_path, ADDRESSES["short"], NOTO, zh='<a> & "b" $title')
    lines = [element.attrib.get("aria-label", "") for element in ET.parse(tmp_path / "poster-a4-zh.svg").iter()]
    assert TEXTS["zh"].by('<a> & "b" $title') in lines
