"""Columns of faxes are nobody's phones; a column of phones and faxes is read."""

import pytest

from pilookup.custody.intake.columns import headers


@pytest.mark.parametrize(
    "header",
    [
        "电话/传真", "传真/电话", "电话及传真", "电话、传真", "座机/传真", "手机/传真", "办公电话/传真", "电话传真", "Tel/Fax", "TEL&FAX",
        "Phone & Fax", "tel and fax", "电话(传真)", "电话号码/传真号码", "联系电话与传真",
    ],
)  # fmt: skip
def test_a_column_of_phones_and_faxes_is_read(load, header):
    assert not headers.is_fax(header)
    numbers = [f"0571-888812{at:02}" for at in range(8)]
    outcome = load(
        "a.csv", "\n".join([f"单位,手机,{header}", *(f"甲,138001380{at:02},{one}" for at, one in enumerate(numbers))])
    )
    assert len(outcome.numbers) == 16
    assert not outcome.report.warnings


@pytest.mark.parametrize(
    "header",
    ["传真", "传真号码", "传真电话", "fax", "Fax No.", "Business Fax", "传真(电话)", "传真/邮箱", "短信中心电话"],
)
def test_a_column_of_faxes_is_not_read(header):
    assert headers.is_fax(header)
