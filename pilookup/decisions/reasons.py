"""The reasons of decisions in words, for users and for reviewers.

Words for users say what happens and what to do. They do not say in how many cases, in which case or when: a thief who
tries a victim's number would learn it. All words for an unknown answer are the same, so that a user does not learn
whether the service works.
"""

from enum import StrEnum
from typing import Final

from pilookup.decisions.text import Text


class ReasonCode(StrEnum):
    """Why a decision was made. Each member equals its string."""

    EXPOSED = "exposed"
    """The number is in stolen personal data."""
    MALICIOUS = "malicious"
    """Accounts were maliciously registered on the number."""
    MAY_BE_REISSUED = "may_be_reissued"
    """The person may have been given the number after what is recorded of it."""
    SERVICE_DOWN = "service_down"
    """The service could not be reached, did not answer in time, or failed; or the breaker is open for this reason."""
    OVER_QUOTA = "over_quota"
    """The platform has used up its quota."""
    NOT_VERIFIED = "not_verified"
    """The service answered, but the answer could not be verified."""
    MISCONFIGURED = "misconfigured"
    """The client's token or state directory cannot be used."""
    NOT_A_NUMBER = "not_a_number"
    """The text is not exactly one phone number, so that nothing was asked."""
    SWITCHED_OFF = "switched_off"
    """Checks are switched off by the platform."""


_LATER: Final = Text("这个号码我们稍后还会再核对一次。", "We will check this number once more later.")

FOR_USER: Final = {
    ReasonCode.EXPOSED: Text(
        "您的号码和个人信息可能被人偷走过，这不是您的错。请留心自称客服、公检法的来电，不要把验证码告诉任何人。",
        "Your number and personal data may have been stolen; it is not your fault. Beware of callers who say that they "
        "are from customer service or the police, and tell nobody a code that was sent to you.",
    ),
    ReasonCode.MALICIOUS: Text(
        "有人可能冒用过这个号码注册账号。为了保护号码的主人，我们需要先核实。",
        "Somebody may have registered accounts with this number without its holder's consent. To protect the holder, "
        "we have to verify first.",
    ),
    ReasonCode.MAY_BE_REISSUED: Text(
        "这个号码可能换过主人。如果您是新机主，核实身份后就可以正常使用。",
        "This number may have changed hands. If you are its new holder, you can go on once you have proved who you "
        "are.",
    ),
    ReasonCode.SERVICE_DOWN: _LATER,
    ReasonCode.OVER_QUOTA: _LATER,
    ReasonCode.NOT_VERIFIED: _LATER,
    ReasonCode.MISCONFIGURED: _LATER,
    ReasonCode.SWITCHED_OFF: _LATER,
    ReasonCode.NOT_A_NUMBER: Text(
        "这不是一个完整的电话号码，请检查后重新输入。",
        "This is not a complete phone number. Please check it and enter it again.",
    ),
}
"""What a user is shown."""

FOR_REVIEWER: Final = {
    ReasonCode.EXPOSED: Text(
        "号码在被窃取的个人信息中；最近记录：{last_seen}；案件：{cases}。单凭这一点不要限制账号。",
        "The number is in stolen personal data; last recorded: {last_seen}; cases: {cases}. Do not restrict the "
        "account for this alone.",
    ),
    ReasonCode.MALICIOUS: Text(
        "号码被用于恶意注册账号，已知 {accounts} 个；最近记录：{last_seen}；案件：{cases}。"
        "号码的主人可能是受害者：先核实，再处置。",
        "Accounts were maliciously registered on the number, {accounts} known; last recorded: {last_seen}; cases: "
        "{cases}. The holder of the number may be the victim: verify before you act.",
    ),
    ReasonCode.MAY_BE_REISSUED: Text(
        "记录早于 {since} 九十天以上，号码可能已重新放号给他人，所以不按恶意注册处置。",
        "What is recorded is more than 90 days older than {since}. The number may have been issued to another person "
        "since, so it is not treated as maliciously registered.",
    ),
    ReasonCode.SERVICE_DOWN: Text(
        "查询服务连不上、超时或出错（{detail}）。恢复后要重新核对。",
        "The service cannot be reached, is too slow or fails ({detail}). Check again once it works.",
    ),
    ReasonCode.OVER_QUOTA: Text(
        "本平台的查询额度用完了（{detail}）。额度恢复后要重新核对。",
        "The platform's quota is used up ({detail}). Check again when there is quota.",
    ),
    ReasonCode.NOT_VERIFIED: Text(
        "查询服务的回答没有通过验证（{detail}）。请通知管理员；之后要重新核对。",
        "The answer of the service could not be verified ({detail}). Tell the administrator, and check again later.",
    ),
    ReasonCode.MISCONFIGURED: Text(
        "查询客户端配置有误（{detail}）。请通知管理员；之后要重新核对。",
        "The client is not set up right ({detail}). Tell the administrator, and check again afterwards.",
    ),
    ReasonCode.NOT_A_NUMBER: Text(
        "填写的内容不是一个完整的电话号码，没有发出查询。",
        "The text is not exactly one phone number, and nothing was asked.",
    ),
    ReasonCode.SWITCHED_OFF: Text(
        "本平台关闭了核对。重新打开后要补查。",
        "The platform has switched checks off. Check again once they are switched on.",
    ),
}
"""What a reviewer is shown. The names in braces are filled in from the result."""
