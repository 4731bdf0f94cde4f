"""Vault rows and their columns.

    element   32 bytes   v * HashToGroup(identifier)
    account   16 bytes   keyed digest of (identifier, account); zero where no account is known
    count     uint32     number of rows without an account, each of which is one registration
    month     uint16     last seen, as in a label; 0 unknown

A load holds one row for each distinct (element, account).
"""

from typing import Final

import pyarrow as pa

from pilookup._core import ELEMENT_BYTES

ACCOUNT_BYTES: Final = 16

SCHEMA: Final = pa.schema(
    [
        ("element", pa.binary(ELEMENT_BYTES)),
        ("account", pa.binary(ACCOUNT_BYTES)),
        ("count", pa.uint32()),
        ("month", pa.uint16()),
    ]
)
