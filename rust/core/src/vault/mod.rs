//! The vault's rows and files: rows by partition, rows merged, bytes sealed (SPEC.md section 5).

mod dedup;
mod partition;
mod row;
mod sealing;

pub use dedup::{Merged, count_distinct, merge_segments};
pub use partition::{COARSE_SPANS, PARTITIONS, Partitioned, partition_rows};
pub use sealing::{open, open_pieces, seal, seal_pieces};

/// The size of an account's pseudonym; zeros where no account is known.
pub const ACCOUNT_BYTES: usize = 16;
const MONTH_BYTES: usize = 2;
