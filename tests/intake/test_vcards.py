"""vCards of versions 2.1, 3.0 and 4.0: every number of every card is a value of a cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables import all_cells, assert_tables_or_refused, mutated, read_tables, tables_or_error


@pytest.fixture
def cards(tmp_path):
    def read(content, name="a.vcf"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (table,) = read_tables(path)
        return table.dicts()

    return read


def test_version_2_1(cards):
    assert cards(
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;=E5=BC=A0=\r\n=E4=B8=89;;;\r\n"
        "TEL;CELL;PREF:13800138000\r\nTEL;HOME:010-62345678\r\nTEL;FAX:010-62345679\r\nX-QQ:2851234500\r\n"
        "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n AAAA\r\nSkZJRgAB\r\n\r\nitem1.TEL:13900139000\r\nEND:VCARD\r\n"
    ) == [
        {
            "name": ";张三;;;",
            "phone": "13800138000\n010-62345678\n13900139000",
            "fax": "010-62345679",
            "X-QQ": "2851234500",
        }
    ]


def test_version_3_0(cards):
    assert cards(
        'BEGIN:VCARD\nVERSION:3.0\nFN:李四\\, 先生\nTEL;TYPE="CELL,VOICE";X-A="a;b:c":+86 138 0013 8000\nitem1.TEL;type=pref:1390013\n'
        " 9000\nNOTE:call 13700137000\\nor not\nIMPP;X-SERVICE-TYPE=WhatsApp:whatsapp:+8613600136000\nEND:VCARD"
    ) == [
        {
            "name": "李四, 先生",
            "phone": "+86 138 0013 8000\n13900139000",
            "NOTE": "call 13700137000\nor not",
            "IMPP": "whatsapp:+8613600136000",
        }
    ]


def test_version_4_0(cards):
    assert cards(
        'BEGIN:VCARD\nVERSION:4.0\nTEL;VALUE=uri;TYPE="cell":tel:+86-138-0013-8000;ext=5\nTEL:tel:13900139000;phone-context=+86\n'
        "PHOTO:data:image/jpeg;base64,AAAA\nEND:VCARD\n"
    ) == [{"phone": "+86-138-0013-8000\n+8613900139000"}]


@pytest.mark.parametrize(
    "agent",
    [
        "AGENT:\nBEGIN:VCARD\nTEL:13900139000\nEND:VCARD",
        "AGENT:BEGIN:VCARD\nTEL:13900139000\nEND:VCARD",
        "AGENT:BEGIN:VCARD\\nTEL:13900139000\\nEND:VCARD",
    ],
)
def test_a_card_in_a_card(cards, agent):
    found = cards(f"BEGIN:VCARD\nTEL:13800138000\n{agent}\nTEL:13700137000\nEND:VCARD\n")
    assert sorted(card["phone"] for card in found) == ["13800138000\n13700137000", "13900139000"]


def test_cards_that_do_not_end_and_lines_outside_of_cards(cards):
    found = cards("list of 13600136000\nBEGIN:VCARD\nTEL:13800138000\nBEGIN:VCARD\nTEL:13900139000\n", "a.txt")
    assert sorted(card.get("phone", card.get("other lines")) for card in found) == [
        "13800138000",
        "13900139000",
        "list of 13600136000",
    ]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(cards, codec):
    assert cards("BEGIN:VCARD\nFN:张三\nTEL:13800138000\nEND:VCARD\n".encode(codec)) == [
        {"name": "张三", "phone": "13800138000"}
    ]


@pytest.mark.parametrize(
    ("charset", "codec"), [("GBK", "gbk"), ("GB2312", "gb2312"), ("", "gbk"), ("zip", "utf-8"), ("no", "gbk")]
)
def test_quoted_printable_in_another_character_set(cards, charset, codec):
    quoted = "".join(f"={byte:02X}" for byte in "张三".encode(codec))
    content = f"BEGIN:VCARD\nFN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{quoted}\nTEL:1\nEND:VCARD\n"
    assert cards(content)[0]["name"] == "张三"


def test_a_quoted_printable_number(cards):
    assert cards("BEGIN:VCARD\nTEL;ENCODING=QUOTED-PRINTABLE:=31=33=38=30=\n=30=31=33=38=30=30=30\nEND:VCARD") == [
        {"phone": "13800138000"}
    ]


def test_cards_nested_too_deeply(cards):
    with pytest.raises(IntakeError, match=r"a\.vcf line 5: has vCards nested more than 4 deep"):
        cards("BEGIN:VCARD\n" * 100)
    with pytest.raises(IntakeError, match="nested more than 4 deep"):
        cards("BEGIN:VCARD\n" + "AGENT:" + "BEGIN:VCARD\\nAGENT:" * 10 + "\nEND:VCARD\n")


@pytest.mark.parametrize("long", ["x\n y" * 600_000, "x" * 1_400_000], ids=["folded", "one line"])
@pytest.mark.parametrize("name", ["PHOTO;ENCODING=BASE64;JPEG", "PHOTO", "item1.LOGO;VALUE=uri", "X-KEY;ENCODING=b"])
def test_a_picture_is_cut(cards, name, long):
    content = f"BEGIN:VCARD\nTEL:13800138000\n{name}:{long}\nTEL:13900139000\nEND:VCARD\n"
    assert cards(content)[0]["phone"] == "13800138000\n13900139000"


@pytest.mark.parametrize("long", ["x\n y" * 600_000, "x" * 1_400_000], ids=["folded", "one line"])
def test_a_long_text_is_refused_by_its_line(cards, long):
    content = f"BEGIN:VCARD\nTEL:13800138000\nNOTE:{long} 13700137000\nEND:VCARD\n"
    with pytest.raises(IntakeError, match=r"line 3: has a property longer than 1,048,576 characters: shorten it"):
        cards(content)


LINES = st.sampled_from(
    [
        "BEGIN:VCARD",
        "END:VCARD",
        "VERSION:2.1",
        "AGENT:",
        " folded",
        "",
        "PHOTO;BASE64:xx",
        "A;ENCODING=QUOTED-PRINTABLE:a=",
    ]
)


@given(st.lists(st.tuples(st.lists(LINES, max_size=6), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)), max_size=8))
def test_no_number_is_lost_in_any_order_of_lines(tmp_path_factory, groups):
    path = tmp_path_factory.mktemp("vcf") / "a.vcf"
    lines = ["BEGIN:VCARD", "TEL:13800138000", "END:VCARD"]
    for before, number in groups:
        lines += [*before, "", f"TEL;CELL:{number}"]
    path.write_text("\n".join(lines))
    found, error = tables_or_error(path)
    assert not error or "nested" in error
    cells = all_cells(found)
    for _, number in groups:
        assert error or number in cells


@hostile(300)
@given(st.integers(0, 2**63))
def test_mutations_give_tables_or_an_error(tmp_path_factory, seed):
    content = (
        b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D5=C5=\n=C8=FD\nAGENT:BEGIN:VCARD\\nTEL:1\\nEND:VCARD\n"
        b'item1.TEL;TYPE="cell":tel:+8613800138000;ext=1\nPHOTO;BASE64:AAAA\n BBBB\n\nEND:VCARD\n'
    )
    assert_tables_or_refused(tmp_path_factory.mktemp("vcf") / "a.vcf", mutated(content, seed))
