"""Labels of officers, of who made a list, of services and of the owner of a phone, in cells of their own."""

import re
import unicodedata
from typing import Final

from pilookup.custody.intake.columns import headers

MAX_LABEL: Final = 24
"""A longer cell is no label."""
_TITLE: Final = (
    "(?:民警|警官|警员|辅警|片警|交警|警长|所长|副所长|教导员|指导员|大队长|中队长|探长|老师|班主任|领导|组长)"
)
_NAMED: Final = re.compile(
    rf"{_TITLE}[:\s]?(?P<name>\D{{2,4}})|(?P<name_first>\D{{2,4}}?)\s?[(]?{_TITLE}[)]?"
    r"|(?:值班|带班|分管|责任|主管)领导(?::.*)?"
)
"""An officer or a teacher with the title and the name in one cell."""
_EXAMPLE: Final = re.compile(
    r"(?:责任|社区|驻村|包片|分管)(?:民警|警官)|(?:填写|填表)?(?:示例|样例|范例|举例)(?:行|数据)?|(?:犯罪)?嫌疑人(?::.*)?|嫌犯"
)
_TASK: Final = (
    "(?:制表|填表|填报|制单|编制|统计|汇总|报送|上报|录入|审核|复核|审批|校对|经办|承办|经手|办案|主办|协办|侦办|取证|勘验|检验|鉴定|提取"
    "|值班|接警|出警)"
)
_SIGNED: Final = "(?:签字|签名|签章|盖章)"
_OFFICER: Final = "(?:民警|警官|警员|辅警|交警)"
_STATE: Final = "(?:已|未|待|不|是|否|无|通过|合格|完成|成功|失败)"
_AUTHOR: Final = re.compile(
    rf"[^\d:]{{0,8}}?(?:{_TASK}(?:人|者|{_OFFICER}|单位|部门)|(?:{_OFFICER}|{_TASK}){_SIGNED})"
    rf"(?:{_SIGNED}|姓名|联系人)?(?P<rest>.*)"
    rf"|(?:{_TASK}(?:人?员)?|{_OFFICER}|{_SIGNED}|客服):(?!{_STATE}).*"
    r"|(?:prepared|filled in|checked|approved) by\b.*|(?:case|duty|investigating) officer\b.*",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(
    rf"\D{{0,8}}?(?:{_OFFICER}|{_TASK}人?员|客服|热线|咨询|监督|举报|技术支持|机主|骗子|群主|快递员"
    r"|owner|police|officer|hotline|customer service)"
    rf"(?:人员|员|姓名|名称|联系人|{_SIGNED}|QQ|微信)?(?P<rest>.*)"
    r"|\D{0,12}(?:派出所|公安局|分局|警务室|刑警队|反诈中心|police station)(?::.*)?",
    re.IGNORECASE,
)
_HOTLINE: Final = re.compile(r"\D{0,10}热线:?|\D{0,20}hotline:?", re.IGNORECASE)
_LISTED: Final = "(?:受害|被害|当事|涉案|报案|报警|监护|担保|借款|收件)人|失主|家属|用户|客户|会员"
_PERSON: Final = re.compile(
    rf"(?:姓名|名字|户名|{_LISTED}|(?:full |first |last )?name)(?:姓名|名称)?(?::.*)?", re.IGNORECASE
)
_OF_LISTED: Final = re.compile(rf"{_LISTED}|事主|本人|victim|customer|\buser", re.IGNORECASE)
_MAKER: Final = re.compile(r"(?!联系|本)[^\d:]{1,6}[人者方]:")
_MAY_NAME_ZH: Final = (
    "骗子|群主|快递员|反诈中心|示例|样例|范例|举例|嫌疑人|嫌犯|警长|所长|教导员|指导员|大队长|中队长|探长|老师|班主任|领导|组长|派出所|公安局|分局|警务室|刑警|客服|热线|咨询|监督|举报|投诉|服务|技术支持|疑问|问题|请联|请致|请拨"
    "|人:|人：|机主|本机|本方"
)
_MAY_NAME_EN: Final = ("officer", "police", "hotline", "service", "support", "owner", " by")
MAY_NAME: Final = re.compile(
    "|".join(
        [
            *(words.removeprefix("(?:").removesuffix(")") for words in (_TASK, _SIGNED, _OFFICER)),
            _MAY_NAME_ZH,
            *(f"{word}|{word.capitalize()}|{word.title()}|{word.upper()}" for word in _MAY_NAME_EN),
        ]
    )
)
"""Words of which one is in every such label. A whole text is searched: flags and groups slow it down."""


def names_author(cell: str) -> bool:
    """Whether a cell is a label that is hardly ever data: of who made, checked or signed a list, or handles the case.

    It may have the name of that person, as in 制表：NAME and 民警 NAME. The label of an example or a suspect is one
    too.
    """
    return _is_label(_AUTHOR, cell) or _is_named(cell)


def names_role(cell: str) -> bool:
    """Whether a cell is a label of an officer, a service, a station or an owner that may be data too: an occupation."""
    return _is_label(_ROLE, cell)


def names_listed(cell: str) -> bool:
    """Whether a cell is a label of a person of the list, such as 姓名."""
    return _PERSON.fullmatch(_plain(cell)) is not None


def names_phone_of_listed(label: str) -> bool:
    """Whether a label of phones says that they are of a person of the list, such as 受害人电话."""
    return _OF_LISTED.search(label) is not None


def names_hotline(cell: str) -> bool:
    """Whether a cell is a label of the number of a service that does not say that it is one, such as 客服热线."""
    return _HOTLINE.fullmatch(_plain(cell)) is not None


def begins_with_maker(cell: str) -> bool:
    """Whether a cell begins with a label such as 发送人：, of who made a list, and not of a person of it."""
    label = _MAKER.match(_plain(cell))
    return label is not None and _PERSON.fullmatch(label[0]) is None


def names_phone_of_other(label: str) -> bool:
    """Whether a label of phones says that they are of an officer, a service, another party or the owner of a phone."""
    return headers.is_other_party(label) or headers.names_office(label) or headers.is_owner(label)


def _is_label(pattern: re.Pattern[str], cell: str) -> bool:
    text = _plain(cell)
    found = pattern.fullmatch(text) if len(text) <= MAX_LABEL else None
    return found is not None and _ends_label(found.groupdict().get("rest") or "")


def _is_named(cell: str) -> bool:
    """Whether a cell is a title with the name of a person, or the label of an example or a suspect."""
    if len(cell) > MAX_LABEL or not MAY_NAME.search(cell):
        return False
    text = _plain(cell)
    if _EXAMPLE.fullmatch(text):
        return True
    found = _NAMED.fullmatch(text)
    if found is None:
        return False
    name = found["name"] or found["name_first"]
    return name is None or headers.is_person(name.strip(" :"))


def _ends_label(rest: str) -> bool:
    """Whether what stands behind a label is nothing, a value behind a colon, or the name of a person."""
    return not rest or rest.startswith(":") or headers.is_person(rest)


def _plain(cell: str) -> str:
    return re.sub(r"\s*([:：])\s*", ":", unicodedata.normalize("NFKC", cell[: MAX_LABEL * 2])).strip()
