"""The native core: whole operations over buffers, with the interpreter lock released.

Suite: RFC 9497 VOPRF mode over ristretto255-SHA512. Elements and scalars are 32 bytes; a buffer is items laid end to
end, as bytes, bytearray, memoryview or anything else that offers its bytes.

Wrong input raises ValueError, whose text names the item by its index and never shows its bytes. Elements and public
keys are refused when they are not canonically encoded (RFC 9496 section 4.3.1) or are the identity, inputs when longer
than 65535 bytes. Besides: OSError when the operating system gives no random bytes or no threads, MemoryError when a
result would not fit, OverflowError for an integer outside its machine type, TypeError for another type.
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
    "SCALAR_BYTES",
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
SCALAR_BYTES: Final[int]
PROOF_BYTES: Final[int]
TOKEN_BYTES: Final[int]
LABEL_BYTES: Final[int]
ENTRY_BYTES: Final[int]
RECORD_BYTES: Final[int]

class BucketOverflow(ValueError):
    """One bucket has more entries than slots."""

    bucket: int
    """The bucket's index in the snapshot."""
    entries: int
    """How many entries fell into it."""

@final
class SecretKey:
    """A secret scalar other than zero. Its memory is cleared when it goes; it cannot be copied, pickled or printed."""

    @staticmethod
    def generate() -> SecretKey:
        """A uniform key from the operating system."""
    @staticmethod
    def from_bytes(data: Buffer) -> SecretKey:
        """Read an exported key: 32 bytes, canonical, not zero."""
    @staticmethod
    def derive(seed: Buffer, info: Buffer) -> SecretKey:
        """DeriveKeyPair (RFC 9497 section 3.2.1) from a seed of 32 bytes."""
    def export(self) -> bytes:
        """The 32 bytes of the key, for deliberate storage."""
    def public(self) -> bytes:
        """The public key: this key times the generator."""
    def shift_to(self, target: SecretKey) -> SecretKey:
        """The shift target / self, which turns elements under this key into elements under the target."""
    def __copy__(self) -> NoReturn: ...
    def __deepcopy__(self, _memo: object, /) -> NoReturn: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Blinds:
    """The blinds of one batch. Their memory is cleared when they go; they cannot be copied, pickled or printed."""

    def __len__(self) -> int: ...
    def __copy__(self) -> NoReturn: ...
    def __deepcopy__(self, _memo: object, /) -> NoReturn: ...
    def __reduce__(self) -> NoReturn: ...

@final
class FuseFilter:
    """3-wise binary fuse filters over distinct 64-bit keys, in parts by the keys' upper bits (SPEC.md section 10.3)."""

    HEAD_BYTES: Final[int]
    """16: what `part_bits_of` needs of an encoded filter; where there is more than one part, the first begins behind it."""
    PART_HEAD_BYTES: Final[int]
    """28: what `part_bytes` needs of an encoded part."""
    DIGEST_BYTES: Final[int]
    """32: the SHA-256 that ends a part, and a filter of more parts than one."""

    @staticmethod
    def build(keys: Buffer, bits: int, part_bits: int | None = None) -> FuseFilter:
        """Build from keys of 8 bytes, big-endian, each counted once, in any order; bits a slot are 8, 16 or 32.

        Of 2^part_bits parts (0 to 10); unless told, of those that `part_bits_for` gives.
        """
    @staticmethod
    def part_bits_for(count: int) -> int:
        """How many upper bits of a key choose its part among so many: parts have 2^21 keys at most on average."""
    @staticmethod
    def part_bits_of(beginning: Buffer) -> int:
        """How many upper bits of a key choose its part in the filter that begins with these HEAD_BYTES or more."""
    @staticmethod
    def head(bits: int, part_bits: int, count: int) -> bytes:
        """The first HEAD_BYTES of a filter of 2^part_bits parts (1 to 10) of `count` distinct keys together.

        Behind them come the parts, each as `build(keys, bits, 0)` encodes it, and the SHA-256 of all that.
        """
    @staticmethod
    def part_bytes(beginning: Buffer) -> int:
        """The size in bytes of the part, or filter of one part, that begins with these PART_HEAD_BYTES or more."""
    @staticmethod
    def from_bytes(data: Buffer) -> FuseFilter:
        """Read what `to_bytes` wrote; anything else is refused."""
    def to_bytes(self) -> bytes:
        """The encoded filter; the same set of keys gives the same bytes."""
    def contains(self, key: int) -> bool:
        """Whether the key may be in the set; False is certain."""
    def contains_many(self, keys: Buffer) -> bytes:
        """Look up keys of 8 bytes, big-endian: a bitmap whose bit i % 8 (from the lowest) of byte i // 8 is key i."""
    @property
    def bits(self) -> int:
        """Bits a slot: 8, 16 or 32."""
    @property
    def part_bits(self) -> int:
        """How many upper bits of a key choose its part: 0 to 10."""
    def __len__(self) -> int:
        """The number of distinct keys."""

@final
class TextScan:
    """A text looked at block by block, to tell that it is plain: valid, without NUL, without an endless line."""

    def __new__(cls, codec: str) -> TextScan:
        """codec: "utf-8" or "gb18030"."""
    def feed(self, block: Buffer) -> int | None:
        """How many last bytes of the block to put before the next one; None where the text is not plain, or may not be."""
    @property
    def filled(self) -> bool:
        """Whether there is more than spaces and end marks, for certain."""

@final
class TextRows:
    """The rows of a piece of delimited text. Integers are little-endian, laid end to end."""

    def __new__(
        cls,
        text: Buffer,
        stop: int,
        line: int,
        whole: bool,
        dialect: tuple[str, str, int],
        columns: tuple[Sequence[int], int | None, int | None, int, int, int, bool],
    ) -> TextRows:
        """The records that start before `stop` in `text`, which starts with one on line `line`.

        whole: the text ends where the file does. dialect: as for `split_text`. columns: phone columns, account column,
        date column (all from 0), usual number of cells, first line that may hold a row, latest month that counts,
        whether bare mobiles are mainland ones (else every row is an odd one).
        """
    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """Rows decided; of them ragged; numbers repeated in their row; months out of range; lines whose quotes were
        taken back, in odd rows too.
        """
    @property
    def identifiers(self) -> bytes:
        """Distinct identifiers of 18 bytes, in the order they first came."""
    @property
    def places(self) -> bytes:
        """For each number its identifier's place, u32."""
    @property
    def months(self) -> bytes:
        """For each number its month, u16; 0 unknown."""
    @property
    def accounts(self) -> bytes:
        """The account names of all numbers, UTF-8, end to end."""
    @property
    def account_offsets(self) -> bytes:
        """Where each name starts, u32, and the length of all; empty without an account column."""
    @property
    def odd_rows(self) -> bytes:
        """Records left to the rules, each four u64: start, stop, line, 1 where quotes are plain characters."""
    @property
    def odd_dates(self) -> bytes:
        """Date cells left to the rules, each three u64: number's index, start, stop."""
    @property
    def odd_accounts(self) -> bytes:
        """Account cells left to the rules, each three u64: number's index, start, stop."""

def split_text(data: Buffer, dialect: tuple[str, str, int], whole: bool) -> tuple[int, int, int]:
    """The whole records of data that starts with one: where they stop, how far a reader of them must see, their lines.

    dialect: codec ("utf-8", "gb18030"), delimiter (empty, "----", or one of tab , ; and, in UTF-8, |) and usual number of
    cells. whole: the data ends where the file does. The first is 0 where no record ends within the data.
    """

def account_pseudonyms(
    identifiers: Buffer, offsets: Buffer, places: Buffer, accounts: Buffer, account_offsets: Buffer, key: Buffer
) -> bytes:
    """HMAC-SHA256(key, identifier || 0 || account), 16 bytes a row; zeros where the account is empty.

    Identifiers and accounts are packed as for `tokenise_packed`; row i has identifier places[i] (u32) and account i.
    """

def partition_rows(
    elements: Buffer, places: Buffer, months: Buffer, accounts: Buffer, erased: Buffer
) -> tuple[bytes, bytes, int]:
    """Rows by partition and range of elements within it, one for each distinct (element, account).

    Returns the segments of the 64 ranges of each of the 64 partitions one after another, the number of rows of each
    (u32), and how many rows were erased. Row i has element places[i] (u32), month i (u16) and account i (16 bytes; an
    empty buffer where none are kept). A segment holds rows one after another: 32 bytes of element, the latest month
    (u16) and, where accounts are kept, how many rows without one it stands for (u32) and the account. Rows of the erased
    elements are left out.
    """

def merge_segments(segments: Sequence[Buffer], accounts: bool) -> tuple[bytes, bytes, bytes, bytes, int]:
    """One row for each distinct (element, account) of segments of one partition, in ascending order.

    Returns elements, accounts, counts (u32), months (u16), and how many elements are distinct. accounts: whether the
    segments have accounts; then the rows of one element without one are counted together.
    """

def count_distinct(segments: Sequence[Buffer], accounts: bool) -> int:
    """How many elements of segments are distinct."""

def seal_file(key: Buffer, nonce: Buffer, data: Buffer, aad: Buffer) -> bytes:
    """AES-256-GCM-SIV (RFC 8452): data sealed under a key of 32 and a nonce of 12 bytes, with `aad` as associated data."""

def open_file(key: Buffer, nonce: Buffer, sealed: Buffer, aad: Buffer) -> bytes:
    """The data that `seal_file` sealed; raises ValueError when it is altered or bound to something else."""

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
    """Use n threads (1 to 1024) for bulk work in this process from now on."""

def threads() -> int:
    """How many threads bulk work uses: as set, else one a core."""

def backend() -> Literal["avx512ifma", "avx2", "dalek-avx512ifma", "dalek-avx2", "dalek-serial"]:
    """The arithmetic of batches: lanes of our own, or what curve25519-dalek chooses here (`PILOOKUP_BACKEND`)."""

def tokenise(inputs: Sequence[Buffer], key: SecretKey) -> bytes:
    """key * HashToGroup(input) for n inputs (RFC 9497 section 4.1): n * 32 bytes."""

def tokenise_packed(data: Buffer, offsets: Buffer, key: SecretKey) -> bytes:
    """`tokenise` over inputs laid end to end.

    offsets: n + 1 little-endian u32, from 0 to the length of data, never falling.
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
    """BlindEvaluate (RFC 9497 section 3.3.2) whole: n * 32 bytes and the proof, as `evaluate` then `prove` give."""

def evaluate_and_prove_each(elements: Buffer, key: SecretKey) -> list[tuple[bytes, bytes] | None]:
    """BlindEvaluate for every element by itself: 32 bytes and a proof of that element alone, as if it had come alone.

    None stands for an element that is not canonically encoded or is the identity.
    """

def verify(public_key: Buffer, elements: Buffer, evaluated: Buffer, proof: Buffer) -> bool:
    """VerifyProof (RFC 9497 section 2.2.2). A wrong proof is False; anything malformed raises ValueError."""

def unblind(blinds: Blinds, evaluated: Buffer) -> bytes:
    """Take the blinds off evaluated elements: n * 32 bytes of key * HashToGroup(input)."""

def finalize(inputs: Sequence[Buffer], blinds: Blinds, evaluated: Buffer) -> bytes:
    """Finalize (RFC 9497 section 3.3.1): n * 64 bytes. Verify first."""

def tokens(elements: Buffer, channel: str, epoch: int) -> bytes:
    """The tokens of n elements under a channel and epoch (SPEC.md section 4): n * 64 bytes."""

def seal(tokens: Buffer, labels: Buffer, channel: str, epoch: int) -> bytes:
    """Seal n labels of 12 bytes under n tokens of 64 bytes: n entries of 32 bytes."""

def open_entry(token: Buffer, entry: Buffer, channel: str, epoch: int) -> bytes | None:
    """Open one entry with its token: the label's 12 bytes, or None where the tag differs or it does not open."""

def shift_and_seal(
    elements: Buffer, labels: Buffer, key: SecretKey, channel: str, epoch: int, bits: int
) -> tuple[bytes, bytes]:
    """Shift n elements by the key and seal n labels under their tokens, for 2^bits buckets (bits 0 to 32).

    Shifted elements and tokens stay inside. Returns n * 36 bytes of records (bucket index as big-endian u32, entry)
    and n * 8 bytes of filter keys, in order.
    """

def merge_labels(
    runs: Sequence[tuple[Buffer, Buffer, Buffer, Buffer, int]], sources: Sequence[tuple[int, int]], erased: Buffer
) -> tuple[bytes, bytes]:
    """Merge vault rows to one label an element (SPEC.md section 5.2): n * 32 bytes of ascending elements, n * 12 of labels.

    A run is the columns of one load: elements (32 bytes a row), accounts (16), counts (little-endian u32), months
    (little-endian u16), and the place of its dataset among the sources; any order is right, ascending rows are fastest.
    Sources are datasets, newest first: catalogue id and kind flag. Erased elements (n * 32 bytes) are left out.
    """

def group_records(records: Buffer, index_bits: int, range_bits: int) -> tuple[bytes, bytes]:
    """Group records of 36 bytes by the top `range_bits` (at most 16) of bucket indices of `index_bits`.

    Returns the records range by range, and 2^range_bits + 1 little-endian u64: where each range starts, in records.
    """

def sort_unique_keys(keys: Buffer) -> bytes:
    """Filter keys of 8 bytes, big-endian, in ascending order, each once; runs already in order are only merged."""

def pack_buckets(records: Buffer, first: int, count: int, slots: int, finer: int) -> tuple[bytes, bytes]:
    """Pack records of 36 bytes, in any order, into `count` buckets from `first` on: count * slots * 32 bytes.

    A record's bucket index has `finer` (at most 32) low bits more than the buckets have. Entries are sorted by all
    their bytes, empty slots zero and last. Returns the buckets and their Merkle leaf hashes, count * 32 bytes (RFC 9162
    section 2.1.1). Raises BucketOverflow when a bucket has more entries than slots, ValueError for a record of another
    bucket and for an entry of zeros or twice in its bucket.
    """

def check_buckets(buckets: Buffer, slots: int) -> tuple[int, bytes]:
    """The number of entries in whole buckets and their leaf hashes, n * 32 bytes.

    Raises ValueError where a bucket's entries do not ascend or an empty slot is not last.
    """

def _blind_with(
    inputs: Sequence[Buffer], scalars: Buffer, mode: Literal["oprf", "voprf"] = "voprf"
) -> tuple[Blinds, bytes]:
    """`blind` with given blinds, for published vectors alone: a blind used twice links two checks."""

def _prove_with(elements: Buffer, evaluated: Buffer, key: SecretKey, random: Buffer) -> bytes:
    """`prove` with a given random scalar, for published vectors alone: one used twice gives the key away."""

def _derive_with(seed: Buffer, info: Buffer, mode: Literal["oprf", "voprf"]) -> SecretKey:
    """`SecretKey.derive` in a given mode, for published vectors alone."""
