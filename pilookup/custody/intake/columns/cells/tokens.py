"""Cuts a cell's plain form into atoms (runs of digits) and whole tokens such as dates and mail addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pilookup.identifier import Reason

_TOKEN = re.compile(
    r"(?P<url>(?<![a-z])[a-z]{2,12}://[^\s,;'()<>\u3000-\u9fff]*)"
    r"|(?P<handle>(?<![0-9a-z])wxid_[0-9a-z_-]*)"
    r"|(?P<mail>(?<![0-9a-z._+-])(?P<local>[0-9a-z._+-]{1,64})(?::[0-9]{1,3})?"
    r"@(?P<domain>[a-z][0-9a-z.-]{0,99}|[0-9][0-9a-z-]{0,60}\.[a-z][0-9a-z.-]{0,99}))"
    r"|(?P<science>(?<![0-9a-z.])[0-9]+(?:\.[0-9]*)?e[+-]?[0-9]{1,2}(?![0-9a-z.]))"
    r"|(?P<card>(?<![0-9a-z])[0-9]{6}[ -]?[0-9]{8}[ -]?[0-9]{3}x(?![0-9a-z]))"
    r"|(?P<date>(?<![0-9])(?<![0-9][-./])(?:19|20)[0-9]{2}(?P<sign>[-./年])(?:0?[1-9]|1[0-2])(?:(?P=sign)|月)"
    r"(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])日?(?:[ t]?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?z?)?)"
    r"|(?P<time>(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9:]))"
    r"|(?P<atom>(?P<plus>\+?)(?P<digits>[0-9]+)(?:(?<=[0-9]{7})\.0{1,20}(?![0-9.a-z]))?)"
)
"""All tokens, in order of precedence. Each repeat that may be long starts only where the one before it cannot."""

_LATIN = "a-z\u00df-\u024f"
_LATIN_BEFORE = re.compile(f"[{_LATIN}]{{1,16}}\\Z")
_LATIN_AFTER = re.compile(f"[{_LATIN}]{{1,16}}")
_PHONE_WORD = re.compile(
    "telephone|telefon|tel|phone|mobile|mob|cell|contact|number|num|no|ph|hp|fax|call|home|work|office"
    "|mobil|tél|wechat|weixin|whatsapp|viber|telegram|sms|ext|extn|extension"
)
"""Words in Latin letters that may touch a number."""

_OTHER_NUMBER = re.compile(
    r"(?:(?:订单|运单|身份证|证件|护照|银行卡|信用卡|储蓄卡|社保卡|邮政编码|邮编|qq|imei|imsi|iccid|order)(?:号码|编号|号|no\.?)?"
    r"|(?:单|流水|交易|合同|发票|工|学|编)号)[ :：=(-]*\Z"
)
"""A label that names another kind of number, directly before the digits."""

_CONTEXT_CHARS = 16
_CURRENCY = ("¥", "￥", "$", "€", "£")
_UNIT = re.compile(r" ?(?:元|块|圆|万|亿)(?![\u4e00-\u9fff])| ?(?:元|块|圆|万|亿)(?=[或和以])|[%‰]")
_MASK_AFTER = re.compile(r"[*●○•■□◯⚫※…▇█]|x{2,}|\.{3,}")
_MASK_BEFORE = re.compile(r"(?:[*●○•■□◯⚫※…▇█]|xx|\.\.\.)\Z")
_WIDE_MASK_AFTER = re.compile(r"[ -]?(?:[*●○•■□◯⚫※…▇█]|x{2,}|\.{3,}|[_?#]{2,})")
_WIDE_MASK_BEFORE = re.compile(r"(?:[*●○•■□◯⚫※…▇█]|xx|\.\.\.|[_?#]{2})[ -]?\Z")
"""A mask touches a whole mobile; it may stand a sign away from other digits."""

_MOBILE = re.compile(r"(?:86)?1[3-9][0-9]{9}")

EXTENSION = re.compile(
    r"[ ,;.(-]{0,4}(?:转接|转分机|转|轉|分机号|分机|分機|内线|內線|e?xt(?:ensi(?:o|ó)n)?|x|#|,,)[ :.,#=-]{0,4}"
)
"""What stands between a number and its extension."""
_EXTENSION_AFTER = re.compile(EXTENSION.pattern + r"[0-9]{1,6}(?![0-9])")


@dataclass(slots=True)
class Atom:
    """A run of digits.

    Attributes:
        start: Where it starts in the plain form, plus signs included.
        stop: Where it ends, a fraction of zeros included.
        plus: Whether a plus sign stands before it.
        digits: The digits.
        spoiled: Why it is no part of any number, or None.
    """

    start: int
    stop: int
    plus: bool
    digits: str
    spoiled: Reason | None = None

    @property
    def text(self) -> str:
        """Its digits, with a plus sign if it has one."""
        return "+" + self.digits if self.plus else self.digits

    @property
    def is_mobile(self) -> bool:
        """Whether it is a whole mainland mobile, with or without 86."""
        return _MOBILE.fullmatch(self.digits) is not None


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a cell that is decided as a whole.

    Attributes:
        start: Where it starts in the plain form.
        stop: Where it ends.
        kind: url, handle, mail, science, card, date or time.
        text: Its plain form.
    """

    start: int
    stop: int
    kind: str
    text: str


_KINDS = ("url", "handle", "mail", "science", "card", "date", "time")


def tokens(plain: str) -> Iterator[Atom | Token]:
    """The atoms and tokens of a plain form, in order. Everything between them is words and signs."""
    for found in _TOKEN.finditer(plain):
        if found["atom"] is None:
            kind = next(kind for kind in _KINDS if found[kind] is not None)
            yield Token(found.start(), found.end(), kind, found[0])
        else:
            atom = Atom(found.start(), found.end(), bool(found["plus"]), found["digits"])
            atom.spoiled = _spoiled(plain, atom)
            yield atom


def _spoiled(plain: str, atom: Atom) -> Reason | None:
    """Why an atom is no part of any number, by what stands next to it."""
    before = plain[max(atom.start - _CONTEXT_CHARS, 0) : atom.start]
    after = plain[atom.stop : atom.stop + _CONTEXT_CHARS]
    if not before and not after:
        return None
    whole = atom.is_mobile
    masks = (_MASK_BEFORE, _MASK_AFTER) if whole else (_WIDE_MASK_BEFORE, _WIDE_MASK_AFTER)
    if masks[0].search(before) or masks[1].match(after):
        return Reason.MASKED
    if not atom.plus and (_is_touched(_LATIN_BEFORE.search(before)) or _OTHER_NUMBER.search(before)):
        return Reason.LETTERS
    if _is_touched(_LATIN_AFTER.match(after)) and not _EXTENSION_AFTER.match(after):
        return Reason.LETTERS
    return Reason.NOT_POSSIBLE if before.endswith(_CURRENCY) or _UNIT.match(after) else None


def _is_touched(letters: re.Match[str] | None) -> bool:
    return letters is not None and _PHONE_WORD.fullmatch(letters[0]) is None
