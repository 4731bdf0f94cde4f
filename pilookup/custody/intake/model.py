"""What goes into intake and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pilookup.protocol.label import Kind

COLUMN_ROLES = ("phone", "account", "date")


@dataclass(frozen=True)
class IntakeOptions:
    """How to read the files of one load.

    kind: with `Kind.MALICIOUS` a row is an account, and the account column is read.
    region: ISO 3166 code for numbers written without a country code.
    columns: "phone", "account", "date" -> header name or 1-based index; "phone" may name several, split by
    commas. Raises ValueError for another role.
    """

    kind: Kind
    region: str = "CN"
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.columns) - set(COLUMN_ROLES))
        if unknown:
            raise ValueError(f"no such column role: {', '.join(unknown)}; roles are {', '.join(COLUMN_ROLES)}")

    def no_phone_message(self) -> str:
        """What to say of a table without a phone column."""
        if "phone" in self.columns:
            return "no column as given with --column phone="
        return "no phone column found by name or content; name it with --column phone=NAME"


@dataclass(slots=True)
class Accepted:
    """One batch of accepted numbers; the three lists have one length.

    identifiers: canonical bytes such as b"tel:+8613800138000".
    accounts: UTF-8 account names of a malicious registration, None where a row has none.
    months: last-seen month, (year - 2000) * 12 + month; 0 unknown.
    """

    identifiers: list[bytes]
    accounts: list[bytes | None]
    months: list[int]

    def __len__(self) -> int:
        return len(self.identifiers)
