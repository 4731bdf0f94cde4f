"""Synthetic phone numbers for tests, and what the sandbox's data say about them.

All are mainland mobiles with the prefix 154, which no operator has: in the numbering plan of libphonenumber no
number that begins with 154 is valid, of whatever type. So none of them can belong to anyone.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pilookup.protocol.cases import Appeal, CaseDetails, Texts
from pilookup.protocol.label import Kind, Label, Profile
from pilookup.protocol.manifest import Case

PREFIX: Final = "154"
"""The first three digits of every synthetic number. The other eight are free."""


class SyntheticNumber(StrEnum):
    """A synthetic number with a fixed answer. Each member equals the number's text and can be passed to `check`."""

    NOT_FOUND = "15400000000"
    """Not found."""
    EXPOSED = "15400000001"
    """Found in stolen personal data."""
    MALICIOUS = "15400000002"
    """Found; three accounts were maliciously registered on it. The month is not known, which counts as recent."""
    BOTH = "15400000003"
    """Found; exposed, and one account was maliciously registered on it."""
    SEVERAL_CASES = "15400000004"
    """Found in three datasets."""
    MORE_CASES = "15400000005"
    """Found in four datasets, of which an answer lists three."""
    MANY_ACCOUNTS = "15400000006"
    """Found; 40 accounts were maliciously registered on it."""
    LONG_AGO = "15400000007"
    """Found; an account was maliciously registered on it so long ago that the number may have a new holder."""

    UNREACHABLE = "15400000101"
    """Unknown: the server cannot be reached."""
    SERVER_ERROR = "15400000102"
    """Unknown: the server failed."""
    UNAUTHORIZED = "15400000103"
    """Unknown: the token is missing or wrong."""
    RATE_LIMITED = "15400000104"
    """Unknown: over quota; the server asks to wait 30 seconds."""
    RATE_LIMITED_WITHOUT_TIME = "15400000105"
    """Unknown: over quota; the server does not say for how long."""
    RETIRED = "15400000106"
    """Unknown: the server no longer serves the epoch."""
    STALE = "15400000107"
    """Unknown: the metadata have expired."""
    ROLLED_BACK = "15400000108"
    """Unknown: the server offers older metadata than before."""
    BAD_SIGNATURE = "15400000109"
    """Unknown: the metadata are not signed by the pinned root."""
    BAD_SNAPSHOT = "15400000110"
    """Unknown: the signed files contradict each other."""
    BAD_PROOF = "15400000111"
    """Unknown: the evaluation is not proved."""
    BAD_BUCKET = "15400000112"
    """Unknown: a bucket does not belong to the snapshot."""
    BAD_RESPONSE = "15400000113"
    """Unknown: the answer does not follow the protocol."""
    NO_STATE = "15400000114"
    """Unknown: the state directory cannot be used."""
    NO_MIRROR = "15400000115"
    """Unknown: the mirror cannot be used."""
    QUOTA_EXCEEDED = "15400000116"
    """Unknown: `quota_exceeded`, again after a day at the earliest."""

    SLOW_NOT_FOUND = "15400000201"
    """Not found, after 2 seconds."""
    SLOW_MALICIOUS = "15400000202"
    """Found as `MALICIOUS` is, after 2 seconds."""
    VERY_SLOW = "15400000203"
    """Not found, after 60 seconds: `unreachable` within any shorter timeout."""


_EXPOSURE: Final = (("phone", "name", "id-number"), ("expect-fraud-calls", "answer-96110", "report-110"))
_MALICIOUS: Final = (("phone", "account"), ("check-own-accounts", "complain-12321", "report-110"))

CASES: Final = (
    Case(
        1, Kind.EXPOSURE, "虚构案件一：个人信息泄露", "Fictional case 1: stolen records", date(2025, 1, 10), *_EXPOSURE
    ),
    Case(2, Kind.MALICIOUS, "虚构案件二：恶意注册", "Fictional case 2: false accounts", date(2025, 2, 10), *_MALICIOUS),
    Case(
        3, Kind.EXPOSURE, "虚构案件三：个人信息泄露", "Fictional case 3: stolen records", date(2025, 3, 10), *_EXPOSURE
    ),
    Case(4, Kind.MALICIOUS, "虚构案件四：恶意注册", "Fictional case 4: false accounts", date(2025, 4, 10), *_MALICIOUS),
)
"""The catalogue of the fake clients and of the sandbox."""

CASE_DETAILS: Final = {
    2: CaseDetails(
        updated=date(2025, 2, 20),
        size="1000",
        platforms=(Texts("虚构平台", "Fictional platform"),),
        close=Texts("在虚构平台的设置里注销", "Close it in the settings of the fictional platform"),
        close_url="https://platform.example/close",
        appeal=Appeal(
            who=Texts("虚构市公安局", "Fictional police"),
            how=Texts("带证件到窗口", "Come to the desk with your papers"),
            papers=Texts("身份证", "Identity card"),
            url="https://police.example/appeal",
        ),
    )
}
"""What the fake clients say further about one of these cases."""


def _month(year: int, month: int) -> int:
    return (year - 2000) * 12 + month


LABELS: Final[Mapping[SyntheticNumber, Label]] = MappingProxyType(
    {
        SyntheticNumber.EXPOSED: Label(exposed=True, month=_month(2025, 1), cases=(1,)),
        SyntheticNumber.MALICIOUS: Label(malicious=True, accounts=3, cases=(2,)),
        SyntheticNumber.BOTH: Label(exposed=True, malicious=True, accounts=1, month=_month(2025, 2), cases=(2, 1)),
        SyntheticNumber.SEVERAL_CASES: Label(
            exposed=True, malicious=True, accounts=2, month=_month(2025, 3), cases=(3, 2, 1)
        ),
        SyntheticNumber.MORE_CASES: Label(
            exposed=True, malicious=True, accounts=5, month=_month(2025, 4), cases=(4, 3, 2), more=True
        ),
        SyntheticNumber.MANY_ACCOUNTS: Label(malicious=True, accounts=40, month=_month(2025, 4), cases=(4,)),
        SyntheticNumber.LONG_AGO: Label(malicious=True, accounts=1, month=_month(2019, 6), cases=(2,)),
    }
)
"""The exact label of each number that is in the data."""


def label_of(number: SyntheticNumber, profile: Profile) -> Label:
    """Return the label of a number of LABELS as a channel of the given profile publishes it."""
    exact = LABELS[number]
    return Label(
        exposed=exact.exposed,
        malicious=exact.malicious,
        accounts=profile.accounts(exact.accounts),
        month=profile.month(exact.month),
        cases=exact.cases,
        more=exact.more,
    )


def is_synthetic(identifier: bytes) -> bool:
    """Return whether a canonical identifier (`tel:+86154...`) is that of a synthetic number."""
    return identifier.startswith(b"tel:+86" + PREFIX.encode()) and len(identifier) == len(b"tel:+86") + 11
