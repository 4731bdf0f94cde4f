//! Rows of a piece of a file, by partition and by range of elements within it.

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

/// A partition is the low six bits of an element's second byte; the first byte's lowest bit is always 0.
pub const PARTITIONS: usize = 64;
/// A range is the upper six bits of an element's first byte, so that ranges ascend as the elements of a partition do.
pub const COARSE_SPANS: usize = 64;

const BINS: usize = PARTITIONS * COARSE_SPANS;

/// Rows by partition and range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitioned {
    /// The segments of all ranges of all partitions, one after another.
    pub segments: Vec<u8>,
    /// How many rows each range of each partition has.
    pub counts: Vec<u32>,
    /// How many rows were left out because their element was erased.
    pub erased: usize,
}

fn bin_of(element: &Encoded) -> usize {
    usize::from(element[1]) % PARTITIONS * COARSE_SPANS + usize::from(element[0]) * COARSE_SPANS / 256
}

/// Rows by partition and range, one for each distinct element and account: row `i` has the element numbered `places[i]`
/// (little-endian u32), the month `months[i]` (little-endian u16) and, unless `accounts` is empty, the account
/// `accounts[i]` (16 bytes). Rows of an element among `erased` are left out.
///
/// # Errors
/// Buffers that are not whole numbers of items, unequal numbers, a place beyond the elements.
pub fn partition_rows(
    elements: &[u8],
    places: &[u8],
    months: &[u8],
    accounts: &[u8],
    erased: &[u8],
) -> Result<Partitioned, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let places = items::<4>("places", places)?;
    let months = items::<MONTH_BYTES>("months", months)?;
    let accounts = items::<ACCOUNT_BYTES>("accounts", accounts)?;
    let erased: HashSet<&Encoded> = items::<ELEMENT_BYTES>("erased", erased)?.iter().collect();
    same_count("number of months", places.len(), months.len())?;
    if !accounts.is_empty() {
        same_count("number of accounts", places.len(), accounts.len())?;
    }
    let mut rows = Vec::with_capacity(places.len());
    for (index, (index_of_element, month)) in places.iter().zip(months).enumerate() {
        let element =
            elements.get(u32::from_le_bytes(*index_of_element) as usize).ok_or(Error::UnknownItem { index })?;
        if erased.is_empty() || !erased.contains(element) {
            rows.push(Row::new(element, u16::from_le_bytes(*month), accounts.get(index).copied()));
        }
    }
    Ok(write_segments(&rows, !accounts.is_empty(), places.len() - rows.len()))
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

/// The places of the rows, bin by bin, and where each bin ends.
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
