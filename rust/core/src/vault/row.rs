//! The rows of a load, and the segments that contain them.
//!
//! A segment contains rows of one partition, one after another. A row is 32 bytes of element, the month (u16) and, if
//! accounts are kept, the number of rows without an account that it combines (u32) and 16 bytes of account. Integers are
//! little-endian.

use super::{ACCOUNT_BYTES, MONTH_BYTES};
use crate::{
    error::Error,
    memory::encoding::head,
    oprf::group::{ELEMENT_BYTES, Encoded},
};

pub(super) type Account = [u8; ACCOUNT_BYTES];

const COUNT_BYTES: usize = 4;

/// The number of bytes of a row in a segment.
pub(super) const fn row_bytes(accounts: bool) -> usize {
    ELEMENT_BYTES + MONTH_BYTES + if accounts { COUNT_BYTES + ACCOUNT_BYTES } else { 0 }
}

/// One row. `first` is the first eight bytes of its element, which nearly always decide the order.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    first: u64,
    pub(super) element: &'a Encoded,
    pub(super) account: Account,
    pub(super) count: u32,
    pub(super) month: u16,
}

impl<'a> Row<'a> {
    /// A row of a file. Its count is one if accounts are kept and it has none.
    pub(super) fn new(element: &'a Encoded, month: u16, account: Option<Account>) -> Self {
        let count = u32::from(account == Some(Account::default()));
        Self { first: head(element), element, account: account.unwrap_or_default(), count, month }
    }

    /// The rows of a segment.
    pub(super) fn all(segment: &'a [u8], accounts: bool) -> Result<impl Iterator<Item = Self>, Error> {
        let unit = row_bytes(accounts);
        if !segment.len().is_multiple_of(unit) {
            return Err(Error::Ragged { what: "segment", length: segment.len(), unit });
        }
        Ok(segment.chunks_exact(unit).filter_map(Self::read))
    }

    /// Decodes a row. `None` if there are too few bytes.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (element, rest) = bytes.split_first_chunk()?;
        let (month, rest) = rest.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk().unwrap_or((&[0; COUNT_BYTES], rest));
        let account = rest.first_chunk().copied().unwrap_or_default();
        let (month, count) = (u16::from_le_bytes(*month), u32::from_le_bytes(*count));
        Some(Self { first: head(element), element, account, count, month })
    }

    /// Appends the row to a segment.
    pub(super) fn write(&self, segment: &mut Vec<u8>, accounts: bool) {
        segment.extend_from_slice(self.element);
        segment.extend_from_slice(&self.month.to_le_bytes());
        if accounts {
            segment.extend_from_slice(&self.count.to_le_bytes());
            segment.extend_from_slice(&self.account);
        }
    }

    fn same(&self, other: &Self) -> bool {
        self.element == other.element && self.account == other.account
    }
}

/// Sorts rows in ascending order of element and account. Calls `take` with one row for each element and account, with the
/// latest month and the sum of the counts.
pub(super) fn sort_and_combine<'a>(rows: &mut [Row<'a>], mut take: impl FnMut(Row<'a>)) {
    rows.sort_unstable_by(|a, b| {
        a.first.cmp(&b.first).then_with(|| a.element.cmp(b.element)).then_with(|| a.account.cmp(&b.account))
    });
    for group in rows.chunk_by(Row::same) {
        let mut row = group[0];
        for other in &group[1..] {
            row.count = row.count.saturating_add(other.count);
            row.month = row.month.max(other.month);
        }
        take(row);
    }
}
