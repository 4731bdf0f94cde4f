//! Groups the rows of a file split by partition, and by coarse span within a partition.

use std::collections::HashSet;

use super::{
    ACCOUNT_BYTES, MONTH_BYTES,
    row::{Row, row_bytes, sort_and_combine},
};
use crate::{
    error::Error,
    memory::encoding::{items, same_count},
    oprf::group::{ELEMENT_BYTES, Encoded},
};

/// The number of partitions. A partition is the low six bits of the second byte of an element; the lowest bit of the first
/// byte is always 0.
pub const PARTITIONS: usize = 64;
/// The number of coarse spans of a partition. A coarse span is the upper six bits of the first byte of an element, so that
/// coarse spans ascend as the elements of a partition do.
pub const COARSE_SPANS: usize = 64;

const BINS: usize = PARTITIONS * COARSE_SPANS;

/// Rows grouped by partition and coarse span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitioned {
    /// The segments of all coarse spans of all partitions, one after another.
    pub segments: Vec<u8>,
    /// The number of rows in each coarse span of each partition.
    pub counts: Vec<u32>,
    /// The number of rows that were left out because their element is erased.
    pub erased: usize,
}

fn bin_of(element: &Encoded) -> usize {
    usize::from(element[1]) % PARTITIONS * COARSE_SPANS + usize::from(element[0]) * COARSE_SPANS / 256
}

/// Groups rows by partition and coarse span, with one row for each distinct element and account. Row `i` has the element
/// with index `indices[i]` (little-endian u32), the month `months[i]` (little-endian u16) and, unless `accounts` is empty, the
/// account `accounts[i]` (16 bytes). Rows whose element is one of `erased` are left out.
///
/// # Errors
/// - [`Error::Ragged`] if a buffer is not a whole number of items.
/// - [`Error::Length`] if the numbers of indices, months and accounts differ.
/// - [`Error::UnknownItem`] if a row refers to an element that does not exist.
pub fn partition_rows(
    elements: &[u8],
    indices: &[u8],
    months: &[u8],
    accounts: &[u8],
    erased: &[u8],
) -> Result<Partitioned, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let indices = items::<4>("indices", indices)?;
    let months = items::<MONTH_BYTES>("months", months)?;
    let accounts = items::<ACCOUNT_BYTES>("accounts", accounts)?;
    let erased: HashSet<&Encoded> = items::<ELEMENT_BYTES>("erased", erased)?.iter().collect();
    same_count("number of months", indices.len(), months.len())?;
    if !accounts.is_empty() {
        same_count("number of accounts", indices.len(), accounts.len())?;
    }
    let mut rows = Vec::with_capacity(indices.len());
    for (index, (index_of_element, month)) in indices.iter().zip(months).enumerate() {
        let element =
            elements.get(u32::from_le_bytes(*index_of_element) as usize).ok_or(Error::UnknownItem { index })?;
        if erased.is_empty() || !erased.contains(element) {
            rows.push(Row::new(element, u16::from_le_bytes(*month), accounts.get(index).copied()));
        }
    }
    Ok(write_segments(&rows, !accounts.is_empty(), indices.len() - rows.len()))
}

fn write_segments(rows: &[Row<'_>], accounts: bool, erased: usize) -> Partitioned {
    let mut segments = Vec::with_capacity(rows.len() * row_bytes(accounts));
    let mut counts = vec![0; BINS];
    let (order, ends) = by_bin(rows);
    let (mut start, mut bin) = (0, Vec::new());
    for (count, end) in counts.iter_mut().zip(ends) {
        bin.clear();
        bin.extend(order[start..end].iter().map(|at| rows[*at as usize]));
        sort_and_combine(&mut bin, |row| {
            row.write(&mut segments, accounts);
            *count += 1;
        });
        start = end;
    }
    Partitioned { segments, counts, erased }
}

/// The indices of the rows, bin by bin, and the end of each bin.
fn by_bin(rows: &[Row<'_>]) -> (Vec<u32>, Vec<usize>) {
    let mut ends = vec![0; BINS];
    for row in rows {
        ends[bin_of(row.element)] += 1;
    }
    let mut total = 0;
    for end in &mut ends {
        total += std::mem::replace(end, total);
    }
    let mut order = vec![0; rows.len()];
    for (at, row) in (0..).zip(rows) {
        let next = &mut ends[bin_of(row.element)];
        order[*next] = at;
        *next += 1;
    }
    (order, ends)
}
