"""What people write around a number: words, parameters, extensions, fractions from spreadsheets (rules 5 to 11).

Every pattern runs on a text of at most 100 characters, and no pattern nests a repeat in another repeat over the same
characters, so the time is bounded.
"""

import re

from pilookup.identifier.characters import trim
from pilookup.identifier.reason import Reason

_CHINESE = (
    "联系人|联系|联络|聯絡|聯繫|手机|手機|电话|電話|移动|固定|固话|座机|家庭|家里|单位|办公|工作|本人|本机|个人|常用|备用|紧急"
    "|注册|绑定|预留|收货人|客户|用户|机主|户主|号码|號碼|号|方式|主叫|被叫|热线|传真|微信同号|同微信"
)
_OTHER = (
    "telephone|telefon|tel|phone|mobile|mob|cell|contact|number|num|no|ph|hp|fax|call|home|work|office|tél|teléfono"
    "|телефон|☎|☏|✆|📞|📱|📲"
)
_LEADING = re.compile(rf"^\(?(?:(?:{_CHINESE}|{_OTHER}|[mtpcw][:.])[)]?[ :.#=/,'-]*)+")
_TRAILING = re.compile(rf"(?:[ (,:-]*(?:{_CHINESE}|{_OTHER}))+[ ).]*$")

_PARAMETERS = re.compile(r"^([^;]*)((?:;[a-z][a-z0-9-]*(?:=[^;]*)?)+)$")
_CONTEXT = re.compile(r";phone-context=(\+[0-9][0-9.() -]*)")

_DATE = re.compile(
    r"^(?:19|20)[0-9]{2}([-./年])(?:0?[1-9]|1[0-2])(?:\1|月)(?:0?[1-9]|[12][0-9]|3[01])日?"
    r"(?:[ t]*[0-9]{1,2}:[0-9:.]*z?)?$"
)
_SCIENTIFIC = re.compile(r"^\+?([0-9]+)(?:[.,]([0-9]*))?e\+?([0-9]{1,2})$")
_ZEROS = re.compile(r"^(\+?[0-9]{7,})\.0+$")
_FRACTION = re.compile(r"^\+?[0-9]+\.[0-9]{1,2}$")
_MASK = re.compile(r"\*|x{2,}|\.{3,}|[●○•■□◯⚫※…▇█]|[0-9][ -]*[_?#]{2,}")

_EXTENSION = re.compile(
    r"[ ,;.(-]*(?:"
    r"(?:转接|转分机|转|轉|分机号|分机|分機|内线|內線|e?xt(?:ensi(?:o|ó|ó))?n?|доб|anexo)[ :.,#-]*[0-9]{1,20}"
    r"|(?:int|[x#~])[ :.,-]*[0-9]{1,9}"
    r"|,,[ ,-]*[0-9]{1,9}"
    r")[ )]*$"
)


def without_parameters(text: str) -> str:
    """Rule 5: the number of an RFC 3966 text without its parameters, after its global context if it has one."""
    found = _PARAMETERS.match(text)
    if found is None:
        return text
    number, parameters = found.groups()
    context = _CONTEXT.search(parameters)
    bare = without_words(number)
    if context is None or bare.startswith("+"):
        return bare
    return context[1] + bare


def without_words(text: str) -> str:
    """Rule 6: the text without words for a phone at its ends."""
    return trim(_TRAILING.sub("", trim(_LEADING.sub("", text, count=1)), count=1))


def is_date(text: str) -> bool:
    """Rule 7: whether the text is a date with separators."""
    return _DATE.match(text) is not None


def from_spreadsheet(text: str) -> str | Reason:
    """Rule 8: the text, the whole number it stands for, or the reason why it is not a phone number."""
    found = _SCIENTIFIC.match(text)
    if found is not None:
        return _from_scientific(found[1], found[2] or "", int(found[3]))
    zeros = _ZEROS.match(text)
    if zeros is not None:
        return zeros[1]
    return Reason.NOT_POSSIBLE if _FRACTION.match(text) else text


def _from_scientific(whole: str, fraction: str, exponent: int) -> str | Reason:
    if len(fraction) < exponent:
        return Reason.DIGITS_LOST
    if fraction[exponent:].strip("0"):
        return Reason.NOT_POSSIBLE
    return whole + fraction[:exponent]


def is_masked(text: str) -> bool:
    """Rule 9: whether some digits are masked."""
    return _MASK.search(text) is not None


def without_extension(text: str) -> str:
    """Rule 11: the text without an extension."""
    return _EXTENSION.sub("", text, count=1)
