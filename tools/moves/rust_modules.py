"""Move and rename the modules of the Rust core, and the names of `pilookup._core` that mislead. Run from the root.

It only moves and renames: files (`FILES`), items that change their file (`move_items`), paths in `use` (`MODULES`),
names in code and, in comments, names between backticks (`NAMES`), and other texts that name what moved (`TEXTS`). Every
entry must apply, and the script fails if an old name is left at the end.
"""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

CORE = Path("rust/core/src")
Names = tuple[str, ...]

FILES = {
    "dleq.rs": "oprf/dleq.rs",
    "each.rs": "oprf/dleq_single.rs",
    "group.rs": "oprf/group.rs",
    "key.rs": "oprf/key.rs",
    "points.rs": "oprf/point_batch.rs",
    "scalar.rs": "oprf/scalar.rs",
    "suite.rs": "oprf/suite.rs",
    "bulk.rs": "oprf/tokenise.rs",
    "voprf.rs": "oprf/voprf.rs",
    "expand.rs": "hash/expand.rs",
    "framed.rs": "hash/prefixed_sha512.rs",
    "framed/tests.rs": "hash/prefixed_sha512/tests.rs",
    "lanes/mod.rs": "simd/mod.rs",
    "lanes/sha512": "simd/sha512",
    "lanes/sha512.rs": "simd/sha512/mod.rs",
    "lanes/ristretto": "simd/ristretto",
    "lanes/absent.rs": "simd/ristretto/unsupported.rs",
    "simd/ristretto/mod.rs": "simd/ristretto/kernel.rs",
    "simd/ristretto/compiled.rs": "simd/ristretto/dispatch.rs",
    "simd/ristretto/bytes.rs": "simd/ristretto/codec.rs",
    "simd/ristretto/root.rs": "simd/ristretto/inverse_sqrt.rs",
    "bucket.rs": "entry/bucket.rs",
    "gcm_siv.rs": "entry/entry_cipher.rs",
    "seal.rs": "entry/seal.rs",
    "token.rs": "entry/token.rs",
    "merge.rs": "labels.rs",
    "encoding.rs": "memory/encoding.rs",
    "rows.rs": "memory/secret_rows.rs",
    "vault/merge.rs": "vault/dedup.rs",
    "intake/cut.rs": "intake/file_split.rs",
    "intake/distinct.rs": "intake/identifiers.rs",
}

# Where the paths of `use` statements lead: the longest that fits decides.
MODULES = {
    "crate::bucket": "crate::entry::bucket",
    "crate::bulk": "crate::oprf::tokenise",
    "crate::bulk::unpack": "crate::memory::encoding::unpack",
    "crate::dleq": "crate::oprf::dleq",
    "crate::each": "crate::oprf::dleq_single",
    "crate::encoding": "crate::memory::encoding",
    "crate::expand": "crate::hash::expand",
    "crate::expand::UNIFORM_BYTES": "crate::oprf::group::UNIFORM_BYTES",
    "crate::framed": "crate::hash::prefixed_sha512",
    "crate::fuse::Fingerprint": "crate::fuse::fingerprint::Fingerprint",
    "crate::fuse::Part": "crate::fuse::part::Part",
    "crate::fuse::part_of": "crate::fuse::part::part_of",
    "crate::gcm_siv": "crate::entry::entry_cipher",
    "crate::group": "crate::oprf::group",
    "crate::intake::cut": "crate::intake::file_split",
    "crate::intake::distinct": "crate::intake::identifiers",
    "crate::key": "crate::oprf::key",
    "crate::lanes": "crate::simd",
    "crate::lanes::ristretto::Instructions": "crate::simd::ristretto::kernel::Instructions",
    "crate::lanes::ristretto::avx2::field::Field": "crate::simd::ristretto::avx2::representation::Field",
    "crate::lanes::ristretto::avx2::field::LIMBS": "crate::simd::ristretto::avx2::representation::LIMBS",
    "crate::lanes::ristretto::avx2::field::Wide": "crate::simd::ristretto::avx2::representation::Wide",
    "crate::lanes::ristretto::bytes": "crate::simd::ristretto::codec",
    "crate::lanes::ristretto::compiled": "crate::simd::ristretto::dispatch",
    "crate::lanes::ristretto::root": "crate::simd::ristretto::inverse_sqrt",
    "crate::merge": "crate::labels",
    "crate::points": "crate::oprf::point_batch",
    "crate::rows": "crate::memory::secret_rows",
    "crate::scalar": "crate::oprf::scalar",
    "crate::seal": "crate::entry::seal",
    "crate::seal::LABEL_BYTES": "crate::entry::token::LABEL_BYTES",
    "crate::suite": "crate::oprf::suite",
    "crate::token": "crate::entry::token",
    "crate::vault::merge": "crate::vault::dedup",
    "crate::voprf": "crate::oprf::voprf",
}

LIB = """
pub mod entry;
mod error;
pub mod fuse;
mod hash;
pub mod intake;
pub mod labels;
mod memory;
pub mod oprf;
mod pool;
mod simd;
pub mod spill;
pub mod vault;

pub use entry::token::{Context, LABEL_BYTES, TOKEN_BYTES, tokens};
pub use error::Error;
pub use oprf::{group::ELEMENT_BYTES, key::SecretKey, scalar::SCALAR_BYTES, suite::Mode};
pub use pool::{set_threads, threads};
pub use simd::backend;
"""

NEW_MODULES = {
    "entry/mod.rs": """//! Entries: tokens, labels sealed under them, and the buckets that entries are packed into.

pub mod bucket;
mod entry_cipher;
pub mod seal;
pub(crate) mod token;
""",
    "hash/mod.rs": """//! SHA-512 of many messages at once, and the `expand_message_xmd` made of it.

pub(crate) mod expand;
pub(crate) mod prefixed_sha512;
""",
    "memory/mod.rs": """//! Buffers: their items, and rows that are cleared when dropped.

pub(crate) mod encoding;
pub(crate) mod secret_rows;
""",
    "oprf/mod.rs": """//! RFC 9497 over ristretto255-SHA512: suite, keys, batches of points, proofs, bulk operations.

mod dleq;
mod dleq_single;
pub(crate) mod group;
pub(crate) mod key;
pub(crate) mod point_batch;
pub(crate) mod scalar;
pub(crate) mod suite;
pub(crate) mod tokenise;
pub mod voprf;

pub use tokenise::{shift, tokenise, tokenise_packed};
""",
}

RISTRETTO_MODULES = """
mod arithmetic;
mod avx2;
mod avx512;
mod batch;
mod codec;
mod comb;
mod constants;
mod decode;
mod dispatch;
mod elligator;
mod encode;
mod inverse_sqrt;
mod kernel;
mod limbs;
mod multiply;
mod point;
#[cfg(test)]
mod tests;
mod vector;

pub(crate) use self::{
    batch::Flaw,
    kernel::{Combs, Kernel, Points},
};
"""

# Names of `pilookup._core`; the functions of the core behind them have the same names.
PYTHON = {
    "account_tags": "account_pseudonyms",
    "cut_text": "split_text",
    "distinct_keys": "sort_unique_keys",
    "lay_out": "pack_buckets",
    "merge_load": "merge_segments",
    "merge_rows": "merge_labels",
    "part_rows": "partition_rows",
}

FRAMED = {"Framed": "PrefixedSha512"}
POINTS = {"Points": "PointBatch"}
COMPILED = {"Compiled": "Dispatch"}
STAYS = {"stays": "refuse_copy"}

# Whole words of code, by file; in comments between backticks alone, in literals never.
NAMES: dict[str, dict[str, str]] = {
    "error.rs": {"Place": "UnknownItem"},
    "labels.rs": {"merge_rows": "merge_labels", "place": "index"},
    "spill.rs": {"distinct_keys": "sort_unique_keys", "place": "position"},
    "entry/bucket.rs": {"LaidOut": "PackedBuckets", "lay_out": "pack_buckets", "place": "offset"},
    "entry/entry_cipher.rs": {"Sealing": "EntryCipher", "part": "chunk", "sealing": "entry_cipher"},
    "entry/seal.rs": {"Sealing": "EntryCipher", "bound": "aad", "sealing": "cipher", "split": "columns_of"},
    "entry/token.rs": {**FRAMED, **POINTS},
    "fuse/build.rs": {"place": "index", "places": "indices"},
    "fuse/layout.rs": {"places": "slot_indices"},
    "fuse/part.rs": {"places": "slot_indices"},
    "hash/expand.rs": {**FRAMED, "lay": "write"},
    "hash/prefixed_sha512.rs": {**FRAMED, "lay": "write", "part": "slice"},
    "hash/prefixed_sha512/tests.rs": FRAMED,
    "intake/account.rs": {
        "Place": "UnknownItem",
        "account_tags": "account_pseudonyms",
        "part": "slice",
        "parts": "slices",
        "place": "index",
        "tag": "pseudonym",
        "tags": "pseudonyms",
    },
    "intake/extract.rs": {"Distinct": "DistinctIdentifiers", "Span": "ByteRange", "place": "index", "span": "range"},
    "intake/file_split.rs": {"Cut": "FileSplit", "cut": "split"},
    "intake/identifiers.rs": {"Distinct": "DistinctIdentifiers", "place": "index_of", "places": "indices"},
    "intake/phone.rs": {"dressed": "with_affixes"},
    "intake/record.rs": {"cut": "separate", "cut_at_dashes": "separate_at_dashes"},
    "intake/scan.rs": {"place": "digit"},
    "oprf/dleq.rs": {**POINTS, "place": "index"},
    "oprf/point_batch.rs": {**POINTS, "place": "index"},
    "oprf/suite.rs": {"parts": "slices"},
    "oprf/tokenise.rs": POINTS,
    "oprf/voprf.rs": POINTS,
    "simd/ristretto/batch.rs": {**COMPILED, "place": "index", "places": "indices"},
    "simd/ristretto/comb.rs": {"PART": "SPACING", "part": "tooth"},
    "simd/ristretto/dispatch.rs": COMPILED,
    "simd/ristretto/inverse_sqrt.rs": {"settle": "correct_root"},
    "simd/ristretto/multiply.rs": {"place": "index"},
    "simd/ristretto/tests/cost.rs": COMPILED,
    "simd/ristretto/tests/edges.rs": {**COMPILED, "place": "index"},
    "simd/ristretto/tests/equality.rs": {"place": "index"},
    "simd/sha512/mod.rs": {"lay": "write", "part": "slice", "parts": "slices"},
    "vault/dedup.rs": {"merge": "merge_segments", "settle": "sort_and_combine"},
    "vault/partition.rs": {
        "Parted": "Partitioned",
        "Place": "UnknownItem",
        "RANGES": "COARSE_SPANS",
        "lay_out": "write_segments",
        "part": "partition_rows",
        "place": "index_of_element",
        "settle": "sort_and_combine",
    },
    "vault/row.rs": {"settle": "sort_and_combine"},
    "vault/sealing.rs": {"bound": "aad", "bound_of": "aad_of"},
}

# The same outside the core's sources, by path from `rust/`.
NAMES_OUTSIDE: dict[str, dict[str, str]] = {
    "binding/src/convert.rs": {**STAYS, "told": "attached"},
    "binding/src/intake.rs": {
        "Chosen": "ColumnTuple",
        "Named": "DialectTuple",
        "account_tags": "account_pseudonyms",
        "cut": "split",
        "cut_text": "split_text",
    },
    "binding/src/key.rs": STAYS,
    "binding/src/oprf.rs": STAYS,
    "binding/src/publish.rs": {
        "distinct_keys": "sort_unique_keys",
        "laid": "packed",
        "lay_out": "pack_buckets",
        "merge_rows": "merge_labels",
    },
    "binding/src/vault.rs": {
        "Parted": "Partitioned",
        "bound": "aad",
        "merge_load": "merge_segments",
        "part_rows": "partition_rows",
        "parted": "partitioned",
    },
    "core/tests/intake.rs": {
        "by_pieces": "by_splits",
        "cut": "split_text",
        "piece": "split",
        "pieces": "splits",
        "place": "first",
    },
    "core/tests/properties.rs": {"laid_out": "packed", "lay_out": "pack_buckets"},
    "fuzz/fuzz_targets/records.rs": {"laid_out": "packed", "lay_out": "pack_buckets"},
}

# What a file uses besides from now on, and what no more, since items move (see `move_items`).
USED_BESIDES = {
    "entry/seal.rs": ["crate::entry::token::LABEL_BYTES"],
    "hash/expand.rs": ["crate::oprf::group::UNIFORM_BYTES"],
    "oprf/tokenise.rs": ["crate::memory::encoding::unpack"],
    "simd/ristretto/avx2/field.rs": [
        "crate::simd::ristretto::avx2::representation::Field",
        "crate::simd::ristretto::avx2::representation::LIMBS",
        "crate::simd::ristretto::avx2::representation::Wide",
    ],
    "simd/ristretto/batch.rs": ["crate::oprf::group::ELEMENT_BYTES", "crate::simd::ristretto::comb::Comb"],
    "simd/ristretto/kernel.rs": ["crate::simd::ristretto::batch", "crate::simd::ristretto::batch::Flaw"],
}
USED_NO_MORE = {
    "simd/ristretto/batch.rs": ["crate::simd::ristretto::Flaw", "crate::simd::ristretto::comb::Combs"],
    "simd/ristretto/comb.rs": [
        "crate::oprf::group::ELEMENT_BYTES",
        "crate::oprf::group::Encoded",
        "crate::simd::ristretto::batch::Batch",
        "crate::simd::ristretto::dispatch::Compiled",
    ],
}

# Other texts, by path from the root, after all names above have changed.
TEXTS: dict[str, list[tuple[str, str]]] = {
    "Makefile": [("lanes::ristretto::tests::arithmetic", "simd::ristretto::tests::arithmetic")],
    "tests/backends.sh": [("--skip lanes::", "--skip simd::")],
    "docs/adr/0007-kernel.md": [
        ("rust/core/src/lanes/ristretto", "rust/core/src/simd/ristretto"),
        ("`compiled.rs`", "`dispatch.rs`"),
        ("`lanes/ristretto`", "`simd/ristretto`"),
    ],
    "docs/adr/0008-hashing-and-sealing.md": [
        ("`lanes/sha512.rs`", "`simd/sha512`"),
        ("`gcm_siv.rs`", "`entry_cipher.rs`"),
        ("`Framed`", "`PrefixedSha512`"),
    ],
    "docs/adr/0011-waiting-requests.md": [("core/src/each.rs", "core/src/oprf/dleq_single.rs")],
    "pilookup/_core.pyi": [("bound: Buffer", "aad: Buffer"), ("`bound`", "`aad`")],
    "tests/custody/test_custody_steps.py": [('_core, "merge_load"', '_core, "merge_segments"')],
    "rust/Cargo.toml": [("in the core only the lanes may", "in the core only `simd` may")],
    "rust/binding/src/entry.rs": [("Context, seal as sealing", "Context, entry::seal as sealing")],
    "rust/binding/src/intake.rs": [("intake::split(", "intake::split_text(")],
    "rust/binding/src/lib.rs": [
        ("mod snapshot;", "mod entry;"),
        ("snapshot::register", "entry::register"),
        ("core::voprf::", "core::oprf::voprf::"),
        ("core::seal::LABEL_BYTES", "core::LABEL_BYTES"),
        ("core::seal::", "core::entry::seal::"),
    ],
    "rust/binding/src/oprf.rs": [("Mode, bulk, voprf}", "Mode, oprf::{self, voprf}}"), ("bulk::", "oprf::")],
    "rust/binding/src/publish.rs": [
        ("    bucket,\n    merge::{self,", "    entry::bucket,\n    labels::{self,"),
        ("merge::merge_labels", "labels::merge_labels"),
    ],
    "rust/binding/src/vault.rs": [
        ("vault::part(", "vault::partition_rows("),
        ("vault::merge(", "vault::merge_segments("),
    ],
    "rust/core/benches/kernel.rs": [
        ("SecretKey, bulk, voprf}", "SecretKey, oprf::{self, voprf}}"),
        ("bulk::", "oprf::"),
    ],
    "rust/core/tests/intake.rs": [("Scanned, split_text, extract}", "Scanned, extract, split_text}")],
    "rust/core/tests/properties.rs": [
        (
            "SecretKey, bucket, bulk, seal, tokens, voprf}",
            "SecretKey, entry::{bucket, seal}, oprf::{self, voprf}, tokens}",
        ),
        ("bulk::", "oprf::"),
    ],
    "rust/core/tests/rfc9497.rs": [
        ("SecretKey, bulk, voprf}", "SecretKey, oprf::{self, voprf}}"),
        ("bulk::", "oprf::"),
    ],
    "rust/core/tests/constant_time/subjects.rs": [
        (
            "{Context, Mode, SecretKey, bulk, seal, voprf}",
            "{Context, LABEL_BYTES, Mode, SecretKey, entry::seal, oprf::{self, voprf}}",
        ),
        ("bulk::", "oprf::"),
        ("seal::LABEL_BYTES", "LABEL_BYTES"),
    ],
    "rust/fuzz/fuzz_targets/elements.rs": [
        (
            "{Context, Error, SecretKey, bulk, seal, tokens}",
            "{Context, Error, LABEL_BYTES, SecretKey, entry::seal, oprf, tokens}",
        ),
        ("bulk::", "oprf::"),
        ("seal::LABEL_BYTES", "LABEL_BYTES"),
    ],
    "rust/fuzz/fuzz_targets/entry.rs": [
        ("{Context, seal}", "{Context, LABEL_BYTES, entry::seal}"),
        ("seal::LABEL_BYTES", "LABEL_BYTES"),
    ],
    "rust/fuzz/fuzz_targets/records.rs": [
        ("SecretKey, bucket, bulk, seal::RECORD_BYTES}", "SecretKey, entry::{bucket, seal::RECORD_BYTES}, oprf}"),
        ("bulk::", "oprf::"),
    ],
    "rust/core/src/entry/bucket.rs": [
        ("struct Range {", "struct BucketRange {"),
        ("impl Range {", "impl BucketRange {"),
        (", Range { first, count, finer }", ", BucketRange { first, count, finer }"),
        ("range: Range,", "range: BucketRange,"),
        ("let Range {", "let BucketRange {"),
    ],
    "rust/core/src/entry/seal.rs": [("bulk::shift", "tokenise::shift")],
    "rust/core/src/fuse/build.rs": [("layout.indices(", "layout.slot_indices(")],
    "rust/core/src/fuse/mod.rs": [
        ("use fingerprint::Fingerprint;\n", ""),
        ("use part::Part;", "use part::{Part, part_of};"),
    ],
    "rust/core/src/hash/prefixed_sha512.rs": [("lanes::sha512()", "simd::sha512_lanes()")],
    "rust/core/src/hash/prefixed_sha512/tests.rs": [("lanes::sha512()", "simd::sha512_lanes()")],
    "rust/core/src/intake/extract.rs": [
        ("self.distinct.index(number)", "self.distinct.index_of(number)"),
        ("for (index, field) in", "for (chunk, field) in"),
        ("index.copy_from_slice", "chunk.copy_from_slice"),
    ],
    "rust/core/src/intake/file_split.rs": [("pub fn split(", "pub fn split_text(")],
    "rust/core/src/intake/mod.rs": [
        ("mod cut;", "mod file_split;"),
        ("mod distinct;", "mod identifiers;"),
        ("account::account_tags", "account::account_pseudonyms"),
        ("cut::{Cut, cut}", "file_split::{FileSplit, split_text}"),
    ],
    "rust/core/src/oprf/dleq_single.rs": [
        ("lanes::ristretto()", "simd::ristretto_kernel()"),
        ("[`crate::points::Points::encode_doubles`]", "[`super::point_batch::PointBatch::encode_doubles`]"),
    ],
    "rust/core/src/oprf/key.rs": [
        ("[`crate::group::encode_doubles`]", "[`super::point_batch::PointBatch::encode_doubles`]"),
    ],
    "rust/core/src/oprf/point_batch.rs": [
        ("lanes::ristretto()", "simd::ristretto_kernel()"),
        ("ristretto::PointBatch", "ristretto::Points"),
    ],
    "rust/core/src/simd/mod.rs": [
        ('"absent.rs"', '"ristretto/unsupported.rs"'),
        ("fn ristretto()", "fn ristretto_kernel()"),
        ("fn sha512()", "fn sha512_lanes()"),
        ("Ok(ristretto()?", "Ok(ristretto_kernel()?"),
    ],
    "rust/core/src/simd/ristretto/arithmetic.rs": [("[`super::compiled`]", "[`super::dispatch`]")],
    "rust/core/src/simd/ristretto/avx2/field.rs": [("crate::lanes::", "crate::simd::")],
    "rust/core/src/simd/ristretto/avx512/field.rs": [("crate::lanes::", "crate::simd::")],
    "rust/core/src/simd/ristretto/avx2/mod.rs": [
        ("mod field;\n", "mod field;\nmod instructions;\n"),
        ("mod product;\n", "mod product;\nmod representation;\n"),
        ("use field::Field;", "use instructions::Avx2;\npub(super) use representation::Field;"),
    ],
    "rust/core/src/simd/ristretto/avx512/mod.rs": [
        ("mod field;\n", "mod field;\nmod instructions;\n"),
        ("use field::Field;", "use field::Field;\npub(super) use instructions::Avx512;"),
    ],
    "rust/core/src/simd/ristretto/batch.rs": [
        ("fn index<L", "fn first_index<L"),
        ("index::<L>(", "first_index::<L>("),
    ],
    "rust/core/src/simd/ristretto/decode.rs": [("bytes::read_canonical", "codec::read_canonical")],
    "rust/core/src/simd/ristretto/dispatch.rs": [
        ("macro_rules! compiled", "macro_rules! dispatch"),
        ("compiled!(", "dispatch!("),
    ],
    "rust/core/src/simd/ristretto/elligator.rs": [("bytes::read_halves", "codec::read_halves")],
    "rust/core/src/simd/ristretto/encode.rs": [("bytes::write", "codec::write")],
    "rust/core/src/simd/ristretto/kernel.rs": [
        ("struct Kernel(Instructions)", "struct Kernel(pub(super) Instructions)"),
        ("\nenum Instructions", "\npub(super) enum Instructions"),
        ("comb::Combs<", "batch::Combs<"),
    ],
    "rust/core/src/simd/ristretto/mod.rs": [("[`compiled`]", "[`dispatch`]")],
    "rust/core/src/simd/ristretto/multiply.rs": [
        ("Some(index) = points.get_mut(n)", "Some(multiple) = points.get_mut(n)"),
        ("*index = next;", "*multiple = next;"),
    ],
    "rust/core/src/simd/ristretto/tests/arithmetic.rs": [
        ("bytes::write", "codec::write"),
        ("bytes::read_canonical", "codec::read_canonical"),
    ],
    "rust/core/src/simd/ristretto/tests/cost.rs": [("bytes::read_halves", "codec::read_halves")],
    "rust/core/src/simd/ristretto/tests/mod.rs": [
        ("crate::lanes::ristretto::Instructions", "crate::simd::ristretto::kernel::Instructions"),
        ("crate::lanes::", "crate::simd::"),
    ],
    "rust/core/src/simd/ristretto/vector.rs": [("crate::lanes::", "crate::simd::")],
    "rust/core/src/vault/mod.rs": [
        ("mod merge;", "mod dedup;"),
        ("merge::{Merged, count_distinct, merge}", "dedup::{Merged, count_distinct, merge_segments}"),
        ("{PARTITIONS, Parted, RANGES, part}", "{COARSE_SPANS, PARTITIONS, Partitioned, partition_rows}"),
    ],
}

# What no file may name any more; the folder of this script is left out.
GONE = [
    r"\blanes::",
    r"\blanes/",
    r"core/src/lanes",
    r"\b(?:absent|bulk|compiled|each|framed|gcm_siv|points)\.rs\b",
    r"core/src/(?:bucket|dleq|encoding|expand|group|key|merge|rows|scalar|seal|suite|token|voprf)\.rs",
    r"\bcrate::(?:bucket|bulk|dleq|each|encoding|expand|framed|gcm_siv|group|lanes|merge|points|rows|scalar|seal|suite)\b",
    r"\bpilookup_core::(?:bucket|bulk|merge|seal|voprf)\b",
    r"\b(?:account_tags|cut_text|distinct_keys|lay_out|merge_load|merge_rows|part_rows)\b",
    r"\b(?:LaidOut|Parted|Framed)\b",
]

# Comments and literals; a lifetime is neither. A comment is told from a literal by its first character.
_TOKENS = re.compile(
    r"""(//[^\n]*|/\*.*?\*/|b?r(?:#*)"[^"]*"(?:#*)|b?"(?:\\.|[^"\\])*"|b?'(?:\\[^\n]+?|[^\\'])')""",
    re.DOTALL,
)
_USE = re.compile(r"^(pub )?use ((?:crate|super|self)::[^;]+);\n", re.MULTILINE)


def main() -> None:
    """Do all of it, format, and refuse to end while anything names what is gone."""
    for file in sorted(CORE.rglob("*.rs")):
        edit(file, with_moved_paths, file.relative_to(CORE))
    for old, new in FILES.items():
        move(CORE / old, CORE / new)
    move(Path("rust/binding/src/snapshot.rs"), Path("rust/binding/src/entry.rs"))
    move_items()
    for name, names in NAMES.items():
        edit(CORE / name, renamed, names)
    for name, names in NAMES_OUTSIDE.items():
        edit(Path("rust") / name, renamed, names)
    rename_in_python()
    for name, texts in TEXTS.items():
        for old, new in texts:
            edit(Path(name), replaced, old, new)
    subprocess.run(["git", "add", "--all", "rust"], check=True)
    subprocess.run(["cargo", "fmt"], check=True, cwd="rust")
    subprocess.run(["cargo", "fmt"], check=True, cwd="rust/fuzz")
    refuse_what_is_gone()


def edit(file: Path, change: Callable[..., str], *arguments: object) -> None:
    """Replace a file's text by what `change` makes of it and the arguments."""
    text = file.read_text(encoding="utf-8")
    changed = change(text, *arguments)
    if changed != text:
        file.write_text(changed, encoding="utf-8")


def replaced(text: str, old: str, new: str) -> str:
    """The text with every `old` replaced; there must be one."""
    if old not in text:
        raise ValueError(f"nowhere to replace {old!r}")
    return text.replace(old, new)


def move(old: Path, new: Path) -> None:
    """Move a file or folder, the folder that it goes to made first."""
    new.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "mv", str(old), str(new)], check=True)


def moved(file: Path) -> Path:
    """Where a file of the core goes."""
    for old, new in FILES.items():
        if file == Path(old) or Path(old) in file.parents:
            file = Path(new) / file.relative_to(old)
    return file


def renamed(text: str, names: dict[str, str]) -> str:
    """Rust code with whole words replaced: in code, and in comments between backticks. Each must be there."""
    word = re.compile(rf"\b(?:{'|'.join(names)})\b")
    found = set()

    def new(match: re.Match[str]) -> str:
        found.add(match[0])
        return names[match[0]]

    def changed(token: str) -> str:
        if token.startswith(("//", "/*")):
            return re.sub(r"`[^`\n]*`", lambda quoted: word.sub(new, quoted[0]), token)
        return token if _TOKENS.fullmatch(token) else word.sub(new, token)

    result = "".join(changed(token) for token in _TOKENS.split(text))
    if missing := names.keys() - found:
        raise ValueError(f"nowhere to rename {sorted(missing)}")
    return result


def module_of(file: Path) -> Names:
    """The path of the module that a file of the core is."""
    names = ("crate", *file.with_suffix("").parts)
    return names[:-1] if names[-1] in {"mod", "lib"} else names


def with_moved_paths(text: str, file: Path) -> str:
    """The text with its `use crate` and `use super` statements as they must be after the move."""
    own, own_new = module_of(file), module_of(moved(file))
    besides = [tuple(path.split("::")) for path in USED_BESIDES.get(str(moved(file)), [])]
    dropped = {tuple(path.split("::")) for path in USED_NO_MORE.get(str(moved(file)), [])}
    for public in ("pub ", ""):
        statements = [match for match in _USE.finditer(text) if (match[1] or "") == public]
        statements = [match for match in statements if own != own_new or not match[2].startswith("self::")]
        written = [path for match in statements for path in expanded(match[2])]
        before = [absolute(path, own) for path in written]
        after = [new_path(path) for path in before]
        if after == before and (own == own_new or file.name == "mod.rs"):
            continue
        if not public:
            written += besides
            after += besides
        shown = [
            relative(path, own_new, max(1, old.count("super")))
            for path, old in zip(after, written, strict=True)
            if path not in dropped
        ]
        emitted = "".join(f"{public}use {tree};\n" for tree in trees(shown))
        for match in reversed(statements[1:]):
            text = text[: match.start()] + text[match.end() :]
        text = text[: statements[0].start()] + emitted + text[statements[0].end() :] if statements else text
    return text


def expanded(tree: str, before: Names = ()) -> Iterator[Names]:
    """The paths of a use tree such as `a::{self, b::{C, D}}`."""
    tree = tree.strip()
    head, brace, inner = tree.partition("{")
    if brace:
        for branch in branches(inner.rpartition("}")[0]):
            yield from expanded(branch, (*before, *(name for name in head.strip().split("::") if name)))
    elif tree:
        names = tuple(name.strip() for name in tree.split("::"))
        yield (*before, *(names[:-1] if names[-1] == "self" else names))


def branches(inner: str) -> Iterator[str]:
    """What stands between the commas of a brace, nested braces left whole."""
    depth, branch = 0, ""
    for character in inner:
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            yield branch
            branch = ""
        else:
            branch += character
    yield branch


def absolute(path: Names, own: Names) -> Names:
    """A path of a use statement of the module `own`, from the root of the crate."""
    if path[0] == "crate":
        return path
    while path[0] in {"self", "super"}:
        own = own if path[0] == "self" else own[:-1]
        path = path[1:]
    return (*own, *path)


def new_path(path: Names) -> Names:
    """Where a path leads after the move."""
    for length in range(len(path), 0, -1):
        if (found := MODULES.get("::".join(path[:length]))) is not None:
            return (*found.split("::"), *path[length:])
    return path


def relative(path: Names, own: Names, most_ups: int) -> Names:
    """The path as module `own` writes it: by `self`, or by `super`, so many times at most and not from the root."""
    if path[: len(own)] == own:
        return ("self", *path[len(own) :])
    for ups in range(1, min(most_ups, len(own) - 2) + 1):
        if path[: len(own) - ups] == own[:-ups]:
            return (*["super"] * ups, *path[len(own) - ups :])
    return path


def trees(paths: Iterable[Names]) -> list[str]:
    """The use trees that import the paths, one for each first name."""
    grouped: dict[str, set[Names]] = {}
    for first, *rest in paths:
        grouped.setdefault(first, set()).add(tuple(rest))
    return [tree(first, rests) for first, rests in sorted(grouped.items(), reverse=True)]


def tree(name: str, rests: set[Names]) -> str:
    """One use tree: a name and what is imported below it; the empty path stands for the name itself."""
    below = trees(rest for rest in rests if rest)
    inner = (["self"] if () in rests and below else []) + below
    if not inner:
        return name
    return f"{name}::{inner[0]}" if len(inner) == 1 else f"{name}::{{{', '.join(inner)}}}"


def take(file: str, start: str, end: str) -> str:
    """Cut what stands from `start` up to `end` out of a file of the core."""
    text = (CORE / file).read_text(encoding="utf-8")
    begin = text.index(start)
    stop = text.index(end, begin)
    (CORE / file).write_text(text[:begin] + text[stop:], encoding="utf-8")
    return text[begin:stop]


def put(file: str, before: str, item: str) -> None:
    """Put an item before the first of a text of a file of the core; at the end where that is empty."""
    text = (CORE / file).read_text(encoding="utf-8")
    at = text.index(before) if before else len(text)
    (CORE / file).write_text(text[:at] + item + text[at:], encoding="utf-8")


def replace_in_core(file: str, old: str, new: str) -> None:
    """Replace a text in a file of the core."""
    edit(CORE / file, replaced, old, new)


def move_items() -> None:
    """The items that change their file, and the files that are new."""
    for file, text in NEW_MODULES.items():
        (CORE / file).write_text(text, encoding="utf-8")
    lib = (CORE / "lib.rs").read_text(encoding="utf-8")
    (CORE / "lib.rs").write_text(lib.partition("\npub mod")[0] + LIB, encoding="utf-8")

    constant = "pub(crate) const UNIFORM_BYTES: usize = 64;\n"
    comment = take("hash/expand.rs", "/// 64 bytes out of", "pub(crate) const UNIFORM_BYTES")
    take("hash/expand.rs", constant, "/// The longest tag")
    put("hash/expand.rs", "pub(crate) struct Expander", comment)
    sized = "/// The size of the uniform bytes that an element is derived from (RFC 9496 section 4.3.4).\n"
    put("oprf/group.rs", "/// An encoded element.", sized + constant)

    put(
        "entry/token.rs",
        "/// The size of the tag",
        take("entry/seal.rs", "/// The size of a label", "/// The size of an"),
    )
    put(
        "memory/encoding.rs",
        "/// The first eight",
        take("oprf/tokenise.rs", "pub(crate) fn unpack", "/// `key * element`"),
    )
    part_of = take("fuse/mod.rs", "/// The part of a key", "/// A bit for each key")
    put("fuse/part.rs", "", "\n" + part_of.rstrip().replace("\nfn part_of", "\npub(super) fn part_of") + "\n")

    combs = (CORE / "simd/ristretto/comb.rs").read_text(encoding="utf-8")
    combs, found, moved_combs = combs.partition("/// Points in lanes that are multiplied more than once")
    (CORE / "simd/ristretto/comb.rs").write_text(combs.rstrip() + "\n", encoding="utf-8")
    replace_in_core("simd/ristretto/comb.rs", "use curve25519_dalek::Scalar;\n", "")
    put("simd/ristretto/batch.rs", "/// The place of the first lane", found + moved_combs + "\n")

    for folder, name in (("avx2", "AVX2"), ("avx512", "AVX-512 IFMA")):
        found = take(f"simd/ristretto/{folder}/mod.rs", "/// The proof that", "impl Lanes for")
        found = (
            found.rstrip()
            .replace("(());", "(pub(super) ());")
            .replace("pub(super) struct", "pub(in super::super) struct")
        )
        found = found.replace("pub(super) fn", "pub(in super::super) fn")
        (CORE / f"simd/ristretto/{folder}/instructions.rs").write_text(
            f"//! {name}, found on this machine.\n\n{found}\n", encoding="utf-8"
        )
    sizes = take("simd/ristretto/avx2/field.rs", "/// Limbs of an element", "/// Bits of a limb")
    found = take("simd/ristretto/avx2/field.rs", "/// Four field elements with", "/// The limbs of p.")
    replace_in_core("simd/ristretto/avx2/field.rs", "use zeroize::Zeroize;\n\n", "")
    imports = "use zeroize::Zeroize;\n\nuse super::Vector;\n\n"
    (CORE / "simd/ristretto/avx2/representation.rs").write_text(
        f"//! What `field` computes with: limbs and columns.\n\n{imports}{sizes}\n{found.rstrip()}\n", encoding="utf-8"
    )

    header = take("simd/ristretto/kernel.rs", "//!", "use ")
    (CORE / "simd/ristretto/mod.rs").write_text(header.partition("\nmod ")[0] + RISTRETTO_MODULES, encoding="utf-8")
    flaw = take("simd/ristretto/kernel.rs", "/// What is wrong with", "/// The proof that")
    put("simd/ristretto/batch.rs", "/// As many points as", flaw)
    put(
        "simd/ristretto/kernel.rs",
        "use ",
        "//! The kernel of the machine's instructions, and points and combs in its lanes.\n\n",
    )


def rename_in_python() -> None:
    """The names of `pilookup._core` in its stub and where Python calls them."""
    old = "|".join(PYTHON)
    stub = Path("pilookup/_core.pyi")
    edit(stub, renamed_in_python, rf"\b(?:{old})\b")
    edit(stub, with_sorted_names)
    for folder in ("pilookup", "server", "tests", "benchmarks", "examples"):
        for file in sorted(Path(folder).rglob("*.py")):
            edit(file, renamed_in_python, rf"(?<=\b_core\.)(?:{old})\b")


def renamed_in_python(text: str, old: str) -> str:
    """The text with what the pattern `old` finds replaced by its new name."""
    return re.sub(old, lambda match: PYTHON[match[0]], text)


def with_sorted_names(stub: str) -> str:
    """The stub with the functions in its `__all__` in order."""
    names = re.search(r'(?:    "[a-z_]+",\n)+', stub)
    if names is None:
        raise ValueError("no functions in the stub's __all__")
    return stub[: names.start()] + "".join(sorted(names[0].splitlines(keepends=True))) + stub[names.end() :]


def refuse_what_is_gone() -> None:
    """Fail where a file of the repository still names what has another name now."""
    gone = re.compile("|".join(GONE))
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    )
    left = []
    for name in listed.stdout.splitlines():
        if name.startswith("tools/") or not Path(name).is_file():
            continue
        try:
            lines = Path(name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        left += [f"{name}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if gone.search(line)]
    if left:
        raise SystemExit("still named:\n" + "\n".join(left))


if __name__ == "__main__":
    main()
