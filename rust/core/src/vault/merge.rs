//! The rows of one partition, out of many segments: one for each distinct element and account.

use super::{ACCOUNT_BYTES, MONTH_BYTES, row_bytes};
use crate::{
    encoding::items,
    error::Error,
    group::{ELEMENT_BYTES, Encoded},
};

type Account = [u8; ACCOUNT_BYTES];

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

/// One row, its element's first eight bytes beside it: those nearly always decide an order.
struct Row<'a> {
    first: u64,
    element: &'a Encoded,
    account: Account,
    month: u16,
}

/// Merges the segments of one partition; `accounts` says whether accounts are kept.
///
/// # Errors
/// A segment that is not a whole number of rows.
pub fn merge<T: AsRef<[u8]>>(segments: &[T], accounts: bool) -> Result<Merged, Error> {
    let mut rows = Vec::with_capacity(segments.iter().map(|data| data.as_ref().len() / row_bytes(accounts)).sum());
    for segment in segments {
        read(segment.as_ref(), accounts, &mut rows)?;
    }
    rows.sort_unstable_by(|a, b| {
        a.first.cmp(&b.first).then_with(|| a.element.cmp(b.element)).then_with(|| a.account.cmp(&b.account))
    });
    let mut merged = Merged::default();
    for group in rows.chunk_by(|a, b| a.element == b.element && a.account == b.account) {
        let row = &group[0];
        let nameless = accounts && row.account == Account::default();
        let count = if nameless { u32::try_from(group.len()).unwrap_or(u32::MAX) } else { 0 };
        let month = group.iter().map(|row| row.month).max().unwrap_or(0);
        merged.distinct += usize::from(merged.elements.last_chunk::<ELEMENT_BYTES>() != Some(row.element));
        merged.elements.extend_from_slice(row.element);
        merged.accounts.extend_from_slice(&row.account);
        merged.counts.push(count.to_le_bytes());
        merged.months.push(month.to_le_bytes());
    }
    Ok(merged)
}

fn read<'a>(segment: &'a [u8], accounts: bool, rows: &mut Vec<Row<'a>>) -> Result<(), Error> {
    let unit = row_bytes(accounts);
    let count = segment.len() / unit;
    if count * unit != segment.len() {
        return Err(Error::Ragged { what: "segment", length: segment.len(), unit });
    }
    let (elements, rest) = segment.split_at(count * ELEMENT_BYTES);
    let (months, names) = rest.split_at(count * MONTH_BYTES);
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let months = items::<MONTH_BYTES>("months", months)?;
    let names = items::<ACCOUNT_BYTES>("accounts", names)?;
    rows.extend(elements.iter().zip(months).enumerate().map(|(i, (element, month))| Row {
        first: first(element),
        element,
        account: names.get(i).copied().unwrap_or_default(),
        month: u16::from_le_bytes(*month),
    }));
    Ok(())
}

fn first(element: &Encoded) -> u64 {
    element.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// How many distinct elements there are among n x 32 bytes.
///
/// # Errors
/// A buffer that is not a whole number of elements.
pub fn count_distinct(elements: &[u8]) -> Result<usize, Error> {
    let mut elements: Vec<_> = items::<ELEMENT_BYTES>("elements", elements)?.iter().map(|e| (first(e), e)).collect();
    elements.sort_unstable();
    Ok(elements.chunk_by(|a, b| a == b).count())
}
