//! Merges the vault rows of many loads into one label per element (SPEC.md section 5.3).
//!
//! Across datasets, flags are combined by OR, counts are added, the latest month is kept, and the label refers to the
//! three newest datasets. Within a dataset, an account counts once, in however many loads it occurs; rows without an
//! account add their counts.

use std::cmp::Ordering;

use crate::{
    entry::token::LABEL_BYTES,
    error::Error,
    memory::encoding::{head, items, same_count},
    oprf::group::{ELEMENT_BYTES, Encoded},
    vault::ACCOUNT_BYTES,
};

/// The pseudonym of an unknown account.
const NAMELESS: [u8; ACCOUNT_BYTES] = [0; ACCOUNT_BYTES];

const MALICIOUS: u8 = 0x02;
const MORE: u8 = 0x40;
const MAX_CASES: usize = 3;

/// A dataset: its id in the catalogue, and the flag of its kind.
#[derive(Clone, Copy)]
pub struct Source {
    /// The id by which a label refers to it.
    pub id: u16,
    /// The bit of its kind in the flags of a label.
    pub flag: u8,
}

/// The columns of the rows of one load, with a row for each element and account. Merging is fastest if they ascend.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// n * 32 bytes.
    pub elements: &'a [u8],
    /// n * 16 bytes.
    pub accounts: &'a [u8],
    /// n little-endian u32: registrations without an account.
    pub counts: &'a [u8],
    /// n little-endian u16: when last seen, as in a label.
    pub months: &'a [u8],
    /// The index of its dataset in the sources.
    pub source: usize,
}

/// n distinct elements in ascending order, 32 bytes each, and their labels, 12 bytes each.
pub struct Merged {
    /// n * 32 bytes.
    pub elements: Vec<u8>,
    /// n * 12 bytes; accounts are exact up to 65535.
    pub labels: Vec<u8>,
}

/// The columns of a run as items, equally many in each.
struct Columns<'a> {
    elements: &'a [Encoded],
    accounts: &'a [[u8; ACCOUNT_BYTES]],
    counts: &'a [[u8; 4]],
    months: &'a [[u8; 2]],
    source: usize,
}

impl<'a> Columns<'a> {
    fn of(run: &Run<'a>, sources: usize) -> Result<Self, Error> {
        let elements = items::<ELEMENT_BYTES>("elements", run.elements)?;
        let accounts = items::<ACCOUNT_BYTES>("accounts", run.accounts)?;
        let counts = items::<4>("counts", run.counts)?;
        let months = items::<2>("months", run.months)?;
        same_count("number of accounts", elements.len(), accounts.len())?;
        same_count("number of counts", elements.len(), counts.len())?;
        same_count("number of months", elements.len(), months.len())?;
        if run.source >= sources {
            return Err(Error::Range { what: "source", least: 0, most: (sources as u64).saturating_sub(1) });
        }
        Ok(Self { elements, accounts, counts, months, source: run.source })
    }
}

/// One row: its position, and the head of its element, which nearly always decides its order.
#[derive(Clone, Copy)]
struct Row {
    head: u64,
    run: u32,
    at: u32,
}

struct Rows<'a>(Vec<Columns<'a>>);

impl Rows<'_> {
    fn element(&self, row: Row) -> &Encoded {
        &self.0[row.run as usize].elements[row.at as usize]
    }

    fn account(&self, row: Row) -> &[u8; ACCOUNT_BYTES] {
        &self.0[row.run as usize].accounts[row.at as usize]
    }

    fn source(&self, row: Row) -> usize {
        self.0[row.run as usize].source
    }

    fn count(&self, row: Row) -> u64 {
        u64::from(u32::from_le_bytes(self.0[row.run as usize].counts[row.at as usize]))
    }

    fn month(&self, row: Row) -> u16 {
        u16::from_le_bytes(self.0[row.run as usize].months[row.at as usize])
    }

    fn compare(&self, a: Row, b: Row) -> Ordering {
        let elements = a.head.cmp(&b.head).then_with(|| self.element(a).cmp(self.element(b)));
        let datasets = elements.then_with(|| self.source(a).cmp(&self.source(b)));
        datasets.then_with(|| self.account(a).cmp(self.account(b)))
    }

    /// All rows by element, then dataset (newest first), then account.
    fn ordered(&self) -> Result<Vec<Row>, Error> {
        let count = self.0.iter().map(|columns| columns.elements.len()).sum();
        let mut rows = Vec::new();
        rows.try_reserve_exact(count).map_err(|_| Error::Memory)?;
        for (run, columns) in (0..).zip(&self.0) {
            let limit = u32::try_from(columns.elements.len()).map_err(|_| Error::Memory)?;
            rows.extend((0..limit).zip(columns.elements).map(|(at, element)| Row { head: head(element), run, at }));
        }
        // A stable sort only merges runs that are already in order, as every load is.
        rows.sort_by(|a, b| self.compare(*a, *b));
        Ok(rows)
    }
}

/// Merges the rows of many loads. `sources` are the datasets, newest first. Rows of `erased` elements (n * 32 bytes)
/// are left out.
///
/// # Errors
/// - [`Error::Ragged`] if a column is not a whole number of items.
/// - [`Error::Length`] if the columns of a run have different numbers of items.
/// - [`Error::Range`] if a run refers to a source that does not exist.
/// - [`Error::Memory`] if the result does not fit into memory.
pub fn merge_labels(runs: &[Run<'_>], sources: &[Source], erased: &[u8]) -> Result<Merged, Error> {
    let rows = Rows(runs.iter().map(|run| Columns::of(run, sources.len())).collect::<Result<_, _>>()?);
    let mut erased = items::<ELEMENT_BYTES>("erased elements", erased)?.to_vec();
    erased.sort_unstable();
    let ordered = rows.ordered()?;
    let mut merged = Merged { elements: Vec::new(), labels: Vec::new() };
    merged.elements.try_reserve_exact(ordered.len() * ELEMENT_BYTES).map_err(|_| Error::Memory)?;
    merged.labels.try_reserve_exact(ordered.len() * LABEL_BYTES).map_err(|_| Error::Memory)?;
    for group in ordered.chunk_by(|a, b| a.head == b.head && rows.element(*a) == rows.element(*b)) {
        let element = rows.element(group[0]);
        if erased.binary_search(element).is_err() {
            merged.elements.extend_from_slice(element);
            merged.labels.extend_from_slice(&label(&rows, sources, group));
        }
    }
    Ok(merged)
}

/// The label of the rows of one element.
fn label(rows: &Rows<'_>, sources: &[Source], group: &[Row]) -> [u8; LABEL_BYTES] {
    let mut label = [0; LABEL_BYTES];
    let (mut accounts, mut month) = (0u64, 0u16);
    for (index, case) in group.chunk_by(|a, b| rows.source(*a) == rows.source(*b)).enumerate() {
        let source = sources[rows.source(case[0])];
        label[0] |= source.flag;
        if source.flag == MALICIOUS {
            accounts = accounts.saturating_add(registrations(rows, case));
        }
        month = case.iter().map(|row| rows.month(*row)).fold(month, u16::max);
        match label.get_mut(6 + 2 * index..8 + 2 * index) {
            Some(case) if index < MAX_CASES => case.copy_from_slice(&source.id.to_be_bytes()),
            _ => label[0] |= MORE,
        }
    }
    label[2..4].copy_from_slice(&u16::try_from(accounts).unwrap_or(u16::MAX).to_be_bytes());
    label[4..6].copy_from_slice(&month.to_be_bytes());
    label
}

/// The number of accounts in the rows of one element in one dataset.
fn registrations(rows: &Rows<'_>, case: &[Row]) -> u64 {
    let accounts = case.chunk_by(|a, b| rows.account(*a) == rows.account(*b));
    accounts.fold(0, |sum, account| {
        let named = *rows.account(account[0]) != NAMELESS;
        let counted = if named { 1 } else { account.iter().map(|row| rows.count(*row)).sum() };
        sum.saturating_add(counted)
    })
}
