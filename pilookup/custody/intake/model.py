"""The input and the output of intake: options of a load, and batches of accepted numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pilookup.identifier import is_region
from pilookup.protocol.label import Kind

COLUMN_ROLES = ("phone", "account", "date")
ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "shift-jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "windows-874": "cp874",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "windows-1254": "cp1254",
    "windows-1256": "cp1256",
    "windows-1258": "cp1258",
    "latin-1": "cp1252",
    "koi8-r": "koi8_r",
}
"""The names of encodings that an operator may give, and Python's names of them. In all of them digits are ASCII."""


@dataclass(frozen=True)
class IntakeOptions:
    """How to read the files of one load.

    Attributes:
        kind: The kind of the dataset. With `Kind.MALICIOUS` each row is an account, and the account column is read.
        region: ISO 3166 code of the country that numbers without a country code belong to.
        columns: Maps "phone", "account" or "date" to header names or 1-based indices: one text or several. A text may
            name several columns, separated by commas. The attribute always has tuples.
        not_columns: Header names or 1-based indices of columns that are not read, whatever they hold.
        scan_text: Whether numbers in columns of text are read.
        hidden_sheets: Whether hidden sheets of workbooks are read.
        encoding: The encoding of texts that have no BOM and are not UTF-8, a key of `ENCODINGS`; None to detect it.
        passwords: Passwords that are tried on encrypted archives and workbooks.

    Raises:
        ValueError: `columns` has another key, a column is also one of `not_columns`, or the region or the encoding is
            unknown.
    """

    kind: Kind
    region: str = "CN"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_columns: tuple[str, ...] = ()
    scan_text: bool = False
    hidden_sheets: bool = False
    encoding: str | None = None
    passwords: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.columns) - set(COLUMN_ROLES))
        if unknown:
            raise ValueError(f"no such column role: {', '.join(unknown)}; roles are {', '.join(COLUMN_ROLES)}")
        if self.region != "CN" and not is_region(self.region):
            raise ValueError("unknown region: not an ISO 3166-1 code of a region with phone numbers")
        columns: Mapping[str, str | Sequence[str]] = self.columns
        object.__setattr__(self, "columns", {role: names_of(given) for role, given in columns.items()})
        object.__setattr__(self, "not_columns", names_of(self.not_columns))
        object.__setattr__(self, "passwords", names_of(self.passwords))
        if self.encoding is not None and self.encoding not in ENCODINGS:
            raise ValueError(f"no such encoding: {self.encoding}; encodings are {', '.join(ENCODINGS)}")
        both = {name for given in self.columns.values() for name in given} & set(self.not_columns)
        if both:
            raise ValueError(f"a column is given and left out: {', '.join(sorted(both))}")


def names_of(given: str | Iterable[str]) -> tuple[str, ...]:
    """One text or several, as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given)


@dataclass(slots=True)
class Accepted:
    """One batch of accepted numbers, as three lists of equal length. The repr does not show them.

    Attributes:
        identifiers: Canonical identifiers, such as b"tel:+8613800138000".
        accounts: Account names of a malicious registration in UTF-8; None where a row has none.
        months: Months in which the numbers were last seen, (year - 2000) * 12 + month; 0 if unknown.
    """

    identifiers: list[bytes] = field(repr=False)
    accounts: list[bytes | None] = field(repr=False)
    months: list[int] = field(repr=False)

    def __len__(self) -> int:
        return len(self.identifiers)
