"""Columns of contacts whose cells are digits that are no numbers are told cell by cell, and so are identifiers."""

import pytest

BAD = ["88121230", "1.39E+10", "139_1234_5670", "139123456708", "8812-1234"]


@pytest.mark.parametrize(
    "label", ["紧急联系人", "家属", "备用", "第二联系人", "监护人", "担保人", "其他联系", "微信", "emergency contact"]
)
@pytest.mark.parametrize("good", [0, 1, 3])
def test_every_cell_of_a_column_of_contacts_is_stored_or_rejected(load, label, good):
    cells = [f"1371234{at:04}" for at in range(good)] + BAD * 2
    rows = "".join(f"某{at},138{at:08},{cell}\n" for at, cell in enumerate(cells))
    outcome = load("a.csv", f"姓名,联系电话,{label}\n{rows}")
    assert len(outcome.numbers) == len(cells) + good
    assert len(outcome.rejects) == len(BAD) * 2


@pytest.mark.parametrize("label", ["紧急联系人", "家属", "备用"])
@pytest.mark.parametrize("cells", [["张三", "李四"], ["好", ""], ["2024-01-15", "2024-02-01"], ["无", "无"]])
def test_names_and_words_of_contacts_are_no_rejects(load, label, cells):
    rows = "".join(f"某{at},138{at:08},{cells[at % 2]}\n" for at in range(10))
    outcome = load("a.csv", f"姓名,联系电话,{label}\n{rows}")
    assert len(outcome.numbers) == 10
    assert not outcome.rejects
    assert not outcome.report.warnings


@pytest.mark.parametrize(
    "label",
    [
        "id",
        "uid",
        "userid",
        "发票代码",
        "电表号",
        "票号",
        "密码",
        "住院号",
        "客户编码",
        "户号",
        "门诊号",
        "取件码",
        "cust_no",
        "游戏ID",
        "运单",
        "学籍号",
    ],
)
def test_identifiers_that_look_like_mobiles_beside_phones_are_told(load, label):
    rows = "".join(f"139{at:08},138{at:08}\n" for at in range(20))
    outcome = load("a.csv", f"{label},手机号\n{rows}")
    assert sorted(outcome.numbers) == [f"86138{at:08}" for at in range(20)]
    assert [(str(warning.code), warning.count) for warning in outcome.report.warnings] == [("unread_numbers", 20)]


@pytest.mark.parametrize("label", ["uid", "userid"])
def test_identifiers_that_are_the_only_phones_are_read(load, label):
    rows = "".join(f"某{at},138{at:08}\n" for at in range(20))
    assert len(load("a.csv", f"姓名,{label}\n{rows}").numbers) == 20


@pytest.mark.parametrize("label", ["微信号", "支付宝账号", "登录账号", "主叫号", "对方号"])
def test_names_that_are_phones_in_some_services_are_judged_by_their_cells(load, label):
    rows = "".join(f"139{at:08},138{at:08}\n" for at in range(20))
    assert len(load("a.csv", f"{label},手机号\n{rows}").numbers) == 40
