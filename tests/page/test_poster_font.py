"""The font of a poster: outlines are where they belong, and a font that cannot be used is refused with the reason."""

import random
import re
import sys

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.svgLib.path import parse_path
from pilookup_server.page_host.poster.typeset.drawings import read_drawing
from pilookup_server.page_host.poster.typeset.embedded_font import embed
from pilookup_server.page_host.poster.typeset.font import FontError, PosterFont
from typer.testing import CliRunner

from pilookup.cli.app import build
from tests.support.page.fonts import ADVANCE, UNITS, save_collection, save_font, square

TEXT = "查a b点"
WORDS = (
    "--poster", "--operator-en", "Qingshan police", "--telephone", "0971-1234567", "--address", "https://check.example",
)  # fmt: skip


@pytest.fixture(params=[False, True], ids=["TrueType", "CFF"])
def font_file(request, tmp_path):
    return save_font(tmp_path / "font.ttf", TEXT, cff=request.param)


def bounds(path):
    pen = BoundsPen(None)
    parse_path(path, pen)
    return pen.bounds


def post(folder, *words):
    return CliRunner().invoke(build(), ["page", str(folder), *map(str, words)])


def test_the_outline_of_a_text_is_that_of_its_glyphs_side_by_side(font_file):
    font = PosterFont(font_file)
    for number, character in enumerate(TEXT):
        if character != " ":
            assert bounds(font.outline(character)) == square(number)
    left, lower, right, upper = square(len(TEXT) - 1)
    ahead = (len(TEXT) - 1) * ADVANCE
    assert bounds(font.outline(TEXT)) == (50, lower, ahead + right, upper)
    squares = re.findall("M[^Z]*Z", font.outline(TEXT))
    assert bounds(squares[-1]) == (ahead + left, lower, ahead + right, upper)
    assert font.measure(TEXT) == pytest.approx(len(TEXT) * ADVANCE / UNITS)


def test_a_subset_has_the_glyphs_used_and_says_so_in_its_name(font_file):
    font = PosterFont(font_file)
    whole, part = embed(font, [TEXT]), embed(font, ["a"])
    assert len(part.program) < len(whole.program)
    assert part.codes.keys() == {"a"}
    assert part.widths == {part.codes["a"]: ADVANCE}
    assert re.fullmatch(r"[A-Z]{6}\+Squares", part.name)
    assert part.name != whole.name
    assert embed(font, [TEXT]) == whole, "the same each time"


def test_a_missing_glyph_is_named_with_its_text(font_file):
    font = PosterFont(font_file)
    with pytest.raises(
        FontError, match=r'font.ttf: Squares Regular has no glyph for "县" \(U\+53BF\) of the text "a县"'
    ):
        font.measure("a县")
    with pytest.raises(FontError, match=r"no glyph for \(U\+0007\)"):
        font.measure("\a")


def test_a_glyph_without_an_outline_is_missing(tmp_path):
    font = PosterFont(save_font(tmp_path / "font.ttf", TEXT, blank="点"))
    assert font.outline(" ") == ""
    with pytest.raises(FontError, match='no glyph for "点"'):
        font.measure(TEXT)


def test_the_font_for_simplified_chinese_is_taken_from_a_collection(tmp_path):
    parts = [save_font(tmp_path / f"{family}.ttf", TEXT, family=f"Sans {family}") for family in ("JP", "SC", "TC")]
    assert PosterFont(save_collection(tmp_path / "all.ttc", *parts)).name == "Sans SC Regular"
    assert PosterFont(save_collection(tmp_path / "two.ttc", parts[2], parts[0])).name == "Sans TC Regular"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a font file"), (b"<!doctype html>", "not a font file"), (b"\x89PNG\r\n", "not a font file"),
        (b"\0\1\0\0", "damaged"), (b"OTTO" + bytes(8), "the table"), (b"ttcf\0\1\0\0\xff\xff\xff\xff", "damaged"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_font_is_refused_and_nothing_is_written(tmp_path, content, reason):
    file = tmp_path / "font.ttf"
    file.write_bytes(content)
    done = post(tmp_path / "out", *WORDS, "--font", file)
    assert done.exit_code == 1, done.output
    assert f"{file}: " in done.output
    assert reason in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_a_font_that_is_missing_or_a_folder_is_named(tmp_path):
    for path in (tmp_path / "none.ttf", tmp_path):
        done = post(tmp_path / "out", *WORDS, "--font", path)
        assert done.exit_code == 1
        assert str(path) in done.output


@pytest.mark.parametrize("licence", [0x2, 0x100, 0x200, 0x104])
def test_a_font_whose_licence_forbids_embedding_is_refused(tmp_path, licence):
    with pytest.raises(FontError, match=f"fsType {licence:#x}"):
        PosterFont(save_font(tmp_path / "font.ttf", TEXT, licence=licence))


def test_a_variable_font_is_refused(tmp_path):
    path = save_font(tmp_path / "font.ttf", TEXT, axes=[("wght", 100, 100, 900, "Weight")])
    with pytest.raises(FontError, match="variable font"):
        PosterFont(path)


def test_a_damaged_font_gives_a_clear_error_or_works(font_file):
    """Bytes changed and ends cut off at random: no other error than FontError."""
    dice = random.Random(14)
    good = font_file.read_bytes()
    refused = 0
    for _ in range(100):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            bad[dice.randrange(len(bad))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
        font_file.write_bytes(bad[: dice.choice((len(bad), dice.randrange(len(bad))))])
        try:
            font = PosterFont(font_file)
            font.outline(TEXT)
            embed(font, [TEXT])
        except FontError as error:
            refused += 1
            assert str(error).startswith(str(font_file))  # noqa: PT017 - others must fail the test
    assert refused > 30


def test_without_fonttools_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fontTools", None)
    done = post(tmp_path / "out", *WORDS, "--font", tmp_path / "font.ttf")
    assert done.exit_code == 1
    assert "pip install 'pilookup-server[poster]'" in done.output
    assert post(tmp_path / "out", *WORDS).exit_code == 0, "HTML needs no extra"


def test_a_font_is_for_posters(tmp_path):
    done = post(tmp_path / "out", "--server", "https://a.example", "--font", tmp_path / "font.ttf")
    assert done.exit_code == 2
    assert "--poster" in done.output


@pytest.mark.parametrize(
    "content",
    ['<text x="1">a</text>', '<path d="M0 0h1" opacity="0.5"/>', '<g transform="skewX(4)"/>', '<rect width="1"/>',
     '<path d="M0 0h1" stroke-linecap="butt"/>'],
)  # fmt: skip
def test_a_drawing_with_what_is_not_implemented_is_refused(content):
    with pytest.raises(ValueError, match="a drawing w"):
        read_drawing(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{content}</svg>'.encode())
