//! Merges the rows of one partition from many segments into one row for each distinct element and account.

use super::row::{Row, row_bytes, sort_and_combine};
use crate::{error::Error, oprf::group::ELEMENT_BYTES};

/// Columns of rows in ascending order of element and account. Integers are little-endian.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// 32 bytes per row.
    pub elements: Vec<u8>,
    /// 16 bytes per row; zeros if the account is not known.
    pub accounts: Vec<u8>,
    /// u32: the number of rows without an account, each of which is one registration, if accounts are kept; otherwise 0.
    pub counts: Vec<[u8; 4]>,
    /// u16: the latest month.
    pub months: Vec<[u8; 2]>,
    /// The number of distinct elements.
    pub distinct: usize,
}

/// Merges segments of one partition. `accounts` is whether the rows have accounts.
///
/// # Errors
/// [`Error::Ragged`] if a segment is not a whole number of rows.
pub fn merge_segments<T: AsRef<[u8]>>(segments: &[T], accounts: bool) -> Result<Merged, Error> {
    let mut merged = Merged::default();
    sort_and_combine(&mut rows(segments, accounts)?, |row| {
        merged.distinct += usize::from(merged.elements.last_chunk::<ELEMENT_BYTES>() != Some(row.element));
        merged.elements.extend_from_slice(row.element);
        merged.accounts.extend_from_slice(&row.account);
        merged.counts.push(row.count.to_le_bytes());
        merged.months.push(row.month.to_le_bytes());
    });
    Ok(merged)
}

/// The number of distinct elements in segments. `accounts` is whether the rows have accounts.
///
/// # Errors
/// [`Error::Ragged`] if a segment is not a whole number of rows.
pub fn count_distinct<T: AsRef<[u8]>>(segments: &[T], accounts: bool) -> Result<usize, Error> {
    let (mut distinct, mut last) = (0, None);
    sort_and_combine(&mut rows(segments, accounts)?, |row| {
        distinct += usize::from(last.replace(row.element) != Some(row.element));
    });
    Ok(distinct)
}

fn rows<T: AsRef<[u8]>>(segments: &[T], accounts: bool) -> Result<Vec<Row<'_>>, Error> {
    let bytes: usize = segments.iter().map(|segment| segment.as_ref().len()).sum();
    let mut rows = Vec::with_capacity(bytes / row_bytes(accounts));
    for segment in segments {
        rows.extend(Row::all(segment.as_ref(), accounts)?);
    }
    Ok(rows)
}
