"""Whether a table is a list of officers, by the title directly above it or by its header."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns.header_rows import Rows, filled_cells, is_header_row, names_phone
from pilookup.custody.intake.columns.judge import digit_count
from pilookup.custody.intake.columns.other_labels import names_listed

_MAX_TITLE: Final = 40
_LEAST_DIGITS: Final = 7
_NUMBERING: Final = (
    r"(?:(?:附件|附|表)?[一二三四五六七八九十\d]{0,3}[、.:)）\s]+|[(（][一二三四五六七八九十\d]{1,3}[)）])?\s*"
)
_OFFICERS: Final = (
    r"(?:(?:主办|协办|承办|办案|值班|执勤|带班|责任|社区|驻村|出警|侦查|专案组|本案|参与|联系)*"
    r"(?:民警|警官|警员|辅警|片警|(?:办案|侦查|承办|经办|取证)(?:人员|人|员)|(?:专案组|工作组)成员|(?:犯罪)?嫌疑人(?!.*(?:手机|通讯录|通话|联系人|微信|短信|电脑|话单))|嫌犯|网格员|客服(?:人员|员)?"
    r"|快递员|业务员|值班领导|带班领导|(?:涉案|在逃|(?:已)?抓获)人员|见证人|联络员|(?:社区|村)干部|反诈(?:中心)?(?:人员|专班)|工作专班|专班成员"
    r"|(?:派出所|银行|网点|运营商)联系人))"
)
_WHAT: Final = (
    r"(?:(?:姓名|联系|联络|通讯|值班|基本)?(?:电话|方式|号码|手机|人员?|信息)?"
    r"(?:名单|名册|花名册|一览表?|清单|明细表?|登记表|信息表?|通讯录|联系表|统计表|值班表|表|录)?)"
)
_OF_OFFICERS: Final = re.compile(
    rf"{_NUMBERING}(?:[\u3400-\u9fff]{{0,14}}?(?:派出所|大队|中队|支队|分局|公安局|警务室|专案组|本所|我所)的?)?"
    rf"{_OFFICERS}(?:[及和与、]{_OFFICERS})*(?![:(]){_WHAT}\s*(?:\(.*\))?:?"
    r"|(?:police |case )?officers?(?: in charge)?(?:'s?)?(?: (?:contacts?|phones?|numbers?|list|details))*:?",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(
    r".*(?:名单|名册|一览|清单|明细|表|信息|通讯录|list|contacts?)\s*(?:[(（].*[)）])?[:：]?", re.IGNORECASE
)
_PLACES: Final = (
    re.compile(r" sheet (.+)\Z"),
    re.compile(r"\.\w{2,7} (\S+)\Z"),
    re.compile(r"/([^/]+?)\.\w{2,5}\Z"),
)
"""Where in a location the name of a sheet, of a table and of a member stands."""
_TABLE_OF_OTHERS: Final = re.compile(
    r"(?:t_|tb_|tbl_|sys_|app_)*(?:admins?|administrators?|staffs?|customer_?services?|kefu|officers?|police)"
    r"(?:_?(?:users?|infos?|lists?|accounts?|phones?))?|(?:业务员|管理员|工作人员|骑手|配送员)(?:名单|名册|信息|表|通讯录|联系方式|联系表)*"
    r"|read_?me|(?:使用|数据|购买|文件)?(?:说明|须知|必读|必看)|售后(?:服务|说明)?|联系我们|(?:contact|about)_?us",
    re.IGNORECASE,
)
_BADGE: Final = re.compile(r"\s*(?:警号|警员编号|警官证号?|警衔|badge (?:no|number)\.?)\s*", re.IGNORECASE)
_OFFICER: Final = re.compile(r"民警|警官|警员|承办|办案|经办|officer", re.IGNORECASE)


def is_of_officers(above: Rows, labels: Sequence[str]) -> bool:
    """Whether a table is a list of officers.

    Its title, a row of one cell directly above it, says so; or its header has badge numbers, which are not of an
    officer named beside the person of each row.

    Args:
        above: The rows above its header, or above its first number without one.
        labels: The labels of its columns.
    """
    for row in reversed(above):
        if not is_title(row):
            break
        if names_officers(row):
            return True
    officer = next((at for at, label in enumerate(labels) if _OFFICER.search(label)), None)
    if officer is not None and (any(map(names_listed, labels)) or any(map(names_phone, labels[:officer]))):
        return False
    return any(map(_BADGE.fullmatch, labels))


def is_place_of_others(location: str) -> bool:
    """Whether a sheet, a table of a database or a member of an archive is named after others: 民警, sys_admin.

    The name of a file that is loaded by itself says nothing.
    """
    name = next((found[1] for pattern in _PLACES if (found := pattern.search(location)) is not None), "")
    return names_officers([name]) or _TABLE_OF_OTHERS.fullmatch(name.strip()) is not None


def is_title(row: Sequence[str]) -> bool:
    """Whether a row may be a title: one short cell without a number, and no header of one column."""
    filled = [cell for cell in row if cell.strip()]
    if filled_cells(row) != 1 or len(filled[0]) > _MAX_TITLE or digit_count(filled[0]) >= _LEAST_DIGITS:
        return False
    return names_officers(row) or not is_header_row(row)


def names_officers(row: Sequence[str]) -> bool:
    """Whether the only cell of a row is the title of a list of officers, such as 办案民警联系表."""
    filled = [unicodedata.normalize("NFKC", cell).strip() for cell in row if cell.strip()]
    return len(filled) == 1 and len(filled[0]) <= _MAX_TITLE and _OF_OFFICERS.fullmatch(filled[0]) is not None


def names_list(row: Sequence[str]) -> bool:
    """Whether a row is the title of a list of other people, such as 被害人名单."""
    return is_title(row) and not names_officers(row) and any(_TITLE.fullmatch(cell.strip()) for cell in row)
