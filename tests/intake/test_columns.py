"""The choice of the phone, account and date columns, and of the row where the data start."""

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.columns import headers
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind


@pytest.mark.parametrize(
    "header",
    [
        "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式", "号码", "手机1", "手机2", "备用电话", "家长联系电话",
        "注册手机号", "手机号(必填)", "手 机", "*手机号码：", "電話", "聯絡電話", "手機號碼", "座机", "固定电话", "phone", "Phone Number",
        "phone_number", "phoneNumber", "PHONE", "mobile", "Mobile No.", "mobilePhone", "user_mobile", "msisdn", "MSISDN", "tel",
        "Tel.", "home_tel", "contactTel", "cell", "cell phone", "telephone", "phone1", "手机号 Phone", "电话/手机", "Phone (mobile)",
        "手机No", "联系电话2", "被叫号码", "本机号码", "微信号/手机号", "\ufeff手机号",
    ],
)  # fmt: skip
def test_phone_headers(header):
    assert headers.is_phone(header)


@pytest.mark.parametrize(
    "header",
    [
        "身份证号", "身份证号码", "证件号码", "卡号", "银行卡号", "QQ", "QQ号码", "姓名", "村", "手机型号", "手机品牌", "手机归属地", "电话类型",
        "是否有手机", "传真电话", "微信号", "", "phone_model", "phone type", "is_mobile", "automobile", "microphone", "hotel", "telecom",
        "excel", "cell_count", "name", "id", "phone_hash", "手机号md5", "订单号码", "13800138000", "fax",
    ],
)  # fmt: skip
def test_headers_of_other_columns(header):
    assert not headers.is_phone(header)


@pytest.mark.parametrize(
    "header",
    [
        "账号",
        "帐号",
        "平台账号",
        "用户名",
        "用户ID",
        "会员",
        "account",
        "account_id",
        "user",
        "userName",
        "uid",
        "login",
        "openid",
        "member_id",
    ],
)
def test_account_headers(header):
    assert headers.account_rank(header) is not None


@pytest.mark.parametrize("header", ["银行账号", "账号类型", "账户余额", "userphone", "手机号", "user_agent", "姓名"])
def test_headers_that_are_no_account(header):
    assert headers.account_rank(header) is None


@pytest.mark.parametrize(
    "header",
    [
        "日期",
        "时间",
        "注册时间",
        "最后登录时间",
        "date",
        "time",
        "Reg Date",
        "registered",
        "created_at",
        "lastSeen",
        "createTime",
        "timestamp",
    ],
)
def test_date_headers(header):
    assert headers.date_rank(header) is not None


@pytest.mark.parametrize(
    "header", ["出生日期", "有效期", "到期时间", "birth_date", "expire_time", "通话时长", "姓名", "dob", "time zone"]
)
def test_headers_that_are_no_date(header):
    assert headers.date_rank(header) is None


def test_the_last_seen_date_wins_over_the_registration(load):
    content = "手机,注册时间,最后登录时间\n13800138000,2023-01-01,2024-01-15\n"
    assert load("a.csv", content).months == [24 * 12 + 1]


def test_title_and_blank_rows_above_the_header(load):
    content = ",,\n2024年涉案人员名单,,\n,,\n姓名,联系电话,日期\n张三,13800138000,2024-01-15\n"
    outcome = load("a.csv", content)
    assert outcome.numbers == ["8613800138000"]
    assert outcome.report.rows == 1


def test_several_phone_columns_are_all_used(load):
    content = "姓名,手机1,手机2,备用电话\na,13800138000,,010-62345678\nb,,,\nc,13900139000,13900139000,12\n"
    outcome = load("a.csv", content)
    assert outcome.numbers == ["8613800138000", "861062345678", "8613900139000"]
    assert outcome.report.rejected.total() == 2
    assert [reject[2] for reject in outcome.rejects] == ["手机1", "备用电话"]
    assert any("occurred twice in one row" in note for note in outcome.report.notes)


def test_content_decides_without_a_known_name(load):
    content = "甲,乙,丙\n张三,440101199001011234,13800138000\n李四,440101199001011235,13900139000\n"
    outcome = load("a.csv", content)
    assert outcome.numbers == ["8613800138000", "8613900139000"]
    assert outcome.report.rows == 2


def test_content_decides_without_a_header(load):
    outcome = load("a.csv", "张三,13800138000,李家村\n李四,13900139000,王家村\n王五,12,x\n")
    assert outcome.report.rows == 3
    assert outcome.rejects[0][:3] == ["a.csv", "3", "2"]


def test_two_columns_of_numbers_are_both_read(load):
    content = "甲,乙,丙\na,13800138000,13800138001\nb,13900139000,13900139001\n"
    assert load("a.csv", content).report.accepted == 4
    outcome = load("a.csv", content, phone="丙")
    assert outcome.numbers == ["8613800138001", "8613900139001"]
    assert [(warning.code, warning.count) for warning in outcome.report.warnings] == [("unread_numbers", 2)]
    assert load("a.csv", content, phone="乙,丙").report.accepted == 4


def test_a_list_of_nothing_but_numbers_is_used_whole(load):
    assert load("a.csv", "13800138000,13800138001\n13900139000,13900139001\n").report.accepted == 4


def test_a_given_name_wins_over_other_phone_names(load):
    content = "电话,victim\n13800138000,13900139000\n"
    assert load("a.csv", content, phone="VICTIM").numbers == ["8613900139000"]
    assert load("a.csv", content, phone=" ｖictim ").numbers == ["8613900139000"]


def test_a_given_index(load):
    content = "a,13800138000,13900139000\nb,13800138001,13900139001\n"
    assert load("a.csv", content, phone="3").numbers == ["8613900139000", "8613900139001"]
    for place in ("4", "0"):  # no such column: the table is read as if none had been named
        outcome = load("a.csv", content, phone=place)
        assert outcome.report.accepted == 4
        assert {column.by for column in outcome.report.columns} == {"content"}


def test_a_given_name_that_is_not_there(load):
    outcome = load("a.csv", "手机\n13800138000\n", phone="nope")
    assert outcome.numbers == ["8613800138000"]
    assert [column.by for column in outcome.report.columns] == ["name"]


def test_a_given_index_with_a_header_nobody_knows(load):
    outcome = load("a.csv", "名单\n甲,乙\na,13800138000\nb,12\n", phone="2")
    assert outcome.report.rows == 2
    assert outcome.rejects[0][2] == "乙"


def test_a_given_column_beyond_the_header(load):
    outcome = load("a.csv", "姓名,电话\na,1,13800138000\nb,2\n", phone="3", date="1")
    assert outcome.numbers == ["8613800138000"]
    assert outcome.report.rejected == {"empty": 1}


def test_a_row_of_data_that_says_phone_is_no_header(load):
    outcome = load("a.csv", "张三,13800138000,手机\n李四,13900139000,手机\n")
    assert outcome.numbers == ["8613800138000", "8613900139000"]


def test_a_given_account_column_that_is_not_there(load):
    with pytest.raises(
        IntakeError, match="has no such column as given with --column account=; its headers are 手机, x"
    ):
        load("a.csv", "手机,x\n13800138000,1\n", Kind.MALICIOUS, account="nope")


def test_accounts_and_months_of_a_malicious_registration(load):
    content = (
        "手机号,平台账号,注册时间\n13800138000, ａbc ,2024-01-15 10:00\n13900139000,,2024/2/1\n13900139000,张三,x\n"
    )
    outcome = load("a.csv", content, Kind.MALICIOUS)
    assert outcome.accounts == [b"abc", None, "张三".encode()]
    assert outcome.months == [289, 290, 0]
    assert any("1 date could not be read" in note for note in outcome.report.notes)


def test_an_exposure_has_no_accounts(load):
    assert load("a.csv", "手机号,账号\n13800138000,abc\n").accounts == [None]


def test_given_account_and_date_columns(load):
    content = "phone,handle,when\n13800138000,abc,2024-01-15\n"
    outcome = load("a.csv", content, Kind.MALICIOUS, account="handle", date="3")
    assert (outcome.accounts, outcome.months) == ([b"abc"], [289])


def test_an_unknown_role_is_a_programming_error():
    with pytest.raises(ValueError, match="no such column role: email"):
        IntakeOptions(Kind.EXPOSURE, columns={"email": "x"})


def test_another_region(load):
    assert load("a.csv", "phone\n(650) 253-0000\n", region="US").numbers == ["16502530000"]


def test_landlines_without_their_zero_are_warned_of_if_only_their_likeness_shows_them(load):
    content = "电话,备注\n" + "".join(f"57188{i:06},x\n" for i in range(700_000, 700_300)) + "13800138000,y\n"
    outcome = load("a.csv", content)
    assert outcome.report.accepted == 301
    assert [(each.code, each.count, each.header) for each in outcome.report.warnings] == [
        ("lookalike_numbers", 300, "电话")
    ]
    assert not load("a.csv", content, phone="电话").report.warnings
    assert not load("a.csv", content.replace("电话", "座机")).report.warnings


def _accounts_under_landlines(accounts):
    """Rows with a landline that has its 0, and rows of another table whose header stands beside data."""
    rows = [f"0571-888888{at:02},13900139{at:03}" for at in range(10)]
    rows += ["用户ID,13900139900", *(f"{account},13900138{at:03}" for at, account in enumerate(accounts))]
    return "电话,手机\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize("accounts", [["2057362623", "3470596795"], ["2057362623", "1791495542"]])
def test_accounts_of_ten_digits_are_no_landlines(load, accounts):
    outcome = load("a.csv", _accounts_under_landlines(accounts))
    assert not [number for number in outcome.numbers if number.endswith(accounts[0])]
    assert {reject[-1] for reject in outcome.rejects} == {"用户ID", *accounts}


def test_landlines_with_and_without_their_zero(load):
    outcome = load("a.csv", _accounts_under_landlines(["57188888890", "57188888891"]))
    assert {"8657188888890", "8657188888891"} <= set(outcome.numbers)


def test_digits_alone_are_no_landlines_if_the_first_rows_have_none(load):
    text = "电话\n" + "".join(f"0571-88888{at:03}\n" for at in range(300)) + "2057362623\n"
    outcome = load("a.csv", text)
    assert outcome.report.accepted == 300
    assert [reject[-2:] for reject in outcome.rejects] == [["no_area_code", "2057362623"]]


def test_a_header_beside_data_names_somebody_else(load):
    numbers = [f"13600136{at:03}" for at in range(20)]
    rows = [f"1380013{at:04},{cell}" for at, cell in enumerate([*["好"] * 6, "快递员手机", *numbers])]
    text = "手机,备注\n" + "\n".join(rows) + "\n"
    outcome = load("a.csv", text)
    assert outcome.report.accepted == 27
    assert [(each.code, each.column, each.count) for each in outcome.report.warnings] == [("other_party", 2, 20)]
    assert load("b.csv", text.replace("快递员手机", "手机")).report.accepted == 47


def test_a_header_beside_data_names_somebody_else_where_the_columns_change(load):
    rows = [f"1380013{at:04},好,," for at in range(6)]
    rows += ["13700137000,好,快递员手机,单号", *(f",,13600136{at:03},SF{at:09}" for at in range(20))]
    outcome = load("a.csv", "手机,备注,单位,王杰\n" + "\n".join(rows) + "\n")
    assert len(outcome.numbers) == 7
    assert sum(each.count for each in outcome.report.warnings if each.code == "other_party") == 20


def test_a_name_beside_data_is_no_header_without_a_number_under_it(load):
    rows = [f"138{at:08},{label},打13900139{at:03}" for at, label in enumerate(["快递员手机", "客服电话", "本人"] * 3)]
    outcome = load("a.csv", "手机,类型,内容\n" + "\n".join(rows) + "\n")
    assert {str(each.code) for each in outcome.report.warnings} == {"unread_numbers"}
    assert outcome.report.accepted == 9


@pytest.mark.parametrize(("labels", "told"), [("手机,,", 30), ("手机,村,备注", 10)])
def test_a_column_of_another_party_goes_on_under_a_header_without_a_label_for_it(load, labels, told):
    first = [f"1380013{at:04},好,13600136{at:03}" for at in range(10)]
    second = [f"1380014{at:04},好,13600137{at:03}" for at in range(20)]
    outcome = load("a.csv", "\n".join(["电话,村,客服电话", *first, labels, *second]) + "\n")
    assert sum(each.count for each in outcome.report.warnings if each.code == "other_party") == told
    assert len([number for number in outcome.numbers if number.startswith("86136")]) == 30 - told


OTHERS_HEADERS = [
    *(
        "派件员电话",
        "派送员手机",
        "揽件员",
        "司机电话",
        "送货人手机",
        "操作员电话",
        "制表人电话",
        "采集人手机",
        "受理人电话",
        "接警人",
    ),
    *(
        "值班电话",
        "侦查员手机",
        "取证人",
        "联络员",
        "网格员电话",
        "坐席号码",
        "话务员",
        "外显号码",
        "催收员手机",
        "店长手机",
        "物业电话",
    ),
    *(
        "医院电话",
        "班主任手机",
        "网吧电话",
        "rider_phone",
        "driver_mobile",
        "operator phone",
        "staff_phone",
        "store_phone",
    ),
]
IDENTIFIER_HEADERS = [
    *(
        "合同号",
        "票据号",
        "终端号",
        "开户账号",
        "设备号",
        "批次号",
        "学号",
        "reqid",
        "request_id",
        "traceId",
        "device_id",
        "session_id",
    ),
    *("msgid", "seq", "sn", "uin", "gid", "goods_id", "contractId"),
]


@pytest.mark.parametrize("header", OTHERS_HEADERS)
def test_phones_of_those_who_work_with_the_people_in_the_rows_are_told(load, header):
    rows = [f"张三,138{at:08},139{at:08}" for at in range(12)]
    outcome = load("a.csv", "\n".join([f"姓名,手机,{header}", *rows]) + "\n")
    assert sorted(outcome.numbers) == [f"86138{at:08}" for at in range(12)]
    assert [(str(each.code), each.count) for each in outcome.report.warnings] == [("other_party", 12)]


@pytest.mark.parametrize("header", IDENTIFIER_HEADERS)
def test_identifiers_that_look_like_mobiles_are_not_read_beside_phones(load, header):
    rows = [f"138{at:08},139{at:08}" for at in range(12)]
    outcome = load("a.csv", "\n".join([f"手机,{header}", *rows]) + "\n")
    assert sorted(outcome.numbers) == [f"86138{at:08}" for at in range(12)]
    assert [(each.column, each.count) for each in outcome.report.warnings] == [(2, 12)]


@pytest.mark.parametrize("owner", ["业务号码", "用户号码", "电话号码", "手机号码", "查询号码", "MSISDN", "己方号码"])
@pytest.mark.parametrize("peer", ["对方号码", "对端号码", "通话号码"])
@pytest.mark.parametrize("owners", [1, 3, 5])
def test_the_phones_that_calls_were_made_with_are_told(load, owner, peer, owners):
    """There are few of them, in many rows."""
    rows = [f"138{at % owners:08},139{at:08},主叫" for at in range(40)]
    outcome = load("a.csv", "\n".join([f"{owner},{peer},呼叫类型", *rows]) + "\n")
    assert sorted(outcome.numbers) == [f"86139{at:08}" for at in range(40)]
    assert [(each.column, each.count) for each in outcome.report.warnings] == [(1, 40)]


@pytest.mark.parametrize("owner", ["用户号码", "手机号码"])
def test_phones_of_many_people_beside_the_other_side_are_read(load, owner):
    rows = [f"138{at:08},139{at:08},主叫" for at in range(40)]
    outcome = load("a.csv", "\n".join([f"{owner},对方号码,呼叫类型", *rows]) + "\n")
    assert len(outcome.numbers) == 80


@pytest.mark.parametrize(
    "other",
    ["购买人电话", "买家手机", "推广人手机", "上级代理电话", "邀请人手机号", "收货人电话", "buyer_phone", "号商手机"],
)
def test_a_phone_of_another_does_not_stand_for_a_missing_registered_number(load, other):
    rows = [f"a{at},{'' if at % 3 else f'138{at:08}'},139{at:08}" for at in range(12)]
    outcome = load("a.csv", "\n".join([f"账号,注册手机号,{other}", *rows]) + "\n", kind=Kind.MALICIOUS)
    assert sorted(outcome.numbers) == [f"86138{at:08}" for at in range(0, 12, 3)]
    assert outcome.report.rejected.total() + sum(each.count for each in outcome.report.warnings) >= 12


@pytest.mark.parametrize("registered", ["reg_phone", "regMobile", "REG_TEL", "reg phone number", "register_mobile"])
@pytest.mark.parametrize("other", ["phone", "bind_phone", "mobile"])
def test_a_registered_number_by_a_short_name(load, registered, other):
    rows = [f"a{at},139{at:08},138{at:08}" for at in range(12)]
    outcome = load("a.csv", "\n".join([f"user,{other},{registered}", *rows]) + "\n", kind=Kind.MALICIOUS)
    assert sorted(outcome.numbers) == [f"86138{at:08}" for at in range(12)]
