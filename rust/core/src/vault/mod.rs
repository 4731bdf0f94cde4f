//! The rows and files of the vault: partitioning rows, merging rows, and sealing bytes.

mod dedup;
mod partition;
mod row;
mod sealed_ranges;
mod sealing;

pub use dedup::{Merged, count_distinct, merge_segments};
pub use partition::{COARSE_SPANS, PARTITIONS, Partitioned, partition_rows};
pub use sealed_ranges::{open_ranges, seal_ranges, sealed_ranges_bytes};
pub use sealing::{open, seal};

/// The size of an account pseudonym, which is all zeros if the account is not known.
pub const ACCOUNT_BYTES: usize = 16;
const MONTH_BYTES: usize = 2;
