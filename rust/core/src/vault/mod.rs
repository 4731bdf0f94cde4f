//! The vault's rows and files: rows by partition, rows merged, bytes sealed (SPEC.md section 5).

mod merge;
mod partition;
mod sealing;

pub use merge::{Merged, count_distinct, merge};
pub use partition::{PARTITIONS, Parted, part};
pub use sealing::{open, seal};

use crate::group::ELEMENT_BYTES;

/// The size of an account's pseudonym; zeros where no account is known.
pub const ACCOUNT_BYTES: usize = 16;
const MONTH_BYTES: usize = 2;

/// Bytes of a row in a segment: element, month, and an account where accounts are kept.
///
/// A segment holds n rows of one partition column by column: n elements, n months (little-endian u16), n accounts.
const fn row_bytes(accounts: bool) -> usize {
    ELEMENT_BYTES + MONTH_BYTES + if accounts { ACCOUNT_BYTES } else { 0 }
}
