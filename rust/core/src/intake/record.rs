//! Reads the records of a delimited text, exactly as Python's `csv` module and the Python rules do
//! (`pilookup.custody.intake.tables.records`).
//!
//! A cell that starts with a quote extends to its closing quote, across line ends. A record that extends over several
//! lines and does not have the usual number of cells, or has a cell beyond the limit, is taken back: only its first
//! line is a record, and the quotes in it are plain characters. It is kept, though, if no cell that spans lines has a
//! delimiter in it: the cell has swallowed no row, and the record only has fewer or more cells than others.

use super::{
    characters::{self, MAX_CELL_CHARS, line_end, line_end_width},
    dialect::{Delimiter, Dialect},
};

/// A record with another number of cells than usual and more lines than this is the work of a stray quote.
const MOST_LINES: usize = 100;

/// The range of the content of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) stop: usize,
    /// Whether those bytes are the content. They are not if it contains doubled quotes, or text follows its closing
    /// quote.
    pub(super) plain: bool,
}

/// One record of the data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    /// Where the next record starts.
    pub(super) stop: usize,
    /// The number of line ends in the record.
    pub(super) lines: usize,
    /// Whether the record was taken back.
    pub(super) taken_back: bool,
    /// Whether a cell is beyond the limit even then.
    pub(super) too_long: bool,
}

/// Reads records from data that start at a record. `whole` is whether the data end where the file ends.
pub(super) struct Records<'a> {
    data: &'a [u8],
    dialect: Dialect,
    whole: bool,
    /// The end of the data that were read to recognise the records so far.
    pub(super) reach: usize,
    /// The cells of the last record.
    pub(super) cells: Vec<Cell>,
}

/// How a quoted or plain cell ends.
enum End {
    /// At a delimiter; the next cell starts here.
    Cell(usize),
    /// At a line end or the end of the file; the next record starts here.
    Record(usize),
    /// The file ends before the closing quote.
    Open,
    /// The cell is beyond the limit.
    TooLong,
    /// The data end before the end of the cell is known.
    Unfinished,
}

impl<'a> Records<'a> {
    pub(super) fn new(data: &'a [u8], dialect: Dialect, whole: bool) -> Self {
        Self { data, dialect, whole, reach: 0, cells: Vec::new() }
    }

    /// The record that starts at `at`, which is before the end of the data. `None` if the data end before the end of
    /// the record is known.
    pub(super) fn read(&mut self, at: usize) -> Option<Record> {
        self.cells.clear();
        match self.dialect.delimiter {
            Delimiter::Byte(delimiter) => self.quoted(at, delimiter),
            Delimiter::Nothing => self.line(at, None),
            Delimiter::Plain(delimiter) => self.line(at, Some(delimiter)),
        }
    }

    /// Reads a line as a record, separated at a delimiter. Quotes are plain characters.
    fn line(&mut self, at: usize, delimiter: Option<&[u8]>) -> Option<Record> {
        let (stop, next) = self.line_end(at)?;
        let mut start = at;
        if let Some(delimiter) = delimiter {
            for found in memchr::memmem::find_iter(&self.data[at..stop], delimiter) {
                self.cells.push(Cell { start, stop: at + found, plain: true });
                start = at + found + delimiter.len();
            }
        }
        self.cells.push(Cell { start, stop, plain: true });
        self.saw(next);
        Some(Record { stop: next, lines: 1, taken_back: false, too_long: false })
    }

    /// Records that the data were read up to `stop` and one byte more, which shows whether a carriage return is a whole
    /// line end.
    fn saw(&mut self, stop: usize) {
        self.reach = self.reach.max(self.data.len().min(stop + 1));
    }

    fn line_end(&self, at: usize) -> Option<(usize, usize)> {
        line_end(self.data, at).or_else(|| {
            // The file may end without a line end, or with a carriage return.
            let stop = self.data.len() - usize::from(self.data[at..].ends_with(b"\r"));
            self.whole.then_some((stop, self.data.len()))
        })
    }

    fn quoted(&mut self, at: usize, delimiter: u8) -> Option<Record> {
        let (mut next, mut lines, mut short, mut closed) = (at, 0, true, true);
        loop {
            match self.cell(next, delimiter, &mut lines) {
                End::Cell(start) => next = start,
                End::Record(stop) => {
                    lines += 1;
                    self.saw(stop);
                    next = stop;
                    break;
                }
                End::Open => {
                    lines = lines.max(1) + 1; // it extends past the end of its line, even if that is the last
                    closed = false;
                    self.reach = self.data.len();
                    next = self.data.len();
                    break;
                }
                End::TooLong => {
                    short = false;
                    break;
                }
                End::Unfinished => return None,
            }
        }
        let usual = lines == 1 || self.cells.len() == self.dialect.width;
        if short && (usual || (closed && self.swallows_no_record(lines, delimiter))) {
            return Some(Record { stop: next, lines, taken_back: false, too_long: false });
        }
        self.take_back(at, delimiter)
    }

    /// Whether no cell of a record that spans lines is likely to have other records in it.
    fn swallows_no_record(&self, lines: usize, delimiter: u8) -> bool {
        let content = |cell: &Cell| &self.data[cell.start..cell.stop];
        let spans_lines = |cell: &[u8]| memchr::memchr2(b'\n', b'\r', cell).is_some();
        let ends_in_line_end = |cell: &Cell| matches!(content(cell).last(), Some(b'\n' | b'\r'));
        lines <= MOST_LINES
            && !self.cells.last().is_some_and(ends_in_line_end)
            && !self
                .cells
                .iter()
                .map(content)
                .any(|cell| spans_lines(cell) && memchr::memchr(delimiter, cell).is_some())
    }

    /// Reads the line at `at` as a record in which quotes are plain characters.
    fn take_back(&mut self, at: usize, delimiter: u8) -> Option<Record> {
        self.cells.clear();
        let (stop, next) = self.line_end(at)?;
        self.saw(next);
        let mut too_long = false;
        let mut start = at;
        loop {
            start = self.skip_spaces(start, stop);
            let end = memchr::memchr(delimiter, &self.data[start..stop]).map_or(stop, |found| start + found);
            too_long |= self.is_too_long(start, end, 0);
            self.cells.push(Cell { start, stop: end, plain: true });
            if end == stop {
                return Some(Record { stop: next, lines: 1, taken_back: true, too_long });
            }
            start = end + 1;
        }
    }

    fn skip_spaces(&self, mut at: usize, stop: usize) -> usize {
        while at < stop && self.data[at] == b' ' {
            at += 1;
        }
        at
    }

    /// Reads the cell that starts at `at`, and adds it unless it extends beyond the data.
    fn cell(&mut self, at: usize, delimiter: u8, lines: &mut usize) -> End {
        let start = self.skip_spaces(at, self.data.len());
        if self.data.get(start) == Some(&b'"') {
            self.quoted_cell(start + 1, delimiter, lines)
        } else {
            self.plain_cell(start, start, delimiter, true, 0)
        }
    }

    /// Reads the rest of a cell that is not, or no longer, between quotes. `start` is where its content starts, `at`
    /// where to continue, and `dropped` the number of bytes between them that are not content.
    fn plain_cell(&mut self, start: usize, at: usize, delimiter: u8, plain: bool, dropped: usize) -> End {
        let rest = &self.data[at..];
        let stop = at + memchr::memchr3(delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        if self.is_too_long(start, stop, dropped) {
            self.saw(stop);
            return End::TooLong;
        }
        let end = match self.data.get(stop) {
            None if self.whole => End::Record(stop),
            None => return End::Unfinished,
            Some(byte) if *byte == delimiter => End::Cell(stop + 1),
            Some(_) => match line_end_width(self.data, stop) {
                Some(width) => End::Record(stop + width),
                None if self.whole => End::Record(stop + 1),
                None => return End::Unfinished,
            },
        };
        self.cells.push(Cell { start, stop, plain });
        end
    }

    /// Reads a cell whose opening quote is just before `start`.
    fn quoted_cell(&mut self, start: usize, delimiter: u8, lines: &mut usize) -> End {
        let (mut at, mut doubled, mut counted) = (start, 0, (start, 0));
        loop {
            let found = memchr::memchr(b'"', &self.data[at..]);
            let stop = at + found.unwrap_or(self.data.len() - at);
            if stop - start - doubled > MAX_CELL_CHARS {
                // Count only what has not been counted: many quotes in a long cell must not take quadratic time.
                counted.1 += characters::count(self.dialect.codec, &self.data[counted.0..stop]);
                counted.0 = stop;
            }
            if counted.1.saturating_sub(doubled) > MAX_CELL_CHARS {
                self.saw(stop);
                return End::TooLong;
            }
            *lines += characters::line_ends(&self.data[at..stop]);
            if found.is_none() {
                if self.whole {
                    self.cells.push(Cell { start, stop, plain: false });
                    return End::Open;
                }
                return End::Unfinished;
            }
            match self.data.get(stop + 1) {
                None if !self.whole => return End::Unfinished,
                Some(b'"') => {
                    doubled += 1;
                    at = stop + 2;
                }
                Some(byte) if *byte != delimiter && !matches!(byte, b'\n' | b'\r') => {
                    return self.plain_cell(start, stop + 1, delimiter, false, doubled + 1);
                }
                _ => return self.close(start, stop, doubled == 0, delimiter),
            }
        }
    }

    /// Reads the end of a cell whose closing quote, at `stop`, precedes a delimiter, a line end or the end of the file.
    fn close(&mut self, start: usize, stop: usize, plain: bool, delimiter: u8) -> End {
        let first = self.cells.len();
        let end = self.plain_cell(stop + 1, stop + 1, delimiter, plain, 0);
        if let Some(cell) = self.cells.get_mut(first) {
            *cell = Cell { start, stop, plain };
        }
        end
    }

    /// Whether the bytes of a cell, except `dropped` of them, are more characters than a cell may have.
    fn is_too_long(&self, start: usize, stop: usize, dropped: usize) -> bool {
        stop - start - dropped > MAX_CELL_CHARS
            && characters::count(self.dialect.codec, &self.data[start..stop]) - dropped > MAX_CELL_CHARS
    }
}
