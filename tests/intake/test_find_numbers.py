"""The numbers of a phone cell: which are found among words, signs and other numbers, and what is refused."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.custody.intake.columns import find_numbers as find_numbers_module
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.mobiles import find_mobiles
from pilookup.custody.intake.limits import MAX_CELL_NUMBERS, MAX_PHONE_CHARS
from pilookup.identifier import Reason, canonicalise
from tests.support.intake.phone_cells import cells, mobiles

A, B = "13800138000", "13900139000"
TEL_A, TEL_B = b"tel:+8613800138000", b"tel:+8613900139000"
LANDLINE, HONG_KONG, TAIWAN = b"tel:+8657188888888", b"tel:+85291234000", b"tel:+886912345678"


def identifiers(cell: str, **keywords) -> list[bytes]:
    return [result for _, result in find_numbers(cell, "CN", **keywords) if isinstance(result, bytes)]


def reasons(cell: str, **keywords) -> list[Reason]:
    return [result for _, result in find_numbers(cell, "CN", **keywords) if isinstance(result, Reason)]


@pytest.mark.parametrize(
    "cell",
    [
        f"{A}(儿子)", f"{A}（已停机）", f"{A} 浙江杭州 移动", f"{A}(浙江杭州)", f"From: +86{A} 张三", f"妻子{A}", f"微信号：{A}",
        f"[转]{A}", f"张三{A}", f"Tom {A}", f"wx:{A}", f"tel{A}", f"tel:{A} 张三", f"tel:+86{A}", f"+86+86{A}", f"{A}+86",
        f"张三 {A}+86", "138OO138OOO", "张三 138OO138OOO", "一三八零零一三八零零零", "张三：一三八零零一三八零零零",
        f"中国 +86 {A}", f"中国 {A}", f"86{A}@s.whatsapp.net", f"86{A}:12@s.whatsapp.net", f"{A}@c.us", f"{A}@139.com",
        f"https://wa.me/86{A}", f"iMessage;-;+86{A}", f"电话1 {A[:3]} {A[3:7]} {A[7:]}", f"张三_{A}", f"{A}.0", f"{A}.00",
        f"sip:+86{A}@ims.mnc000.mcc460.3gppnetwork.org", f"同学{A}", f"手机卡号 {A}", "电话:１３８００１３８０００（本人）",
    ],
)  # fmt: skip
def test_a_number_is_found_among_words(cell):
    assert (identifiers(cell), reasons(cell)) == ([TEL_A], [])


@pytest.mark.parametrize(
    "cell",
    [
        f"张三 {A}; 李四 {B}", f"电话1：{A} 电话2：{B}", f"张三{A}李四{B}", f"From: +86{A} 赵六\r\nTo: +86{B} (owner)",
        f"Phone-Mobile: +86{A}\r\nPhone-Home: +86{B}\r\nEmail-: a2@ex.cn", f"{A}{B}", f"{A}+{B}", f"{A} + {B}", f"{A} ::: {B}",
        f"+86 138 0013 8000 ::: +86{B}", f"{A}。{B}", f"{A}.{B}", f"（{A}）（{B}）", f"{A}和{B}", f"{A}转{B}", f"{A}#{B}",
        f"+86{A}+86{B}", f"{A}-{B}", "138-0013-8000 139-0013-9000", f"{A}\t{B}", f"{A}（{B}）", f"{A}（儿子）{B}（女儿）",
    ],
)  # fmt: skip
def test_each_number_of_a_cell_is_found(cell):
    assert (identifiers(cell), reasons(cell)) == ([TEL_A, TEL_B], [])


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (f"手机:{A} 座机:0571-88888888", [TEL_A, LANDLINE]),
        (f"0571-88888888 转 {A}", [LANDLINE, TEL_A]),
        (f"0571-88888888-{A}", [LANDLINE, TEL_A]),
        (f"0571-88888888转{A}", [LANDLINE, TEL_A]),
        (f"0571-88888888ext{A}", [LANDLINE, TEL_A]),
        (f"0571-88888888转8001 {A}", [LANDLINE, TEL_A]),
        (f"0571-88888888-801 {A}", [LANDLINE, TEL_A]),
        ("0571-88888888转8001", [LANDLINE]),
        ("张三 0571-88888888-801", [LANDLINE]),
        (f"+1 650-253-0000 {A}", [b"tel:+16502530000", TEL_A]),
    ],
)
def test_a_second_number_is_no_extension_and_an_extension_no_number(cell, found):
    assert (identifiers(cell), reasons(cell)) == (found, [])


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("852-91234000", [HONG_KONG]),
        ("(852)91234000", [HONG_KONG]),
        ("陈 852-91234000", [HONG_KONG]),
        ("香港 +852 9123 4000", [HONG_KONG]),
        ("HK 91234000", [HONG_KONG]),
        ("91234000 香港", [HONG_KONG]),
        ("91234000(HK)", [HONG_KONG]),
        ("台湾 0912345678", [TAIWAN]),
        ("886-912345678", [TAIWAN]),
        ("香港 91234000 台湾 0912345678", [HONG_KONG, TAIWAN]),
        ("91234000 香港；0912345678 台湾", [HONG_KONG, TAIWAN]),
        ("91234000(香港) 0912345678(台湾)", [HONG_KONG, TAIWAN]),
        (f"{A} 以及香港 91234000", [TEL_A, HONG_KONG]),
        ("United States 650-253-0000", [b"tel:+16502530000"]),
        (f"Jordan {A}", [TEL_A]),
        (f"To: {A}", [TEL_A]),
        (f"MO: {A}", [TEL_A]),
    ],
)
def test_a_number_is_read_in_the_country_named_next_to_it(cell, found):
    assert (identifiers(cell), reasons(cell)) == (found, [])


@pytest.mark.parametrize("cell", ["香港 12345", f"美国 {A}", "NO 91234000", "台湾 12345678", "HK 0571-88888888"])
def test_a_number_that_is_not_valid_in_its_country_is_refused(cell):
    assert identifiers(cell) == []
    assert len(reasons(cell)) == 1


@pytest.mark.parametrize(
    ("cell", "keywords", "found"),
    [
        ("88888888", {"area": "0571"}, [LANDLINE]),
        ("88888888", {"area": "571"}, [LANDLINE]),
        ("8888-8888 张三", {"area": "0571-"}, [LANDLINE]),
        ("88888888/88888888", {"area": "杭州0571"}, [LANDLINE, LANDLINE]),
        (A, {"area": "0571"}, [TEL_A]),
        ("0571-88888888", {"area": "0571"}, [LANDLINE]),
        ("88888888", {"area": "999"}, []),
        ("88888888", {"area": "没有"}, []),
        ("91234000", {"area": "852"}, [HONG_KONG]),
        ("91234000", {"country": "852"}, [HONG_KONG]),
        ("91234000", {"country": "+852"}, [HONG_KONG]),
        ("9123 4000", {"country": "香港"}, [HONG_KONG]),
        ("91234000", {"country": "HK"}, [HONG_KONG]),
        ("91234000", {"country": "中国香港 (+852)"}, [HONG_KONG]),
        ("650-253-0000", {"country": "United States"}, [b"tel:+16502530000"]),
        ("6502530000 / 4155552671", {"country": "1"}, [b"tel:+16502530000", b"tel:+14155552671"]),
        ("13128001380", {"country": "美国"}, [b"tel:+13128001380"]),
        (A, {"country": "United States"}, []),
        (A, {"country": "86"}, [TEL_A]),
        (A, {"country": "中国"}, [TEL_A]),
        (f"+86{A}", {"country": "US"}, [TEL_A]),
        ("57188888888", {"country": "中国"}, [LANDLINE]),
        (A, {"country": "?"}, [TEL_A]),
    ],
)
def test_the_country_and_the_area_of_the_row(cell, keywords, found):
    assert identifiers(cell, **keywords) == found


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (f"A{A}", Reason.LETTERS),
        (f"张三 A{A}", Reason.LETTERS),
        (f"{A}.5", Reason.NOT_POSSIBLE),
        (f"张三 {A}.5", Reason.NOT_POSSIBLE),
        (f"{A}.0000019", Reason.NOT_POSSIBLE),
        (f"0.{A}", Reason.NOT_POSSIBLE),
        ("1.3800138000", Reason.NOT_POSSIBLE),
        ("no138001380001", Reason.NOT_POSSIBLE),
        (f"wxid_{A}", Reason.LETTERS),
        (f"{A}@qq.com", Reason.LETTERS),
        (f"{A}@chatroom", Reason.LETTERS),
        (f"QQ：{A}", Reason.LETTERS),
        (f"订单号 {A}", Reason.LETTERS),
        ("订单号 20240115123456", Reason.LETTERS),
        ("日期 20240115", Reason.DATE),
        (f"¥{A}", Reason.NOT_POSSIBLE),
        (f"{A}元", Reason.NOT_POSSIBLE),
        ("138****8000", Reason.MASKED),
        ("张三 138****8000", Reason.MASKED),
        ("张三 138-****-8000（儿子）", Reason.MASKED),
        ("440101 19900101 123X", Reason.ID_CARD),
        ("张三 440101199001011234", Reason.ID_CARD),
        ("张三 6222 0213 8001 3800 003", Reason.BANK_CARD),
        ("张三 6222 0138 0013 8000", Reason.TOO_LONG),
        ("张三 88888888", Reason.NO_AREA_CODE),
        ("57188888888", Reason.NO_AREA_CODE),
        ("电话57188888888", Reason.NO_AREA_CODE),
        ("张三", Reason.NO_DIGITS),
        ("-13800137914", Reason.DIGITS_LOST),
        ("－13800137914", Reason.DIGITS_LOST),
        ("-13,800,137,914", Reason.DIGITS_LOST),
        ("-62345668", Reason.DIGITS_LOST),
        ("57,188,888,888", Reason.NOT_POSSIBLE),
        ("1.3800138E10", Reason.DIGITS_LOST),
        ("1.38E+10", Reason.DIGITS_LOST),
        ("8.613800138E12", Reason.DIGITS_LOST),
    ],
)
def test_what_is_no_number_is_one_reject_with_its_reason(cell, reason):
    assert find_numbers(cell, "CN") == [(cell, reason)]


@pytest.mark.parametrize(
    "cell", ["13,800,138,000", "13，800，138，000", "13 800 138 000", "8,613,800,138,000", "13,800,138,000.00"]
)
def test_thousands_separators_lose_nothing(cell):
    assert find_numbers(cell, "CN") == [(cell, TEL_A)]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1.3800138E10", TEL_A),
        ("1.3800138E+10", TEL_A),
        ("8.613800138E12", TEL_A),
        ("1.38E+10", b"tel:+8613800000000"),
        ("5.718888E+10", Reason.DIGITS_LOST),
        ("2.15E+9", Reason.DIGITS_LOST),
        ("1.2E+10", Reason.DIGITS_LOST),
    ],
)
def test_a_short_mantissa_is_filled_up_only_where_the_column_has_shown_it(cell, found):
    assert find_numbers(cell, "CN", short_mantissa=True) == [(cell, found)]
    assert reasons(cell) == [Reason.DIGITS_LOST]


@pytest.mark.parametrize(
    ("cell", "always"),
    [("57188888888", False), ("57188888888.0", False), ("张三 57188888888", False), ("座机57188888888", True),
     ("张三 座机：57188888888", True), ("571-88888888", True), ("057188888888", True), ("8657188888888", True),
     ("0571 8888 8888", True), ("+8657188888888", True)],
)  # fmt: skip
def test_a_landline_of_digits_alone_counts_only_where_the_column_says_so(cell, always):
    assert identifiers(cell, bare_landlines=True) == [LANDLINE]
    assert identifiers(cell) == ([LANDLINE] if always else [])


@pytest.mark.parametrize("cell", ["4008101234", "400-810-1234", "客服 4008101234", "8008101234"])
def test_service_numbers_of_ten_digits_count(cell):
    assert len(identifiers(cell)) == 1


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("88880000/88881111", [Reason.NO_AREA_CODE] * 2),
        ("88880000 88881111", [Reason.NO_AREA_CODE] * 2),
        (f"{A}/123", [TEL_A, Reason.SHORT_CODE]),
        (f"{A} 138****8000 {B}", [TEL_A, Reason.MASKED, TEL_B]),
        (f"{A}x{B}", [Reason.LETTERS] * 2),
        (f"{A}；订单号 20240115123456；{B}", [TEL_A, Reason.LETTERS, TEL_B]),
        (f"张三 {A} 2024-01-15", [TEL_A, Reason.DATE]),
    ],
)
def test_each_refused_number_has_its_own_reason(cell, expected):
    assert [result for _, result in find_numbers(cell, "CN")] == expected


def test_ten_thousand_numbers_are_read_and_the_others_are_refused_one_by_one():
    numbers = [f"138{at:08d}" for at in range(MAX_CELL_NUMBERS + 3)]
    for cell in ("/".join(numbers[: MAX_PHONE_CHARS // 12]), "".join(numbers)):
        found = find_numbers(cell, "CN")
        assert len(found) == min(len(numbers), MAX_CELL_NUMBERS + 3)
        assert [result for _, result in found[:MAX_CELL_NUMBERS]] == [
            f"tel:+86{one}".encode() for one in numbers[:MAX_CELL_NUMBERS]
        ]
        assert found[MAX_CELL_NUMBERS:] == [(one, Reason.TOO_LONG) for one in numbers[MAX_CELL_NUMBERS:]]


def test_what_stands_behind_the_limit_of_characters_is_refused_and_counted():
    cell = f"{A}；" + "甲" * MAX_PHONE_CHARS + f"乙{A}、{B}"
    assert find_numbers(cell, "CN") == [(A, TEL_A), (A, Reason.TOO_LONG), (B, Reason.TOO_LONG)]


def test_another_region_reads_a_list_of_its_own_numbers():
    found = find_numbers("陈 9123 4000 / 91234001; +86 138 0013 8000", "HK")
    assert [result for _, result in found] == [HONG_KONG, b"tel:+85291234001", TEL_A]


@settings(max_examples=300, deadline=None)
@given(cells())
def test_exactly_the_numbers_of_a_random_cell_are_found(example):
    cell, expected, refused = example
    found = find_numbers(cell, "CN")
    assert [result for _, result in found if isinstance(result, bytes)] == expected
    assert len(found) - len(expected) >= (refused if expected else min(refused, 1))


ALPHABET = "0123456789１零一八+-－()（）./,;:*xo@ \t\n'\"=转extwid_年月日元香港E¥&#\u200b😀A"


@settings(max_examples=500, deadline=None)
@given(
    st.text(ALPHABET, max_size=80),
    st.booleans(),
    st.sampled_from(["", "0571", "852"]),
    st.sampled_from(["", "1", "中国"]),
)
def test_random_text_gives_only_numbers_that_are_in_it(cell, flag, area, country):
    found = find_numbers(cell, "CN", bare_landlines=flag, short_mantissa=flag, area=area, country=country)
    assert found
    for text, result in found:
        assert text in cell
        if isinstance(result, bytes):
            digits = "".join(char for char in canonical_digits(text) if char.isdigit())
            assert result.decode()[-7:] in digits or "E" in text


def canonical_digits(text: str) -> str:
    """Digits in ASCII, whichever way they are written."""
    written = dict(zip("零一二三四五六七八九oOＯ", "0123456789000", strict=True))
    return "".join(str(int(char)) if char.isdecimal() else written.get(char, char) for char in text)


@given(st.text(max_size=200))
def test_no_text_raises(cell):
    assert find_numbers(cell, "CN")
    assert all(0 <= start < stop <= len(cell) for start, stop in find_mobiles(cell))


@given(mobiles())
def test_a_cell_that_is_one_mobile_is_decided_by_canonicalise_alone(digits):
    for cell in (digits, f"+86 {digits}", f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"):
        assert find_numbers(cell, "CN") == [(cell, canonicalise(cell))]
    for cell in ("-" + digits, "0." + digits, digits[0] + "." + digits[1:]):
        assert reasons(cell)
        assert not identifiers(cell)


@pytest.mark.parametrize(
    "part",
    [f"{A} ", f"{A}、", f"张三 {A}; ", A, "138 0013 8000 ", "0571-88888888-", "香港 91234000 ", "1 ", "1-", "1.", "(1)", "+", "+1",
     "*1", "a1", "1@", "a@", "1e", "x", "86 ", "2024-01-15 ", "12:30 ", "88880000,", "一", "1o", "订单号", "//a:"],
)  # fmt: skip
def test_time_grows_with_the_length_of_the_cell(part):
    """Counts the calls of functions: twice the text takes about twice the calls."""
    text = part * 400
    calls(text)  # fills caches
    assert calls(text * 2) <= 2.2 * calls(text) + 200


def calls(cell: str) -> int:
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    find_numbers_module._find_in_long.cache_clear()
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        find_numbers(cell, "CN")
        find_mobiles(cell)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "part", ["+", "1", "a", "-", "(", " ", "*", "x", "_", "#", "@", ".", "wxid_", "一", "零", "1o", "a://", "=", "转"]
)
def test_the_longest_cell_of_one_sign_is_read(part):
    """A pattern that takes the square of the time would take hours for it."""
    cell = (part * MAX_PHONE_CHARS)[:MAX_PHONE_CHARS]
    assert len(find_numbers(cell, "CN")) == 1
    assert find_mobiles(cell) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"我的电话是{A}，请速联系", [A]),
        (f"{A}", [A]),
        ("电话１３８００１３８０００。", ["１３８００１３８０００"]),
        (f"call {A}, or 138 0013 8000 or 139-0013-9000.", [A, "138 0013 8000", "139-0013-9000"]),
        ("138 0013 8000 139 0013 9000", ["138 0013 8000", "139 0013 9000"]),
        (f"+86{A} 86{A} 0086{A} +86 {A}", [f"+86{A}", f"86{A}", f"0086{A}", f"+86 {A}"]),
        (f"{A}+{B}", [A, B]),
        (f"a{A} {A}b {A}.5 0.{A} 9{A} {A}0 +{A} {A}@chatroom", []),
        ("6222 138 0013 8000 138 0013 8000 12", []),
        ("138\u200b00138000", ["138\u200b00138000"]),
        ("没有", []),
    ],
)
def test_mobiles_in_free_text(text, found):
    assert [text[start:stop] for start, stop in find_mobiles(text)] == found


ORDINALS = ["({})", "（{}）", "{})", "[{}]", "【{}】", "{}-", "{}) ", "{}）"]


@given(mobiles(), mobiles(), st.sampled_from(ORDINALS), st.integers(1, 19), st.sampled_from([" ", "", "\n", "；"]))
def test_the_numbers_of_items_in_a_list_are_no_country_codes(first, second, spelled, at, between):
    between = between or ("" if spelled[0] in "(（[【" else " ")
    cell = f"{spelled.format(at)}{first}{between}{spelled.format(at + 1)}{second}"
    assert identifiers(cell) == [f"tel:+86{number}".encode() for number in (first, second)]
    assert reasons(cell) == []


@pytest.mark.parametrize("cell", ["+1-3024251952", "(+1)3024251952", "+1 (302) 425-1952", "001-302-425-1952"])
def test_a_country_code_with_its_plus_is_no_number_of_an_item(cell):
    assert identifiers(cell) == [b"tel:+13024251952"]


@pytest.mark.parametrize("before", ["1", "2", "86", "51400", "1)", "13800138000 (2"])
@pytest.mark.parametrize("number", ["187-1427-9290", "852-95567394", "0571)88888888", "18714279290", "187 1427 9290"])
def test_a_bracket_behind_digits_hides_no_number(before, number):
    alone = set(identifiers(number.replace(")", "-")))
    assert alone
    assert alone <= set(identifiers(f"{before} ({number}"))
    assert identifiers("51400 (4008-138-630") == [b"tel:+864008138630"]


@given(mobiles(), st.sampled_from(["0571-88888888", "057188888888", "(0571)88888888", "0571 88888888"]))
def test_a_plus_sign_between_a_landline_and_a_mobile_separates_them(mobile, landline):
    assert identifiers(f"{landline}+{mobile}") == [LANDLINE, f"tel:+86{mobile}".encode()]


@pytest.mark.parametrize("region", ["HK", "TW", "MO", "SG", "JP", "US", "GB", "KR"])
def test_a_mainland_mobile_is_no_number_of_a_country_where_it_is_not_valid(region):
    for number in ("13800138000", "15990139000", "19911112222"):
        found = [result for _, result in find_numbers(number, region)]
        assert found == [Reason.TOO_LONG] or found == [Reason.NOT_POSSIBLE]
