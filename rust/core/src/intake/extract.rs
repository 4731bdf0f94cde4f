//! The rows of a file split: identifiers, accounts and months, and what is left to the Python rules.

use super::{
    account::name_in,
    characters::is_space,
    dialect::Dialect,
    identifiers::{DistinctIdentifiers, offset},
    month::{Month, month},
    outside::{self, Outside},
    phone_cell::{self, Numbers},
    record::{Cell, Record, Records},
};
use crate::error::Error;

/// Which columns of a table are read, counted from 0.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The phone columns.
    pub phones: Vec<usize>,
    /// Whether only the first filled phone column of a row is read.
    pub first_filled: bool,
    /// Columns that are known and not read. The mobile numbers in them are counted.
    pub unread: Vec<usize>,
    /// Those of them with identifiers of eleven digits. A row with anything else in one of them, or with an identifier
    /// that looks like a number, is left to the Python rules.
    pub eleven_digits: Vec<usize>,
    /// The account column, if accounts are read.
    pub account: Option<usize>,
    /// The date column, if there is one.
    pub date: Option<usize>,
    /// The usual number of cells of a row.
    pub width: usize,
    /// The first line that may contain a row: the lines above are the header.
    pub from_line: u64,
    /// The latest month that counts.
    pub last_month: u16,
    /// Whether numbers without a country code are mainland numbers. If not, every row is left to the Python rules.
    pub mainland: bool,
}

/// The content of a split. Integers are concatenated as little-endian bytes.
#[derive(Default)]
pub struct Extract {
    /// The number of rows with content that were decided here.
    pub rows: u64,
    /// The number of those rows that have more or fewer cells than usual.
    pub ragged: u64,
    /// The number of repetitions of a number within a row, which are not counted again.
    pub repeated: u64,
    /// The number of dates before 2000 or after the last month.
    pub out_of_range: u64,
    /// The number of lines whose quotes are plain characters after all, whether they were decided here or not.
    pub stray: u64,
    /// The number of mobile numbers, other than those of their row, in each column of `unread`; then, if only the first
    /// filled phone column is read, in each phone column that is not.
    pub left: Vec<u64>,
    /// The number of numbers in each phone column. A number that is in several columns of a row counts for the first.
    pub taken: Vec<u64>,
    /// The concatenated distinct identifiers, in the order of their first occurrence.
    pub identifiers: Vec<u8>,
    /// The start of each identifier, u32, followed by the length of all identifiers.
    pub identifier_offsets: Vec<[u8; 4]>,
    /// For each number the index of its identifier, u32.
    pub indices: Vec<[u8; 4]>,
    /// For each number its month, u16; 0 if it is unknown or among the odd dates.
    pub months: Vec<[u8; 2]>,
    /// The concatenated accounts of the numbers. An account is empty if there is none or it is among the odd accounts.
    pub accounts: Vec<u8>,
    /// The start of each number's account, u32, followed by the length of all accounts; empty if no accounts are read.
    pub account_offsets: Vec<[u8; 4]>,
    /// Records left to the rules, four u64 each: start, stop, line, and 1 if its quotes are plain characters after all.
    pub odd_rows: Vec<[u8; 32]>,
    /// Date cells left to the rules, three u64 each: index of the number, start, stop.
    pub odd_dates: Vec<[u8; 24]>,
    /// Account cells left to the rules, in the same form.
    pub odd_accounts: Vec<[u8; 24]>,
}

/// The rows of the records that start before `stop` in `data`. The data start with a record on line `line`; `whole` is
/// whether they end where the file ends.
///
/// # Errors
/// [`Error::Text`] if the data end before the last of these records.
pub fn extract(
    data: &[u8],
    stop: usize,
    line: u64,
    dialect: Dialect,
    columns: &Columns,
    whole: bool,
) -> Result<Extract, Error> {
    let found = Extract {
        left: vec![0; columns.unread.len() + columns.phones.len()],
        taken: vec![0; columns.phones.len()],
        ..Extract::default()
    };
    let mut rows = Rows { data, dialect, columns, distinct: DistinctIdentifiers::default(), found };
    let mut records = Records::new(data, dialect, whole);
    let (mut at, mut line) = (0, line);
    while at < stop.min(data.len()) {
        let record = records.read(at).ok_or(Error::Text("the split ends within a record"))?;
        rows.take(&record, &records.cells, at, line);
        line += record.lines as u64;
        at = record.stop;
    }
    Ok(rows.finish())
}

struct Rows<'a> {
    data: &'a [u8],
    dialect: Dialect,
    columns: &'a Columns,
    distinct: DistinctIdentifiers,
    found: Extract,
}

impl Rows<'_> {
    fn take(&mut self, record: &Record, cells: &[Cell], start: usize, line: u64) {
        self.found.stray += u64::from(record.taken_back);
        if line < self.columns.from_line || (!record.too_long && self.is_blank(cells)) {
            return;
        }
        if record.too_long || !self.columns.mainland || self.decide(cells).is_none() {
            let fields = [start as u64, record.stop as u64, line, u64::from(record.taken_back)];
            self.found.odd_rows.push(joined(fields));
        }
    }

    /// Whether certainly no cell has content.
    fn is_blank(&self, cells: &[Cell]) -> bool {
        cells.iter().all(|cell| self.data[cell.start..cell.stop].iter().all(|byte| is_space(*byte)))
    }

    /// Adds a row whose numbers are plain. For any other row, returns `None` and changes nothing.
    fn decide(&mut self, cells: &[Cell]) -> Option<()> {
        let (row, repeated, chosen) = self.numbers(cells)?;
        let numbers = row.as_slice();
        let left = self.left(cells, numbers, chosen)?;
        let account = self.optional(self.columns.account, cells)?;
        let date = self.optional(self.columns.date, cells)?;
        let month = month(date.of(self.data), self.columns.last_month);
        let odd = month == Month::Odd || self.account(account).is_none();
        if numbers.len() > 1 && odd {
            return None;
        }
        for (at, count) in left {
            self.found.left[at] += count;
        }
        for phone in row.phones() {
            self.found.taken[*phone] += 1;
        }
        self.found.rows += 1;
        self.found.ragged += u64::from(cells.len() != self.columns.width);
        self.found.repeated += repeated;
        self.found.out_of_range += u64::from(month == Month::Unknown { out_of_range: true });
        for number in numbers {
            self.push(*number, month, account, date);
        }
        Some(())
    }

    /// The distinct numbers of a row, the number of repetitions, and the phone column that was filled first. `None`
    /// unless the numbers of every phone cell that is read and filled are certain and at least one is filled.
    fn numbers(&self, cells: &[Cell]) -> Option<(RowNumbers, u64, usize)> {
        let (mut numbers, mut repeated, mut chosen) = (RowNumbers::default(), 0, None);
        for (phone, column) in self.columns.phones.iter().enumerate() {
            let Some(cell) = cells.get(*column) else { continue };
            let content = &self.data[cell.start..cell.stop];
            if cell.plain && content.iter().all(|byte| is_space(*byte)) {
                continue;
            }
            let found = phone_cell::numbers(content, self.dialect.codec).filter(|_| cell.plain)?;
            chosen = chosen.or(Some(*column));
            for number in found.as_slice() {
                if numbers.as_slice().contains(number) {
                    repeated += 1;
                } else {
                    numbers.push(*number, phone)?;
                }
            }
            if self.columns.first_filled {
                break;
            }
        }
        chosen.map(|chosen| (numbers, repeated, chosen))
    }

    /// How many mobile numbers, other than those of the row, are in columns that are known and not read: the index in
    /// `left` and the number of each. `None` if there might be any in another column.
    fn left(&self, cells: &[Cell], numbers: &[u64], chosen: usize) -> Option<Vec<(usize, u64)>> {
        let mut left = Vec::new();
        for (column, cell) in cells.iter().enumerate() {
            let content = &self.data[cell.start..cell.stop];
            if content.len() < 11 || (self.is_read(column) && (!self.columns.first_filled || column == chosen)) {
                continue;
            }
            let Outside::Numbers(mut found) = outside::numbers(content, self.dialect.codec) else { return None };
            if self.columns.eleven_digits.contains(&column) && !(found.is_empty() && is_identifier(content)) {
                return None;
            }
            found.retain(|number| !numbers.contains(number));
            if !found.is_empty() {
                left.push((self.left_index(column)?, found.len() as u64));
            }
        }
        Some(left)
    }

    fn is_read(&self, column: usize) -> bool {
        self.columns.phones.contains(&column)
    }

    /// The index in `left` of a column that is known and not read.
    fn left_index(&self, column: usize) -> Option<usize> {
        let unread = &self.columns.unread;
        let position = |columns: &[usize]| columns.iter().position(|one| *one == column);
        position(unread).or_else(|| position(&self.columns.phones).map(|at| unread.len() + at))
    }

    /// The range of the content of a cell in an optional column, which is empty for a missing column or cell. `None` if
    /// the bytes of the cell are not its content.
    fn optional(&self, column: Option<usize>, cells: &[Cell]) -> Option<ByteRange> {
        let Some(cell) = column.and_then(|column| cells.get(column)) else { return Some(ByteRange::default()) };
        let range = ByteRange { start: cell.start, stop: cell.stop };
        (cell.plain && memchr::memchr(b'\r', range.of(self.data)).is_none()).then_some(range)
    }

    fn account(&self, cell: ByteRange) -> Option<&[u8]> {
        name_in(cell.of(self.data), self.dialect.codec)
    }

    fn push(&mut self, number: u64, month: Month, account: ByteRange, date: ByteRange) {
        let index = self.found.indices.len() as u64;
        self.found.indices.push(self.distinct.index_of(number).to_le_bytes());
        let known = if let Month::Known(known) = month { known } else { 0 };
        self.found.months.push(known.to_le_bytes());
        if month == Month::Odd {
            self.found.odd_dates.push(joined([index, date.start as u64, date.stop as u64]));
        }
        if self.columns.account.is_none() {
            return;
        }
        self.found.account_offsets.push(offset(&self.found.accounts));
        match name_in(account.of(self.data), self.dialect.codec) {
            Some(name) => self.found.accounts.extend_from_slice(name),
            None => self.found.odd_accounts.push(joined([index, account.start as u64, account.stop as u64])),
        }
    }

    fn finish(mut self) -> Extract {
        if self.columns.account.is_some() {
            self.found.account_offsets.push(offset(&self.found.accounts));
        }
        (self.found.identifiers, self.found.identifier_offsets) = self.distinct.finish();
        self.found
    }
}

/// The range of the content of a cell.
#[derive(Clone, Copy, Default)]
struct ByteRange {
    start: usize,
    stop: usize,
}

impl ByteRange {
    fn of(self, data: &[u8]) -> &[u8] {
        &data[self.start..self.stop]
    }
}

/// The few numbers of one row, each with the index of its phone column.
#[derive(Default)]
struct RowNumbers {
    numbers: Numbers,
    phones: [usize; phone_cell::MOST],
}

impl RowNumbers {
    /// Adds a number of a phone column. `None` if there are too many.
    fn push(&mut self, number: u64, phone: usize) -> Option<()> {
        let at = self.as_slice().len();
        self.numbers.push(number)?;
        self.phones[at] = phone;
        Some(())
    }

    fn as_slice(&self) -> &[u64] {
        self.numbers.as_slice()
    }

    fn phones(&self) -> &[usize] {
        &self.phones[..self.as_slice().len()]
    }
}

fn joined<const N: usize, const W: usize>(fields: [u64; N]) -> [u8; W] {
    let mut bytes = [0; W];
    for (chunk, field) in bytes.chunks_exact_mut(8).zip(fields) {
        chunk.copy_from_slice(&field.to_le_bytes());
    }
    bytes
}

/// Whether a cell is eleven digits that are no number in full: these begin with 0.
fn is_identifier(content: &[u8]) -> bool {
    content.len() == 11 && content[0] != b'0' && content.iter().all(u8::is_ascii_digit)
}
