"""What each warning means and what to do about it, in Chinese and English."""

from dataclasses import dataclass
from typing import Final

from pilookup.custody.intake.load_warning import WarningCode


@dataclass(frozen=True, slots=True)
class Advice:
    """The texts of one warning: what it means, and what to do."""

    meaning_zh: str
    meaning_en: str
    to_do_zh: str
    to_do_en: str


ADVICE: Final[dict[WarningCode, Advice]] = {
    WarningCode.UNREAD_NUMBERS: Advice(
        meaning_zh="没有读取的单元格里，或被拒收的单元格里，有手机号码。",
        meaning_en="There are mobile numbers in cells that were not read, or that were rejected.",
        to_do_zh=(
            "如果是行中当事人的号码：用 --column phone=列名 读取这一列；在文字里的，用 --scan-text。如果是别人的号码"
            "：用 --not-column 列名 排除。"
        ),
        to_do_en=(
            "If they belong to the people in the rows, read the column with --column phone=NAME, or numbers in text "
            "with --scan-text. If they belong to somebody else, leave the column out with --not-column NAME."
        ),
    ),
    WarningCode.CONSTANT_COLUMN: Advice(
        meaning_zh="几乎整列都是同一个号码（机主、热线或承办人的），所以没有读取。",
        meaning_en=(
            "One number fills nearly the whole column (the owner of the phone, a hotline, an officer), so it was not "
            "read."
        ),
        to_do_zh=(
            "在原文件里看它是谁的。不是当事人的：用 --not-column 列名 排除。是当事人的：用 --column phone=列名 读取。"
        ),
        to_do_en=(
            "Look in the source whose it is. If it is not one of the people in the rows, give --not-column NAME. If "
            "it is, give --column phone=NAME."
        ),
    ),
    WarningCode.OTHER_PARTY: Advice(
        meaning_zh="表头或标题说这一列是别人的号码（民警、卖家、客服、快递员等，或可能是嫌疑人本机的），所以没有读取。",
        meaning_en=(
            "The header or title names somebody else than the people in the rows (an officer, a seller, a courier, or "
            "the suspect's own phone), so the column was not read."
        ),
        to_do_zh=(
            "确实是别人的：用 --not-column 列名 排除。其实是当事人的：用 --column phone=列名 读取。公布之后不能收回，"
            "请先看清楚。"
        ),
        to_do_en=(
            "If that is right, give --not-column NAME. If they are the people in the rows after all, give --column "
            "phone=NAME. What is published cannot be taken back, so look first."
        ),
    ),
    WarningCode.FREQUENT_NUMBER: Advice(
        meaning_zh="有一个号码占了百分之一以上的行（不满一万行的文件：一半以上）。它已被读取。",
        meaning_en=(
            "One number fills more than one row in a hundred (in a file of less than 10,000 rows: more than half). It "
            "was read."
        ),
        to_do_zh=(
            "在原文件里找出这个号码。如果是热线、商家、承办人或机主的：不读那一列（--not-column），或者导入后用 "
            "pilookup erase 删除它。"
        ),
        to_do_en=(
            "Find the number in the source. If it belongs to a hotline, a shop, an officer or the owner of the "
            "phone, leave its column out with --not-column NAME, or remove the number after the load with pilookup "
            "erase."
        ),
    ),
    WarningCode.OTHER_PHONE_COLUMNS: Advice(
        meaning_zh="表里还有别的号码列。账号不是用那些号码注册的，所以没有读取。",
        meaning_en=(
            "The table has other phone columns. The accounts were not registered on those numbers, so they were not "
            "read."
        ),
        to_do_zh="账号是用那一列注册的：用 --column phone=列名 读取。不是：用 --not-column 列名 排除。",
        to_do_en=(
            "If the accounts were registered on one of them, give --column phone=NAME. If not, give --not-column NAME."
        ),
    ),
    WarningCode.LOOKALIKE_NUMBERS: Advice(
        meaning_zh=(
            "这些数字像固定电话，但也可能是账号、订单号或境外号码；带 +1 的像北美号码，但也可能是多写了加号的手机号。"
        ),
        meaning_en=(
            "These look like landlines, but may be account numbers, order numbers or numbers of another country; those "
            "with +1 look like numbers of North America, but may be mainland mobiles with a plus sign too many."
        ),
        to_do_zh=(
            "在原文件里看这一列。不是电话：用 --not-column 列名 排除。是境外号码：用 --region，例如 --region HK。是电"
            "话：用 --column phone=列名 确认。加号多余：在副本里去掉加号，再导入。"
        ),
        to_do_en=(
            "Look at the column in the source. If it has no phone numbers, give --not-column NAME. If they are from "
            "another country, give --region, such as --region HK. If they are phones, confirm it with --column "
            "phone=NAME. If the plus signs are wrong, take them away in a copy and load that."
        ),
    ),
    WarningCode.LAYOUT_CHANGED: Advice(
        meaning_zh="从某一行起，列和上面不一样，而中间没有新的表头。",
        meaning_en="From some row on, the columns are not those of the rows above, without a header in between.",
        to_do_zh="在原文件里看那个位置。把它拆成两个文件，各自加上表头，再分别导入。",
        to_do_en="Look at that place in the source. Make two files of it, each with a header, and load them.",
    ),
    WarningCode.HIDDEN_SHEET: Advice(
        meaning_zh="有隐藏的工作表，没有读取。",
        meaning_en="A hidden sheet was not read.",
        to_do_zh="先在表格软件里取消隐藏看一看。要读取：用 --hidden-sheets。",
        to_do_en="Unhide it in a spreadsheet program and look at it. To read it, give --hidden-sheets.",
    ),
    WarningCode.MEMBER_SKIPPED: Advice(
        meaning_zh="压缩包里有的文件不是表格（照片、文档等），没有读取。",
        meaning_en="Members of the archive are no tables (photos, documents), and were not read.",
        to_do_zh="打开看一看有没有号码。有的话，把它存成 CSV 或 XLSX 再导入。",
        to_do_en="Open them and see whether they hold numbers. If so, save them as CSV or XLSX and load those.",
    ),
    WarningCode.BAD_BYTES: Advice(
        meaning_zh="文件里有不符合其编码的字节（损坏，或混用两种编码）。",
        meaning_en="The file has bytes that are not text in its encoding: it is damaged, or has two encodings.",
        to_do_zh="重新拷贝文件；仍然如此，就用文本编辑器另存为 UTF-8 再导入。",
        to_do_en="Copy the file again. If that does not help, save it as UTF-8 in a text editor and load that.",
    ),
    WarningCode.DIGITS_LOST: Advice(
        meaning_zh="表格软件把号码变成了 1.38E+10 之类，后面的数字已经丢失。",
        meaning_en="A spreadsheet rounded these numbers (1.38E+10). The last digits are lost.",
        to_do_zh="找没有被表格软件另存过的原始文件。",
        to_do_en="Get the file as it was before it was saved in a spreadsheet.",
    ),
}
