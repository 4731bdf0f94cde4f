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
    "backend",
    "blind",
    "evaluate",
    "evaluate_and_prove",
    "finalize",
    "open_entry",
    "pack_buckets",
    "prove",
    "seal",
    "seal_elements",
    "set_threads",
    "shift",
    "shift_and_seal",
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
    """A 3-wise binary fuse filter over distinct 64-bit keys (SPEC.md section 10.3)."""

    @staticmethod
    def build(keys: Buffer, bits: int) -> FuseFilter:
        """Build from keys of 8 bytes, big-endian, each counted once, in any order; bits a slot are 8, 16 or 32."""
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
    def __len__(self) -> int:
        """The number of distinct keys."""

def set_threads(n: int) -> None:
    """Use n threads (1 to 1024) for bulk work in this process from now on."""

def threads() -> int:
    """How many threads bulk work uses: as set, else one a core."""

def backend() -> Literal["avx512ifma", "dalek-avx512ifma", "avx2", "serial"]:
    """The arithmetic of batches: eight lanes of our own, or what curve25519-dalek chooses here (`PILOOKUP_BACKEND`)."""

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

def seal_elements(elements: Buffer, labels: Buffer, channel: str, epoch: int, bits: int) -> tuple[bytes, bytes]:
    """Seal n labels under the tokens of n elements, for 2^bits buckets (bits 0 to 32); the tokens stay inside.

    Returns n * 36 bytes of records (bucket index as big-endian u32, entry) and n * 8 bytes of filter keys, in order.
    """

def shift_and_seal(
    elements: Buffer, labels: Buffer, key: SecretKey, channel: str, epoch: int, bits: int
) -> tuple[bytes, bytes]:
    """`shift` by the key and `seal_elements` in one: the shifted elements stay inside, and are not decoded again."""

def pack_buckets(records: Buffer, first: int, count: int, slots: int) -> bytes:
    """Pack records of 36 bytes, in any order, into `count` buckets from `first` on: count * slots * 32 bytes.

    Entries are sorted by all their bytes, empty slots zero and last. Raises BucketOverflow when a bucket has more
    entries than slots, ValueError for a record of another bucket and for an entry of zeros or twice in its bucket.
    """

def _blind_with(
    inputs: Sequence[Buffer], scalars: Buffer, mode: Literal["oprf", "voprf"] = "voprf"
) -> tuple[Blinds, bytes]:
    """`blind` with given blinds, for published vectors alone: a blind used twice links two checks."""

def _prove_with(elements: Buffer, evaluated: Buffer, key: SecretKey, random: Buffer) -> bytes:
    """`prove` with a given random scalar, for published vectors alone: one used twice gives the key away."""

def _derive_with(seed: Buffer, info: Buffer, mode: Literal["oprf", "voprf"]) -> SecretKey:
    """`SecretKey.derive` in a given mode, for published vectors alone."""
