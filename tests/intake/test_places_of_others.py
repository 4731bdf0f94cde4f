"""Sheets, tables of databases and members of archives that are named after others are told and not read."""

import io
import json
import zipfile

import pytest
import xlsxwriter

from pilookup.errors import NoNumbersError

OTHERS = ["民警", "办案民警", "客服", "业务员", "网格员名单", "管理员", "嫌疑人", "快递员"]
TABLES = ["sys_admin", "t_staff", "customer_service", "admins", "admin_user", "officers"]
OF_THE_LIST = [
    "受害人",
    "客户",
    "民警走访受害人名单",
    "嫌疑人手机通讯录",
    "嫌疑人手机联系人",
    "快递员被骗名单",
    "Sheet1",
    "user",
    "t_member",
    "administration",
]


def rows(start):
    return [["姓名", "手机号"], *([f"某{at}", f"138{start + at:08}"] for at in range(4))]


def book(names):
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as workbook:
        for at, name in enumerate(names):
            sheet = workbook.add_worksheet(name)
            for line, row in enumerate(rows(100 * at)):
                sheet.write_row(line, 0, row)
    return data.getvalue()


def text(start):
    return "\n".join(",".join(row) for row in rows(start)) + "\n"


def archive(names):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for at, name in enumerate(names):
            packed.writestr(f"{name}.csv", text(100 * at))
    return data.getvalue()


def dump(names):
    return "".join(
        f"INSERT INTO `{name}` (name, phone) VALUES ('a', '138{100 * at + i:08}');\n"
        for at, name in enumerate(names)
        for i in range(4)
    )


def document(names):
    return json.dumps(
        {name: [{"name": "a", "phone": f"138{100 * at + i:08}"} for i in range(4)] for at, name in enumerate(names)}
    )


def assert_told(outcome, stored, told):
    assert sorted(outcome.numbers) == [f"86138{100 * at + i:08}" for at in stored for i in range(4)]
    assert sum(warning.count for warning in outcome.report.warnings if warning.code == "other_party") == told


@pytest.mark.parametrize("name", OTHERS)
def test_sheets_and_members(load, name):
    for file, make in (("a.xlsx", book), ("a.zip", archive)):
        assert_told(load(file, make(["客户", name, "用户"])), (0, 2), 4)


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_dumps_and_documents(load, name):
    for file, make in (("a.sql", dump), ("a.json", document)):
        assert_told(load(file, make(["user", name])), (0,), 4)


@pytest.mark.parametrize("name", OF_THE_LIST)
def test_other_names(load, name):
    for file, make in (("a.xlsx", book), ("a.zip", archive), ("a.sql", dump), ("a.json", document)):
        assert_told(load(file, make([name, "用户"])), (0, 1), 0)


@pytest.mark.parametrize("name", [*OTHERS, *TABLES])
def test_the_name_of_a_file_by_itself_says_nothing(load, name):
    assert len(load(f"{name}.csv", text(0)).numbers) == 4


def test_only_others_are_refused_with_the_remedy(load):
    with pytest.raises(NoNumbersError, match="other_party"):
        load("a.xlsx", book(["民警"]))


@pytest.mark.parametrize("title", ["嫌疑人手机通讯录", "嫌疑人通话对象", "犯罪嫌疑人微信好友"])
@pytest.mark.parametrize("rows", ["138{:08}", "某,138{:08}", "1,某,138{:08}"])
def test_the_contacts_of_a_suspect_are_people_of_the_list(load, title, rows):
    text = f"{title}\n" + "".join(rows.format(at) + "\n" for at in range(9))
    assert len(load("a.csv", text).numbers) == 9
