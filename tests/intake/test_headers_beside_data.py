"""Headers of several rows, and headers that stand beside or below the data of another table."""

import pytest

NAMES = ["张三", "李四", "王五"]


def told(outcome, code):
    return sum(warning.count for warning in outcome.report.warnings if warning.code == code)


def mobiles(outcome, prefix):
    """How many of the accepted numbers start so."""
    return sum(number.startswith(f"86{prefix}") for number in outcome.numbers)


@pytest.mark.parametrize("above", ["客户号码,快递员手机,性别,信息", "手机号,经办人电话,村,资料"])
def test_one_cell_of_a_second_header_row_names_a_phone_column(load, above):
    """A group header stands above it."""
    rows = [f"138{at:08},139{at:08},男,{'' if at % 3 else f'137{at:08}'}" for at in range(12)]
    outcome = load("a.csv", "\n".join([above, ",,,收件人电话", *rows]) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 139), mobiles(outcome, 137)) == (12, 0, 4)
    assert told(outcome, "other_party") == 12


@pytest.mark.parametrize("before", [0, 1, 12])
def test_a_group_header_without_a_phone_is_the_first_row_of_a_header(load, before):
    """Whether other rows stand above it or not."""
    first = [f"{NAMES[at % 3]},2020-05-13,无,136{at:08}" for at in range(before)]
    rows = [f"{at},139{at:08},7504232{at},SF820466150{at},,138{at:08}" for at in range(12)]
    header = ["序号,hotline,uid,信息,,", ",,,快递单号,备注说明,联系手机"]
    outcome = load("a.csv", "\n".join(["姓名,日期,备注,手机"] * bool(before) + [*first, *header, *rows]) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 139), mobiles(outcome, 136)) == (12, 0, before)
    assert told(outcome, "other_party") == 12


@pytest.mark.parametrize("blank", [3, 30, 250])
def test_a_column_of_somebody_else_without_a_number_in_the_first_rows(load, blank):
    rows = [f"138{at:08},,王庄" for at in range(blank)] + [f"137{at:08},139{at:08},王庄" for at in range(9)]
    outcome = load("a.csv", "\n".join(["手机,举报电话,村", *rows]) + "\n")
    assert (len(outcome.numbers), mobiles(outcome, 139), told(outcome, "other_party")) == (blank + 9, 0, 9)


def test_a_second_header_of_two_rows_beside_data(load):
    """The first of them has data of the table beside it, so that it is no header row."""
    rows = [f"村,好,,138{at:08}" for at in range(15)]
    rows += ["举报电话,单号,,13800000099", ",电话,,制表人"]
    rows += [f"139{at:08},0571-888{at:05},," for at in range(15)]
    outcome = load("a.csv", "\n".join(["地址,备注,,手机", *rows]) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 139)) == (16, 0)
    assert told(outcome, "other_party") == 15


@pytest.mark.parametrize("odd", range(6))
def test_a_table_with_a_header_below_rows_that_do_not_fit_is_another_table(load, odd):
    """After a few rows without the layout, others like them are read by themselves."""
    rows = [row for at in range(odd) for row in (f"13{at:09},王庄,好", f"3月,王庄,15{at:09}", f"137{at:08},李庄,好")]
    rows += ["序号,举报电话,手机", *(f"{at},139{at:08},138{at:08}" for at in range(9))]
    outcome = load("a.csv", "\n".join(["手机,村,备注", "13611112222,王庄,好", *rows]) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 139)) == (9, 0)
    assert told(outcome, "other_party") == 9


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "||", "----"])
@pytest.mark.parametrize("facts", [12, 40])
def test_tables_of_different_width_below_lines_of_facts(load, delimiter, facts):
    """No header is among the first lines, and no width is that of most lines."""
    lines = [["案件名称", "赵超"]] * facts
    lines += [["收件人", "户名", "Caller"], *([f"0531 8799739{at}", "林红", f"136{at:08}"] for at in range(7)), [""]]
    lines += [
        ["uid", "手机", "村", "B Number"],
        *([f"95452{at}", f"138{at:08}", "村", f"137{at:08}"] for at in range(8)),
    ]
    lines += [["QQ", "卖家手机", "流水号"], *([f"166289{at}", f"139{at:08}", f"04205968{at}"] for at in range(30))]
    outcome = load("a.csv", "\n".join(delimiter.join(line) for line in lines) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 137), mobiles(outcome, 139)) == (8, 8, 0)
    assert mobiles(outcome, 136) + told(outcome, "unread_numbers") >= 7
    assert told(outcome, "other_party") == 30


@pytest.mark.parametrize("delimiter", [",", "||"])
def test_a_header_without_a_phone_below_the_first_lines_shows_the_delimiter(load, delimiter):
    lines = [["单位", ""]] * 9 + [["银行卡号", "收件人"], *([f"62220296522186{at}", ""] for at in range(15))]
    lines += [["第二联系人", "户名", "备注", "hotline", "信息"], ["", "", "", "", "msisdn"]]
    lines += [["无", "赵丽", f"加微信 136{at:08} 领取", f"139{at:08}", f"王超 138{at:08}"] for at in range(6)]
    outcome = load("a.csv", "\n".join(delimiter.join(line) for line in lines) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 139), told(outcome, "other_party")) == (6, 0, 6)


@pytest.mark.parametrize("header", ["时间戳,QQ,uid,hotline", "序号,地址,备注,客服", "金额,单号,村,商家"])
def test_a_header_beside_data_that_names_somebody_else_without_a_word_for_phones(load, header):
    first, second = [f"138{at:08}" for at in range(30)], [f"1{at},A{at},B{at},139{at:08}" for at in range(20)]
    rows = [f"{number},,{line}" for number, line in zip(first, [",,,"] * 9 + [header, *second], strict=True)]
    outcome = load("a.csv", "\n".join(["手机,,,,,", *rows]) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 139), told(outcome, "other_party")) == (30, 0, 20)


@pytest.mark.parametrize("header", ["hotline,信息,,", "客服,备注,,"])
def test_a_header_of_two_cells_of_which_one_names_somebody_else(load, header):
    rows = [f"138{at:08},王庄,好,1" for at in range(9)] + [header, ",村,单号,手机号"]
    rows += [f"139{at:08},李庄,A{at},137{at:08}" for at in range(9)]
    outcome = load("a.csv", "\n".join(["手机,村,备注,序号", *rows]) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 137), mobiles(outcome, 139)) == (9, 9, 0)
    assert told(outcome, "other_party") == 9


def test_phones_under_a_header_beside_data_in_a_column_of_orders_are_told(load):
    rows = [f"{23435000000 + at * 7919},村,138{at:08}" for at in range(15)] + ["联系手机,QQ,13800000099"]
    rows += [f"139{at:08},81905,137{at:08}" for at in range(9)]
    outcome = load("a.csv", "\n".join(["单号,地址,手机", *rows]) + "\n")
    assert mobiles(outcome, 138) + mobiles(outcome, 137) == 25
    assert mobiles(outcome, 139) + told(outcome, "unread_numbers") >= 9


@pytest.mark.parametrize("cell", ["<13900000001>朱静", "一三九零零零零零零零一", "139****0001", "(13900000001) 张三"])
def test_a_row_of_data_beside_a_header_is_none_of_its_rows(load, cell):
    """A number in brackets is no example where a person's name stands beside it. Nobody's name is in the report."""
    header = ["A,,,性别,村,受害人手机号", f"B Number,uid,,男,西河村,{cell}"]
    rows = [f"138{at:08},63899{at},,女,上林村,137{at:08}" for at in range(12)]
    outcome = load("a.csv", "\n".join([*header, *rows]) + "\n")
    labels = [column.header or "" for column in outcome.report.columns]
    assert not any("朱静" in label or "张三" in label or "一三九" in label for label in labels)
    assert (mobiles(outcome, 138), mobiles(outcome, 137)) == (12, 12)
    lost = sum(outcome.report.rejected.values()) + sum(each.count for each in outcome.report.warnings)
    assert mobiles(outcome, 139) == 1 or lost >= 1


@pytest.mark.parametrize("sign", ["^", "~", "¦", "§"])
def test_a_rare_sign_is_the_delimiter_of_tables_of_different_width(load, sign):
    lines = [["create_ts", "To", "MAC"], *([f"165536958{at:04}", f"136{at:08}", "3D:9A:50"] for at in range(8)), [""]]
    lines += [["案件名称", "上海市"]] * 12
    lines += [["办案民警手机", "第二联系人", "序号", "信息", "村"], ["", "", "", "tel", ""]]
    lines += [[f"139{at:08}", f"138{at:08}", str(at), f"137{at:08}", "王庄"] for at in range(20)]
    outcome = load("a.csv", "\n".join(sign.join(line) for line in lines) + "\n")
    assert (mobiles(outcome, 138), mobiles(outcome, 137), mobiles(outcome, 139)) == (20, 20, 0)
    assert mobiles(outcome, 136) + told(outcome, "unread_numbers") >= 8
    assert told(outcome, "other_party") == 20


@pytest.mark.parametrize("header", ["From,邮编,备注", "To,QQ,地址", "被叫,序号,村"])
def test_phones_under_a_header_without_a_word_for_phones_in_a_column_of_orders_are_told(load, header):
    rows = [f"{23435000000 + at * 7919},5000,,138{at:08}" for at in range(15)] + [f"{header},13800000099"]
    rows += [f"139{at:08},5000,,137{at:08}" for at in range(9)]
    outcome = load("a.csv", "\n".join(["单号,金额,备注,手机", *rows]) + "\n")
    assert mobiles(outcome, 138) + mobiles(outcome, 137) == 25
    assert mobiles(outcome, 139) + sum(each.count for each in outcome.report.warnings) >= 9


@pytest.mark.parametrize("second", [",,,,hotline,村", ",,,,举报人,", ",,,,客服,地址"])
def test_a_second_row_of_a_header_beside_data_has_nothing_beside_it(load, second):
    """The first row of the header has data of the other table beside it, the second is alone."""
    header = ["备注,信息,,,", ",手机,ICCID,对方号码,时间戳"]
    above = [f",138{at:08},8986{at:016},136{at:08},16552304{at:02}" for at in range(3)]
    rows = [f"2020-06-1{at % 9},138{at + 50:08},7.161.220.{at},137{at:08},139{at:08},村" for at in range(12)]
    first = "日期,手机卡号,IP,发送号码,信息,,13800000099"
    outcome = load("a.csv", "\n".join([*header, *above, first, second, *rows]) + "\n")
    assert mobiles(outcome, 139) == 0
    assert told(outcome, "other_party") >= 12
