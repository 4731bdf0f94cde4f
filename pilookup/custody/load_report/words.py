"""The texts of a report in Chinese and English."""

from typing import Final, Literal

from pilookup.custody.intake.table_columns import ChosenBy, ColumnRole
from pilookup.identifier import Reason

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Pair = tuple[str, str]
"""A text in Chinese and in English."""


class Words:
    """The texts in one language. `words["rows"]` is the label of that key.

    Attributes:
        language: The language.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._at = LANGUAGES.index(language)

    def __getitem__(self, label: str) -> str:
        return LABELS[label][self._at]

    def pick(self, pair: Pair) -> str:
        """The text of a pair in this language."""
        return pair[self._at]


LABELS: Final[dict[str, Pair]] = {
    "title": ("导入报告", "Load report"),
    "here": ("中文", "English"),
    "dataset": ("数据集", "Dataset"),
    "made": ("生成时间（UTC）", "Made (UTC)"),
    "file_count": ("文件数", "Files"),
    "program": ("程序", "Program"),
    "stored": ("已保存。发布（publish）之后才会生效。", "Stored. It takes effect with the next publish."),
    "dry_run": ("试读：什么都没有保存。", "Dry run: nothing was stored."),
    "refused": (
        "有警告，而命令中有 --strict：什么都没有保存。",
        "There are warnings and --strict was given: nothing was stored.",
    ),
    "no_numbers": (
        "这份报告只有计数，没有任何号码、姓名或账号。",
        "This report has counts only: no number, name or account of anybody.",
    ),
    "rows": ("行", "Rows"),
    "accepted": ("接受", "Accepted"),
    "distinct": ("不重复", "Distinct"),
    "duplicates": ("重复", "Duplicates"),
    "rejected": ("拒收", "Rejected"),
    "warnings": ("警告", "Warnings"),
    "no_warnings": ("没有警告。", "There are no warnings."),
    "meaning": ("意思", "Meaning"),
    "to_do": ("怎么办", "What to do"),
    "told": ("程序的提示", "The program says"),
    "concerned": ("涉及的号码数", "Numbers concerned"),
    "by_reason": ("接受的和拒收的", "Accepted, and rejected by reason"),
    "count": ("数量", "Count"),
    "share": ("占比", "Share"),
    "by_column": ("各表各列", "By table and column"),
    "months": ("最后出现的月份", "Month last seen"),
    "months_known": ("有月份的号码", "Numbers with a month"),
    "months_unknown": ("月份不明的号码", "Numbers without a month"),
    "no_months": ("没有读到日期。", "No dates were read."),
    "repeated": ("重复的号码", "Duplicates"),
    "repeated_text": (
        "接受的号码里，第一次出现的算“不重复”，再次出现的算“重复”。",
        "Of the accepted numbers, the first of each is distinct and every other one is a duplicate.",
    ),
    "columns": ("含有号码的列", "Columns that hold numbers"),
    "no_columns": ("没有列出的列。", "None are listed."),
    "location": ("位置", "Location"),
    "table": ("表", "Table"),
    "column": ("列", "Column"),
    "header": ("表头", "Header"),
    "role": ("读作", "Read as"),
    "by": ("依据", "Chosen by"),
    "files": ("各文件", "By file"),
    "file": ("文件", "File"),
    "skipped": ("没有导入的文件", "Files left out"),
    "notes": ("说明", "Notes"),
    "more": ("另有 {count} 行没有列出；--json 列出全部。", "{count} more rows are left out; --json has them all."),
}
"""Headings and labels, by key."""

ROLES: Final[dict[ColumnRole, Pair]] = {
    ColumnRole.PHONE: ("号码", "phone"),
    ColumnRole.ACCOUNT: ("账号", "account"),
    ColumnRole.DATE: ("日期", "date"),
    ColumnRole.COUNTRY: ("国家代码", "country code"),
    ColumnRole.AREA: ("区号", "area code"),
    ColumnRole.NONE: ("没有读取", "not read"),
}

CHOSEN_BY: Final[dict[ChosenBy, Pair]] = {
    ChosenBy.GIVEN: ("命令指定", "the command"),
    ChosenBy.NAME: ("表头", "the header"),
    ChosenBy.CONTENT: ("内容", "the content"),
}

REASONS: Final[dict[str, Pair]] = {
    Reason.EMPTY: ("空的，或只有符号", "empty, or only signs"),
    Reason.NO_DIGITS: ("没有数字", "no digit"),
    Reason.TOO_SHORT: ("位数不够", "too few digits"),
    Reason.TOO_LONG: ("位数太多", "too many digits"),
    Reason.NOT_POSSIBLE: ("没有这样的号码", "no such number exists"),
    Reason.NO_AREA_CODE: ("固定电话缺区号", "landline without area code"),
    Reason.SHORT_CODE: ("服务号码", "service number"),
    Reason.IOT: ("物联网号码", "number of a device"),
    Reason.ID_CARD: ("身份证号", "identity card"),
    Reason.BANK_CARD: ("银行卡号", "bank card"),
    Reason.DATE: ("日期", "date"),
    Reason.DIGITS_LOST: ("数字已丢失", "digits lost in a spreadsheet"),
    Reason.MASKED: ("有几位被遮住", "digits hidden"),
    Reason.SEVERAL: ("几个号码分不开", "several numbers, not separable"),
    Reason.LETTERS: ("有不该有的字母或符号", "letters or signs"),
    "erased": ("以前被删除过", "erased before"),
}
"""What each reason code means, in a few words."""
