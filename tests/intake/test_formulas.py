"""Formulas whose value a file does not give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.tables.formulas import constant_of, link_text
from tests.support.intake.examples import hostile


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('="13800138000"', "13800138000"),
        ('"13800138000"', "13800138000"),
        ("=13800138000", "13800138000"),
        ("=+13800138000", "13800138000"),
        ("=++13800138000", "13800138000"),
        ("=-13800138000", "-13800138000"),
        ("=1.3800138E10", "13800138000"),
        ('="138"&"0013"&8000', "13800138000"),
        (' = "a""b" ', 'a"b'),
        ('=T("13800138000")', "13800138000"),
        ('=text(13800138000,"0")', "13800138000"),
        ('=TEXT(13800138000;"0")', "13800138000"),
        ('=VALUE("13800138000")', "13800138000"),
        ('=CONCATENATE("138","0013",8000)', "13800138000"),
        ('=_xlfn.CONCAT("138","00138000")', "13800138000"),
        ('=("138"&("0013"&"8000"))', "13800138000"),
        ('=HYPERLINK("tel:13800138000")', "13800138000"),
        ('=HYPERLINK("tel:13800138000","张三")', "张三 13800138000"),
        ('=HYPERLINK("tel:13800138000","138 0013 8000")', "138 0013 8000"),
        ('of:="13800138000"', "13800138000"),
        ("=A1", None),
        ("=B2&C2", None),
        ('=VLOOKUP("x",A1:B9,2,0)', None),
        ("=1380013800*10", None),
        ('="138', None),
        ("=", None),
        ("", None),
        ('=CMD("x")', None),
        ("=" + "(" * 5000 + "1" + ")" * 5000, None),
        ("=" + "(" * 50 + "1" + ")" * 50, None),
        ("=" + "+" * 8000 + "1", "1"),
        ("=1e999", ""),
        ("=" + '"' * 8000, '"' * 3999),
    ],
)
def test_constants(formula, value):
    assert constant_of(formula) == value


@hostile(500)
@given(st.text(alphabet='="&+-,;()TtVA1E. ', max_size=60) | st.text(max_size=40))
def test_any_formula_is_a_text_or_none(formula):
    assert isinstance(constant_of(formula), str | None)


@hostile(200)
@given(st.lists(st.text(alphabet='138"&=+ 张', max_size=8), min_size=1, max_size=5))
def test_joined_texts(texts):
    assert constant_of("=" + "&".join('"' + text.replace('"', '""') + '"' for text in texts)) == "".join(texts)


@pytest.mark.parametrize(
    ("address", "shown", "text"),
    [
        ("tel:13800138000", "拨打", "拨打 13800138000"),
        ("TEL: 13800138000 ", "", "13800138000"),
        ("tel:13800138000", "tel:13800138000", "13800138000"),
        ("tel:", "x", "x"),
        ("https://example.org", "x", "x"),
        ("", "x", "x"),
    ],
)
def test_links(address, shown, text):
    assert link_text(address, shown) == text
