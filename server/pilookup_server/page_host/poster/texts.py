"""The texts of the posters, in both languages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PosterTexts:
    """The texts of a poster in one language.

    Attributes:
        tag: The BCP 47 tag of the language.
        title: What the page is for.
        free: What it never asks for.
        scan: How to get there.
        spoken: The host's name as one says it to somebody who types it.
        captions: What the four drawings show.
        pasted_title: The heading of `pasted`.
        pasted: How to tell a QR code that somebody has pasted over this one.
        by: Who runs the page.
        telephone: Whom to call.
    """

    tag: str
    title: str
    free: str
    scan: str
    spoken: Callable[[str], str]
    captions: tuple[str, str, str, str]
    pasted_title: str
    pasted: tuple[str, ...]
    by: Callable[[str], str]
    telephone: Callable[[str], str]


def _zh_spoken(host: str) -> str:
    return "念作：" + host.replace(".", " 点 ").replace("-", " 横杠 ").replace(":", " 冒号 ")


def _en_spoken(host: str) -> str:
    return "Say: " + host.replace(".", " dot ").replace("-", " dash ").replace(":", " colon ")


TEXTS: Final = {
    "zh": PosterTexts(
        tag="zh-CN",
        title="您的手机号，落到坏人手里没有？查一查",
        free="不收钱、不要验证码",
        scan="扫左边的码，或者打开这个网址：",
        spoken=_zh_spoken,
        captions=(
            "送小礼品的生人，要当心",
            "手机不给人拿，不对着刷脸",
            "验证码不念，身份证不给拍",
            "可以不答应，先问家里人",
        ),
        pasted_title="这个码是不是后来贴上去的？",
        pasted=(
            "用手摸一摸：印的是平的。摸得到边、能揭起来的，是别人贴的，不要扫。",
            "扫出来的网址，和上面印的一个字母一个字母地对。差一个就是假的。",
            "打开后要付钱、要验证码、要身份证、要下载软件的，都是假的。马上关掉，打下面的电话。",
        ),
        by=lambda name: f"办这个页面的是：{name}",
        telephone=lambda number: f"拿不准，打这个电话：{number}",
    ),
    "en": PosterTexts(
        tag="en",
        title="Is your phone number in the wrong hands? Check it",
        free="Free of charge. No codes, no ID card.",
        scan="Scan the code, or open this address:",
        spoken=_en_spoken,
        captions=(
            "Beware of strangers with small gifts",
            "Let nobody hold your phone or scan your face",
            "Read out no code, show no ID card",
            "You may say no. Ask your family first",
        ),
        pasted_title="Has somebody pasted another code over this one?",
        pasted=(
            "Touch it: this one is printed and flat. If it has an edge or peels off, do not scan it.",
            "Compare the address letter by letter with the one above. If one letter differs, it is a fake.",
            "A page that wants money, codes, your ID card or a download is a fake. Close it and call us.",
        ),
        by=lambda name: f"This page is run by {name}",
        telephone=lambda number: f"Not sure? Call {number}",
    ),
}
"""By language. A poster is written in each language in which the operator has a name."""
