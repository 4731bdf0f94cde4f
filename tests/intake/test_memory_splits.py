"""Texts in archives and in UTF-16, read by splits in memory, give the same result as read row by row."""

import gzip
import io
import zipfile

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.text_bytes import Utf8Stream
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.intake.texts import OPTIONS, assert_same, messy_tables, outcome, read_by_rows, read_by_splits

UNTIMED = settings(
    max_examples=150,
    deadline=None,
    phases=[Phase.generate],
)


def packed_as(path, form, texts):
    """Write the texts to a ZIP archive, or the first one to a gzip or plain file."""
    if form == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for i, text in enumerate(texts):
                archive.writestr(f"{i}.csv", text)
    else:
        path.write_bytes(gzip.compress(texts[0]) if form == "gz" else texts[0])


@UNTIMED
@given(
    st.lists(
        st.tuples(messy_tables(), st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"])), min_size=1, max_size=3
    ),
    st.sampled_from(["zip", "gz", "csv"]),
    st.sampled_from(OPTIONS),
    st.integers(1, 200),
)
def test_messy_texts_come_out_the_same(tmp_path_factory, texts, form, options, size):
    path = tmp_path_factory.mktemp("messy_tables") / {"zip": "a.zip", "gz": "a.csv.gz", "csv": "a.csv"}[form]
    encoded = [text.encode("utf-16" if form == "csv" else encoding, "replace") for text, encoding in texts]
    packed_as(path, form, encoded)
    wanted = outcome(read_by_rows, path, options)
    for each in (size, 1 << 20):
        assert outcome(read_by_splits, path, options, each) == wanted


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_a_stated_delimiter_is_skipped_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("sep=;\r\nphone;name\r\n13800138000;张三\r\nnone;b\r\n".encode(encoding))
    options = IntakeOptions(Kind.EXPOSURE)
    assert read_by_splits(path, options, 10) == read_by_rows(path, options)


@pytest.mark.parametrize("stated", ["", "sep=;\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32", "utf-16-le"])
def test_the_first_row_of_a_text_without_a_header_is_read(tmp_path, encoding, stated):
    path = tmp_path / "a.csv"
    path.write_bytes(f"{stated}13800138000;张三\r\n13900139000;李四\r\n13700137000;王五\r\n".encode(encoding))
    options = IntakeOptions(Kind.EXPOSURE)
    wanted = read_by_rows(path, options)
    assert read_by_splits(path, options, 10) == wanted
    assert "tel:+8613800138000" in repr(wanted)
    if encoding in {"utf-8", "utf-8-sig", "gb18030"}:
        assert_same(path, options)


def test_texts_with_nul_are_read_row_by_row_with_the_same_result(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"phone\n138\x0000138000\nnone\n"))
    options = IntakeOptions(Kind.EXPOSURE)
    assert read_by_splits(path, options, 10) == read_by_rows(path, options)


def test_a_text_that_has_changed_is_an_error():
    stream = io.BytesIO("phone\n".encode("utf-16-le") + b"\x00")
    with pytest.raises(IntakeError, match="changed while it was read"):
        Utf8Stream("a.csv", stream, Encoding("utf-16-le", 0, nuls=False)).read(100)
