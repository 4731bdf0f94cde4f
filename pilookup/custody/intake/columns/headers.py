"""Header cells in Chinese and English: whether one names a phone, account or date column."""

import re
import unicodedata

_BRACKETS = re.compile(r"[(\[{<（【《「].*?[)\]}>）】》」]")
_ALTERNATIVES = re.compile(r"[/、,，;；|&\n]|或|和")
_NOISE = re.compile(r"[\s_\-*:：.#'\"?!]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z]+")
_ORDINAL = re.compile(r"[\d一二三四五]{0,2}$")

_ZH_PHONE = re.compile(
    r"(?:(?!是否|有无|传真)[^\d]){0,12}?"
    r"(?:手机|手機|电话|電話|移动电话|联系方式|[联聯](?:系|繫|絡|络)方式|座机|固话|宅电)[号號]?[码碼]?"
    r"|(?:注册|联系|主叫|被叫|本机|对方|用户|移动|通话|绑定|受害人|登录)?(?:号码|號碼)"
)
_EN_PHONE = re.compile(
    r"(?!auto|micro|head|smart|ear|is[a-z]|has|verif|no)[a-z]{0,20}"
    r"(?:phone|mobile|msisdn|telephone)(?:numbers?|nums?|nos?|nr)?"
)
_EN_PHONE_LAST = frozenset({"tel", "cell", "mob", "hp", "phone", "mobile", "msisdn", "telephone", "cellphone"})
_EN_NUMBER = frozenset({"number", "numbers", "num", "no", "nr"})
_EN_NOT_PHONE = frozenset({"is", "has", "verified", "type", "model", "hash", "auto", "smart", "fax", "brand"})

_ZH_ACCOUNT = (
    re.compile(r"(?!.*(?:银行|收款|对公|开户|卡))[^\d]{0,10}(?:账号|帐号|賬號|帳號)(?:名|名称|id)?"),
    re.compile(
        r"(?!.*(?:银行|收款|对公|开户|卡|余额))[^\d]{0,10}(?:用户名|用户id|用户编号|用户标识|登录名|登陆名|会员名|会员id|会员号|会员编号|会员|用戶名|會員)"
    ),
    re.compile(r"(?!.*(?:银行|收款|对公|开户|卡|余额))[^\d]{0,10}(?:账户|帐户|賬戶|帳戶)(?:名|名称|id)?"),
)
_EN_ACCOUNT = (
    re.compile(r"[a-z]{0,12}(?:account|acct)(?:name|id|no|number|num)?|(?:open|union)id"),
    re.compile(r"(?:user|login|member)(?:name|id|no|number|num)?|uid|loginname"),
)

_ZH_DATE = re.compile(
    r"(?!.*(?:出生|生日|有效|到期|截止|失效|过期|签发|打印|导出|时长))[^\d]{0,12}(?:日期|时间|時間|年月|月份)"
)
_EN_DATE = re.compile(
    r"[a-z]{0,20}(?:date|time|datetime|timestamp)|(?:[a-z]{0,10}(?:registered|created|updated|login|seen))(?:at|on|dt)"
    r"|registered|created|updated|month|(?:last)?seen|lastlogin"
)
_EN_NOT_DATE = frozenset(
    {"birth", "birthdate", "dob", "expire", "expiry", "expires", "expiration", "valid", "print", "export", "zone", "up"}
)
_LAST_SEEN = re.compile(r"最后|最近|末次|last|latest|seen")
_ACTIVE = re.compile(r"登录|登陆|活跃|使用|login|active|update")

_NOT_BY_CONTENT = re.compile(
    r"身份证|证件|卡号|银行|qq|微信|金额|余额|日期|时间|时刻|编号|序号|imei|imsi|iccid|订单|流水|邮编|年龄|生日|出生"
    r"|idcard|idno|idnumber|passport|bank|card|zip|postcode|birth|date|time|amount|balance|order|serial|wechat|fax|传真"
)


def is_phone(header: str) -> bool:
    """Whether a header cell names a phone column. Of several names, as in "电话/手机", one is enough."""
    return any(
        _alternative_is_phone(alternative)
        for alternative in _ALTERNATIVES.split(_without_brackets(header))
        if alternative.strip()
    )


def account_rank(header: str) -> int | None:
    """How well a header cell names an account column, 0 being best; None if it does not name one."""
    text = _compact(header)
    patterns = _ZH_ACCOUNT if _HAN.search(text) else _EN_ACCOUNT
    return next((rank for rank, pattern in enumerate(patterns) if pattern.fullmatch(text)), None)


def date_rank(header: str) -> int | None:
    """How well a header cell names the date on which a row was last seen, 0 being best.

    None for other dates, such as a date of birth or of expiry, and for a header that names no date.
    """
    text = _compact(header)
    if _HAN.search(text):
        if not _ZH_DATE.fullmatch(text):
            return None
    elif not _EN_DATE.fullmatch(text) or _EN_NOT_DATE & set(_words(header)):
        return None
    if _LAST_SEEN.search(text):
        return 0
    return 1 if _ACTIVE.search(text) else 2


def is_not_phone(header: str) -> bool:
    """Whether a header cell names something else than a phone, so that the column is not examined by content."""
    return bool(_NOT_BY_CONTENT.search(_compact(header)))


def is_named(header: str, given: str) -> bool:
    """Whether a header cell is the name the operator gave, ignoring full or half width, case and surrounding space."""
    return _casefolded(header) == _casefolded(given)


def _casefolded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().strip("\ufeff").casefold()


def _without_brackets(header: str) -> str:
    return _BRACKETS.sub("", unicodedata.normalize("NFKC", header)).strip()


def _compact(header: str) -> str:
    return _ORDINAL.sub("", _NOISE.sub("", _without_brackets(header))).casefold()


def _words(header: str) -> list[str]:
    return _WORD.findall(_CAMEL.sub(" ", _without_brackets(header)).casefold())


def _alternative_is_phone(alternative: str) -> bool:
    text = _compact(alternative)
    if len(text) > 40:
        return False
    if not _HAN.search(text):
        return _english_phone(alternative)
    english = "".join(_WORD.findall(text))
    chinese = _WORD.sub("", text)
    if english and english not in _EN_NUMBER and not _english_phone(english):
        return False
    return bool(_ZH_PHONE.fullmatch(chinese))


def _english_phone(alternative: str) -> bool:
    words = _words(alternative)
    if not words or _EN_NOT_PHONE & set(words):
        return False
    if _EN_PHONE.fullmatch("".join(words)):
        return True
    while len(words) > 1 and words[-1] in _EN_NUMBER:
        words.pop()
    return words[-1] in _EN_PHONE_LAST or words[-1] in {"telno", "cellno"}
