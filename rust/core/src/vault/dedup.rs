//! The rows of one partition, out of many segments: one for each distinct element and account.

use super::row::{Row, row_bytes, sort_and_combine};
use crate::{error::Error, oprf::group::ELEMENT_BYTES};

/// Rows in ascending order of element and account, column by column. Integers are little-endian.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// 32 bytes a row.
    pub elements: Vec<u8>,
    /// 16 bytes a row, zeros where no account is known.
    pub accounts: Vec<u8>,
    /// u32: rows without an account that stand for one registration each, where accounts are kept; else 0.
    pub counts: Vec<[u8; 4]>,
    /// u16: the latest month.
    pub months: Vec<[u8; 2]>,
    /// How many distinct elements there are.
    pub distinct: usize,
}

/// Merges segments of one partition; `accounts` says whether accounts are kept.
///
/// # Errors
/// A segment that is not a whole number of rows.
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

/// How many distinct elements there are in segments.
///
/// # Errors
/// A segment that is not a whole number of rows.
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
