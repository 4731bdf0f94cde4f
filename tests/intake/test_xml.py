"""XML made of records: backups of messages and calls; hostile documents are refused and nothing is fetched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.tables import xml_tables
from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables import assert_tables_or_refused, mutated, read_tables


@pytest.fixture
def tables(tmp_path):
    def read(content, name="a.xml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_tables(path)

    return read


def test_a_backup_of_messages_and_calls(tables):
    messages, calls, pictures, outside = tables(
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<!--backup-->\n<?xml-stylesheet type=\"text/xsl\" href=\"sms.xsl\"?>\n"
        '<smses count="5"><sms address="13800138000" body="hi &#55357;&#56832;&#0; &lt;13600136000&gt;"/>'
        '<call number="13700137000"/><sms address="+86 139 0013 9000" body="x"/><call number="010-62345678"/>'
        '<mms address="13500135000~13300133000"><parts><part text="a"/><part text="b"/></parts>'
        '<addrs><addr address="13200132000"/></addrs></mms><mms address="1"/></smses>'
    )
    assert messages.location == "a.xml sms"
    assert messages.dicts() == [
        {"address": "13800138000", "body": "hi     <13600136000>"},
        {"address": "+86 139 0013 9000", "body": "x"},
    ]
    assert calls.column("number") == ["13700137000", "010-62345678"]
    assert pictures.dicts()[0] == {
        "address": "13500135000~13300133000",
        "parts.part.text": "a\nb",
        "addrs.addr.address": "13200132000",
    }
    assert outside.dicts() == [{"smses.count": "5"}]


def test_inner_elements_are_fields(tables):
    (table,) = tables(
        "<r><people><p id='1'><name>张三</name><tel><n>13800138000</n><n>13900139000</n></tel>more</p>"
        "<p><name>b</name><name>c</name></p></people></r>"
    )
    assert table.dicts() == [
        {"id": "1", "name": "张三", "tel.n": "13800138000\n13900139000", "text": "more"},
        {"name": "b\nc"},
    ]


def test_elements_without_a_root(tables):
    (table,) = tables('<sms address="13800138000"/>\n<sms address="13900139000"/>', "a.txt")
    assert table.column("address") == ["13800138000", "13900139000"]
    assert table.lines == [1, 2]


def test_one_record(tables):
    (table,) = tables("<r a='1'><b>13800138000</b></r>")
    assert table.dicts() == [{"r.a": "1", "r.b": "13800138000"}]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(tables, codec):
    content = '<?xml version="1.0" encoding="GBK"?><r><p n="张三"/><p n="李四"/></r>'
    assert tables(content.encode(codec))[0].column("n") == ["张三", "李四"]


ENTITIES = {
    "an external entity": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><p>&x;</p><p/></r>',
    "a parameter entity": '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]><r><p/><p/></r>',
    "an internal entity": '<!DOCTYPE r [<!ENTITY x "13800138000">]><r><p>&x;</p><p/></r>',
    "a billion laughs": "<!DOCTYPE r [<!ENTITY a '1'>"
    + "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 12))
    + "]><r>&a11;</r>",
}


@pytest.mark.parametrize("what", ENTITIES)
def test_entities_are_refused(tables, what):
    with pytest.raises(IntakeError, match=r"a\.xml line 1: declares an entity"):
        tables(ENTITIES[what])


def test_an_external_document_type_is_not_fetched(tables):
    (table,) = tables('<!DOCTYPE r SYSTEM "http://127.0.0.1:1/r.dtd"><r><p n="1"/><p n="2"/></r>')
    assert table.column("n") == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<r>" * 100, "line 1: is nested more than 64 deep"),
        ("<r>\n<p>\n</q></r>", "line 3: is not well-formed XML: mismatched tag"),
        ("<r><p a='1'/><p a='2'", "is not well-formed XML"),
        ("<r><p a='1'/>&nbsp;<p a='2'/></r>", "undefined entity"),
        ("<r>" + "".join(f"<p{i}/>" for i in range(10_001)) + "</r>", "more than 10,000 different paths"),
        ("<r></r>", "has no records"),
    ],
)
def test_what_cannot_be_read(tables, content, message):
    with pytest.raises(IntakeError, match=message):
        tables(content)


def test_a_record_without_an_end(tables, monkeypatch):
    monkeypatch.setattr(xml_tables, "MAX_RECORD_CHARS", 1_000_000)
    with pytest.raises(IntakeError, match="one record is longer than 1,000,000 characters"):
        tables("<r><p/><p>" + "x" * 2_000_000 + "</p></r>")


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=5)), max_size=4), min_size=1, max_size=6),
    st.integers(1, 64),
)
def test_every_attribute_of_any_document_is_in_a_cell(tmp_path_factory, elements, size):
    from xml.sax.saxutils import quoteattr

    path = tmp_path_factory.mktemp("xml") / "a.xml"
    numbers = iter(range(13800000000, 13800001000))
    content, given_numbers, opened = "<r>", [], []
    for element in elements:
        for name, text in element:
            number = str(next(numbers))
            given_numbers.append(number)
            clean = "".join(char for char in text if char.isprintable())
            content += f"<{name} x={quoteattr(clean + number)}>"
            opened.append(name)
        while opened and len(opened) > len(element) // 2:
            content += f"</{opened.pop()}>"
    content += "".join(f"</{name}>" for name in reversed(opened)) + "<z t='1'/></r>"
    path.write_text(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_tables, "_BLOCK_CHARS", size)
        cells = "\n".join(cell for table in read_tables(path) for row in table.rows for cell in row)
    for number in given_numbers:
        assert number in cells


@hostile(300)
@given(st.integers(0, 2**63))
def test_mutations_give_tables_or_an_error(tmp_path_factory, seed):
    content = b'<?xml version="1.0"?><!DOCTYPE r><r a="1"><p b="13800138000&#10;">x<c>y</c></p><!-- z --><p><![CDATA[<]]></p></r>'
    assert_tables_or_refused(tmp_path_factory.mktemp("xml") / "a.xml", mutated(content, seed))


def test_an_inner_element_parts_the_text_around_it(tables):
    records = "".join(f"<row><a>{at}<b/>13800138000<i>x</i>y</a></row>" for at in range(2))
    table, *_ = tables(f"<r>{records}</r>")
    assert table.column("a") == ["0\n13800138000\ny", "1\n13800138000\ny"]


def test_text_that_the_parser_parts_is_one_text(tables):
    text = "138<![CDATA[0013]]>&#56;<!-- x -->0<?x?>0&amp;&lt;0"
    table, *_ = tables(f"<r><row><a>{text}</a></row><row><a>{' ' * 300_000}{text}</a></row></r>")
    assert table.column("a") == ["1380013800&<0"] * 2


def test_numbers_that_line_breaks_part_are_read(load):
    rows = "".join(f"<row><m>1381234560{at}<br/>1391234560{at}</m></row>" for at in range(3))
    assert load("a.xml", f"<r>{rows}</r>".encode()).numbers == [
        f"86{start}1234560{at}" for at in range(3) for start in (138, 139)
    ]
