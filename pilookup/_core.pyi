"""The native core: whole operations over buffers, which release the interpreter lock.

Suite: RFC 9497 VOPRF mode over ristretto255-SHA512. Elements and scalars are 32 bytes. A buffer is items one after
another, as bytes, bytearray, memoryview or anything else with the buffer protocol.

Every function can raise:

    ValueError       the input is wrong; the text names the item by its index and never shows its bytes. Elements and
                     public keys that are not canonically encoded (RFC 9496 section 4.3.1) or are the identity are
                     refused, as are inputs longer than 65535 bytes
    OSError          the operating system gives no random bytes or no threads
    MemoryError      a result does not fit into memory
    OverflowError    an integer is outside the range of its machine type
    TypeError        an argument has another type
"""

from collections.abc import Sequence
from typing import Final, Literal, NoReturn, final

from typing_extensions import Buffer

__all__ = [
    "ELEMENT_BYTES",
    "ENTRY_BYTES",
    "LABEL_BYTES",
    "PROOF_BYTES",
    "RECORD_BYTES",
    "TOKEN_BYTES",
    "Blinds",
    "BucketOverflow",
    "FuseFilter",
    "SecretKey",
    "TextRows",
    "TextScan",
    "account_pseudonyms",
    "backend",
    "blind",
    "canonicalise",
    "canonicalise_all",
    "check_buckets",
    "count_distinct",
    "evaluate",
    "evaluate_and_prove",
    "evaluate_and_prove_each",
    "finalize",
    "group_records",
    "merge_labels",
    "merge_segments",
    "open_entry",
    "open_file",
    "open_ranges",
    "pack_buckets",
    "partition_rows",
    "prove",
    "seal",
    "seal_file",
    "seal_ranges",
    "set_threads",
    "shift",
    "shift_and_seal",
    "sort_unique_keys",
    "split_text",
    "threads",
    "tokenise",
    "tokenise_packed",
    "tokens",
    "unblind",
    "verify",
]

ELEMENT_BYTES: Final[int]
PROOF_BYTES: Final[int]
TOKEN_BYTES: Final[int]
LABEL_BYTES: Final[int]
ENTRY_BYTES: Final[int]
RECORD_BYTES: Final[int]

class BucketOverflow(ValueError):
    """A bucket has more entries than slots."""

    bucket: int
    """The bucket's index in the snapshot."""
    entries: int
    """The number of its entries."""

@final
class SecretKey:
    """A secret scalar other than zero. Its memory is wiped when it is deleted; it cannot be copied, pickled or printed."""

    @staticmethod
    def generate() -> SecretKey:
        """A uniform key, from the random bytes of the operating system."""
    @staticmethod
    def from_bytes(data: Buffer) -> SecretKey:
        """The key that `export` gave: 32 bytes, canonical, not zero."""
    @staticmethod
    def derive(seed: Buffer, info: Buffer) -> SecretKey:
        """DeriveKeyPair (RFC 9497 section 3.2.1) from a seed of 32 bytes."""
    def export(self) -> bytes:
        """The key's 32 bytes, to be stored in a key file."""
    def public(self) -> bytes:
        """The public key, this key times the generator: 32 bytes."""
    def shift_to(self, target: SecretKey) -> SecretKey:
        """The shift `target / self`, which maps elements under this key to elements under the target."""
    def __copy__(self) -> NoReturn: ...
    def __deepcopy__(self, _memo: object, /) -> NoReturn: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Blinds:
    """The blinds of one batch. Their memory is wiped when they are deleted; they cannot be copied, pickled or printed."""

    def __len__(self) -> int: ...
    def __copy__(self) -> NoReturn: ...
    def __deepcopy__(self, _memo: object, /) -> NoReturn: ...
    def __reduce__(self) -> NoReturn: ...

@final
class FuseFilter:
    """A 3-wise binary fuse filter over distinct 64-bit keys, in parts by the keys' upper bits (SPEC.md section 10.3)."""

    HEAD_BYTES: Final[int]
    """16: the bytes of an encoded filter that `part_bits_of` needs. If there is more than one part, the first follows them."""
    PART_HEAD_BYTES: Final[int]
    """28: the bytes of an encoded part that `part_bytes` needs."""
    DIGEST_BYTES: Final[int]
    """32: the SHA-256 at the end of a part, and at the end of a filter of several parts."""

    @staticmethod
    def build(keys: Buffer, bits: int, part_bits: int | None = None) -> FuseFilter:
        """Build a filter.

        Args:
            keys: n x 8 bytes, big-endian, in any order; a repeated key counts once.
            bits: Bits of a slot: 8, 16 or 32.
            part_bits: The filter has 2^part_bits parts (0 to 10). None: as `part_bits_for` says.
        """
    @staticmethod
    def part_bits_for(count: int) -> int:
        """Number of upper bits of a key that choose its part in a filter of `count` keys.

        It is the smallest with which parts have at most 2^21 keys on average.
        """
    @staticmethod
    def part_bits_of(beginning: Buffer) -> int:
        """Number of upper bits of a key that choose its part, in the filter with these first HEAD_BYTES bytes or more."""
    @staticmethod
    def head(bits: int, part_bits: int, count: int) -> bytes:
        """The first HEAD_BYTES bytes of a filter of 2^part_bits parts (1 to 10) with `count` distinct keys in all.

        They are followed by the parts, each encoded as by `build(keys, bits, 0)`, and the SHA-256 of everything before.
        """
    @staticmethod
    def part_bytes(beginning: Buffer) -> int:
        """Size in bytes of the part, or filter of one part, with these first PART_HEAD_BYTES bytes or more."""
    @staticmethod
    def from_bytes(data: Buffer) -> FuseFilter:
        """Parse a filter; raises ValueError for anything `to_bytes` would not write."""
    def to_bytes(self) -> bytes:
        """The encoded filter; the same set of keys gives the same bytes."""
    def contains_many(self, keys: Buffer) -> bytes:
        """Look up n keys of 8 bytes, big-endian: a bitmap whose bit i % 8 (from the lowest) of byte i // 8 is key i.

        A bit is 1 if the key may be in the set; 0 is certain.
        """
    @property
    def bits(self) -> int:
        """Bits of a slot: 8, 16 or 32."""
    @property
    def part_bits(self) -> int:
        """Number of upper bits of a key that choose its part: 0 to 10."""
    def __len__(self) -> int:
        """The number of distinct keys."""

@final
class TextScan:
    """Scans a text block by block, to determine that it is plain: valid, without NUL and without overlong lines."""

    def __new__(cls, codec: str) -> TextScan:
        """codec: "utf-8" or "gb18030"."""
    def feed(self, block: Buffer) -> int | None:
        """Number of trailing bytes to carry into the next block. None if the text is not, or might not be, plain."""
    @property
    def filled(self) -> bool:
        """Whether the text certainly has more than spaces and end-of-file marks."""

@final
class TextRows:
    """The rows of one file split of delimited text. Columns of integers are little-endian, one after another."""

    def __new__(
        cls,
        text: Buffer,
        stop: int,
        line: int,
        whole: bool,
        dialect: tuple[str, str, int],
        columns: tuple[Sequence[int], bool, Sequence[int], Sequence[int], int | None, int | None, int, int, int, bool],
    ) -> TextRows:
        """Read the records that start before `stop`.

        Args:
            text: A text that begins with a record.
            stop: An offset in it.
            line: The number of its first line in the file.
            whole: Whether the text ends where the file does.
            dialect: As for `split_text`.
            columns: Phone columns, whether only the first filled one of a row is read, columns that are known and not
                read, those of them with identifiers of eleven digits, account column, date column (all counted from
                0), usual number of cells, first line that may be a row, latest month that counts, and whether a mobile
                without prefix is a mainland one (if not, every row is an odd row).
        """
    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """Counts of rows that are decided; of ragged rows among them; of numbers repeated in their row; of months out of
        range; and of lines whose quotes were reread as plain characters, odd rows included.
        """
    @property
    def left(self) -> list[int]:
        """Numbers of mainland mobiles, other than those of their row, in decided rows: in each column that is not read,
        then in each phone column that is not the first filled one of its row.
        """
    @property
    def taken(self) -> list[int]:
        """Numbers of the decided rows in each phone column, those in several columns of a row in the first one."""
    @property
    def identifiers(self) -> bytes:
        """Distinct identifiers, in the order of their first occurrence."""
    @property
    def identifier_offsets(self) -> bytes:
        """The start of each identifier in `identifiers`, u32, followed by the length of all."""
    @property
    def indices(self) -> bytes:
        """For each number the index of its identifier, u32."""
    @property
    def months(self) -> bytes:
        """For each number its month, u16; 0 if unknown."""
    @property
    def accounts(self) -> bytes:
        """The account names of all numbers, in UTF-8, one after another."""
    @property
    def account_offsets(self) -> bytes:
        """The offset of each name, u32, and the length of all names; empty without an account column."""
    @property
    def odd_rows(self) -> bytes:
        """Records left to the rules in Python, each four u64: start, stop, line, and 1 if quotes are plain characters."""
    @property
    def odd_dates(self) -> bytes:
        """Date cells left to the rules in Python, each three u64: index of the number, start, stop."""
    @property
    def odd_accounts(self) -> bytes:
        """Account cells left to the rules in Python, each three u64: index of the number, start, stop."""

def canonicalise(text: str) -> bytes | str:
    """The identifier of the one phone number in a text, written in China, or the code of the reason why there is none."""

def canonicalise_all(texts: Sequence[str]) -> list[bytes | str]:
    """`canonicalise` for each of many texts."""

def split_text(data: Buffer, dialect: tuple[str, str, int], whole: bool) -> tuple[int, int, int]:
    """Find the whole records at the beginning of a text.

    Args:
        data: A text that begins with a record.
        dialect: Codec ("utf-8" or "gb18030"), delimiter (empty, "----", or one of tab, comma, semicolon and, in UTF-8, |)
            and the usual number of cells.
        whole: Whether the data ends where the file does.

    Returns:
        The offset at which the whole records stop (0 if no record ends within the data), the offset up to which a reader of
        them must see, and the number of their lines.
    """

def account_pseudonyms(
    identifiers: Buffer, offsets: Buffer, indices: Buffer, accounts: Buffer, account_offsets: Buffer, key: Buffer
) -> bytes:
    """HMAC-SHA256(key, identifier || 0 || account), cut to 16 bytes, for each row; zeros if the account is empty.

    Identifiers and accounts are packed as for `tokenise_packed`. Row i has the identifier with index indices[i] (u32) and
    account i.
    """

def partition_rows(
    elements: Buffer, indices: Buffer, months: Buffer, accounts: Buffer, erased: Buffer
) -> tuple[bytes, bytes, int]:
    """Sort rows by partition, coarse span and element, and merge rows of the same element and account.

    Args:
        elements: 32 bytes each.
        indices: For each row the index of its element, u32.
        months: For each row its month, u16.
        accounts: For each row its account pseudonym, 16 bytes; an empty buffer if the dataset keeps none.
        erased: Elements, 32 bytes each, whose rows are left out.

    Returns:
        The segments of the 64 coarse spans of each of the 64 partitions one after another, the number of rows in each
        (u32), and the number of rows that were erased. A row of a segment is the element (32 bytes), the latest month
        (u16) and, if accounts are kept, the number of rows without account that it stands for (u32) and the account.
    """

def merge_segments(segments: Sequence[Buffer], accounts: bool) -> tuple[bytes, bytes, bytes, bytes, int]:
    """Merge segments of one partition: one row for each distinct (element, account), in ascending order.

    Args:
        segments: As `partition_rows` returns them.
        accounts: Whether the segments have accounts. If so, rows of one element without account are counted together.

    Returns:
        Elements, accounts, counts (u32), months (u16), and the number of distinct elements.
    """

def count_distinct(segments: Sequence[Buffer], accounts: bool) -> int:
    """Number of distinct elements in segments."""

def seal_file(key: Buffer, nonce: Buffer, data: Buffer, aad: Buffer) -> bytes:
    """Seal data by AES-256-GCM-SIV (RFC 8452), with a key of 32 bytes, a nonce of 12 bytes and `aad` as the AAD."""

def open_file(key: Buffer, nonce: Buffer, sealed: Buffer, aad: Buffer) -> bytes:
    """Open what `seal_file` sealed; raises ValueError if it is altered or was sealed with another key, nonce or AAD."""

def seal_ranges(key: Buffer, nonces: Buffer, data: Sequence[Buffer], sizes: Buffer, aad: Buffer) -> bytes:
    """Consecutive ranges of `data`, its buffers taken one after another, each sealed by itself, also where it is empty.

    sizes: the bytes of each range, n little-endian u32, which add up to the data. nonces: n x 12 bytes. Returns of each
    range its nonce and what `seal_file` makes of it, bound to `aad` followed by the range's number (little-endian u32).
    """

def open_ranges(key: Buffer, sealed: Buffer, sizes: Buffer, first: int, aad: Buffer) -> bytes:
    """The data of ranges `first` and following that `seal_ranges` sealed, of these sizes.

    Raises ValueError where they are altered, moved, or more or fewer than the sizes say.
    """

def set_threads(n: int) -> None:
    """Use n threads (1 to 1024) for bulk operations of this process from now on."""

def threads() -> int:
    """Number of threads that bulk operations use: as set, by default one for each core."""

def backend() -> Literal["avx512ifma", "avx2", "dalek-avx512ifma", "dalek-avx2", "dalek-serial"]:
    """The arithmetic used for batches: our own vector code, or that of curve25519-dalek (setting `PILOOKUP_BACKEND`)."""

def tokenise(inputs: Sequence[Buffer], key: SecretKey) -> bytes:
    """key * HashToGroup(input) for n inputs (RFC 9497 section 4.1): n * 32 bytes."""

def tokenise_packed(data: Buffer, offsets: Buffer, key: SecretKey) -> bytes:
    """`tokenise` for inputs that are packed into one buffer.

    Args:
        data: The inputs, one after another.
        offsets: n + 1 little-endian u32, ascending from 0 to the length of data; input i is data[offsets[i]:offsets[i + 1]].
        key: The key.
    """

def shift(elements: Buffer, key: SecretKey) -> bytes:
    """key * element for n elements: n * 32 bytes."""

def blind(inputs: Sequence[Buffer]) -> tuple[Blinds, bytes]:
    """Blind (RFC 9497 section 3.3.1) with fresh random blinds: the blinds, and n * 32 bytes of blinded elements."""

def evaluate(elements: Buffer, key: SecretKey) -> bytes:
    """BlindEvaluate (RFC 9497 section 3.3.2) without its proof: n * 32 bytes."""

def prove(elements: Buffer, evaluated: Buffer, key: SecretKey) -> bytes:
    """GenerateProof (RFC 9497 section 2.2.1) that evaluated is key * elements, for 1 to 65535 of them: 64 bytes."""

def evaluate_and_prove(elements: Buffer, key: SecretKey) -> tuple[bytes, bytes]:
    """BlindEvaluate (RFC 9497 section 3.3.2) with its proof: what `evaluate` and then `prove` return."""

def evaluate_and_prove_each(elements: Buffer, key: SecretKey) -> list[tuple[bytes, bytes] | None]:
    """BlindEvaluate for each element separately: its 32 bytes and its 64-byte proof, as if it were alone in its batch.

    An element that is not canonically encoded, or is the identity, gives None.
    """

def verify(public_key: Buffer, elements: Buffer, evaluated: Buffer, proof: Buffer) -> bool:
    """VerifyProof (RFC 9497 section 2.2.2). A wrong proof is False; anything malformed raises ValueError."""

def unblind(blinds: Blinds, evaluated: Buffer) -> bytes:
    """Remove the blinds from evaluated elements: n * 32 bytes, key * HashToGroup(input)."""

def finalize(inputs: Sequence[Buffer], blinds: Blinds, evaluated: Buffer) -> bytes:
    """Finalize (RFC 9497 section 3.3.1): n * 64 bytes. The proof must have been verified before."""

def tokens(elements: Buffer, channel: str, epoch: int) -> bytes:
    """The tokens of n elements under a channel and epoch (SPEC.md section 4): n * 64 bytes."""

def seal(tokens: Buffer, labels: Buffer, channel: str, epoch: int) -> bytes:
    """Seal n labels of 12 bytes under n tokens of 64 bytes: n entries of 32 bytes."""

def open_entry(token: Buffer, entry: Buffer, channel: str, epoch: int) -> bytes | None:
    """Open one entry with a token: the label's 12 bytes, or None if the tag differs or the entry does not open."""

def shift_and_seal(
    elements: Buffer, labels: Buffer, key: SecretKey, channel: str, epoch: int, bits: int
) -> tuple[bytes, bytes]:
    """Shift n elements by the key, and seal n labels under their tokens, for 2^bits buckets (bits 0 to 32).

    Shifted elements and tokens do not leave the core.

    Returns:
        n * 36 bytes of records (bucket index as big-endian u32, then the entry) and n * 8 bytes of filter keys, in the
        order of the elements.
    """

def merge_labels(
    runs: Sequence[tuple[Buffer, Buffer, Buffer, Buffer, int]], sources: Sequence[tuple[int, int]], erased: Buffer
) -> tuple[bytes, bytes]:
    """Merge rows of the vault to one label for each element (SPEC.md section 5.3).

    Args:
        runs: The columns of each load: elements (32 bytes a row), accounts (16 bytes), counts (little-endian u32), months
            (little-endian u16), and the index of its dataset among the sources. Rows may be in any order; ascending
            rows are fastest.
        sources: The datasets, newest first: catalogue id and flag of the kind.
        erased: Elements, 32 bytes each, that are left out.

    Returns:
        n * 32 bytes of ascending elements and n * 12 bytes of labels.
    """

def group_records(records: Buffer, index_bits: int, range_bits: int) -> tuple[bytes, bytes]:
    """Group records of 36 bytes by bucket range: the top `range_bits` (at most 16) of bucket indices of `index_bits`.

    Returns:
        The records, one bucket range after another, and 2^range_bits + 1 little-endian u64: the index of the first
        record of each range, then the number of records.
    """

def sort_unique_keys(keys: Buffer) -> bytes:
    """Sort filter keys of 8 bytes, big-endian, and drop repeated ones; runs that are in order already are only merged."""

def pack_buckets(records: Buffer, first: int, count: int, slots: int, finer: int) -> tuple[bytes, bytes]:
    """Pack records of 36 bytes, in any order, into `count` buckets that start with bucket `first`.

    Within a bucket entries are sorted by all their bytes; empty slots are zero and come last.

    Args:
        records: Bucket index (big-endian u32) and entry, one after another.
        first: The index of the first bucket.
        count: The number of buckets.
        slots: The number of slots in a bucket.
        finer: The number of low bits (at most 32) that a record's bucket index has in addition to those of the buckets.

    Returns:
        The buckets, count * slots * 32 bytes, and their Merkle leaf hashes, count * 32 bytes (RFC 9162 section 2.1.1).

    Raises:
        BucketOverflow: A bucket has more entries than slots.
        ValueError: A record belongs to another bucket, or an entry is zero or twice in its bucket.
    """

def check_buckets(buckets: Buffer, slots: int) -> tuple[int, bytes]:
    """The number of entries in n whole buckets, and the buckets' leaf hashes, n * 32 bytes.

    Raises ValueError if the entries of a bucket do not ascend or an empty slot is not last.
    """

def _blind_with(
    inputs: Sequence[Buffer], scalars: Buffer, mode: Literal["oprf", "voprf"] = "voprf"
) -> tuple[Blinds, bytes]:
    """`blind` with given blinds, for published vectors only: a blind that is used twice links two checks."""

def _prove_with(elements: Buffer, evaluated: Buffer, key: SecretKey, random: Buffer) -> bytes:
    """`prove` with a given random scalar, for published vectors only: a scalar that is used twice reveals the key."""

def _derive_with(seed: Buffer, info: Buffer, mode: Literal["oprf", "voprf"]) -> SecretKey:
    """`SecretKey.derive` in a given mode, for published vectors only."""
