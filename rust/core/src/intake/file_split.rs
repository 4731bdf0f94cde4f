//! Splitting a text into file splits of whole records, so that each can be read independently.

use super::{
    characters::line_ends,
    dialect::{Delimiter, Dialect},
    record::Records,
};

/// A file split at the start of some data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSplit {
    /// Where the split stops and the next one starts; 0 if no record ends within the data.
    pub stop: usize,
    /// The end of the data that a reader of the split needs, to recognise that a quote in it is never closed.
    pub reach: usize,
    /// The number of lines that end in the split.
    pub lines: usize,
}

/// The split that consists of the whole records of `data`. The data start at a record; `whole` is whether they end
/// where the file ends.
#[must_use]
pub fn split_text(data: &[u8], dialect: Dialect, whole: bool) -> FileSplit {
    let quotes = matches!(dialect.delimiter, Delimiter::Byte(_)) && memchr::memchr(b'"', data).is_some();
    if whole {
        // The last split takes everything: no split after it needs the exact line numbers.
        return FileSplit { stop: data.len(), reach: data.len(), lines: line_ends(data) };
    }
    if quotes { by_records(data, dialect) } else { by_lines(data) }
}

fn by_lines(data: &[u8]) -> FileSplit {
    // A carriage return at the end of the data may be the first half of a line end.
    let certain = data.strip_suffix(b"\r").unwrap_or(data);
    let stop = memchr::memrchr2(b'\n', b'\r', certain).map_or(0, |at| at + 1);
    FileSplit { stop, reach: data.len().min(stop + 1), lines: line_ends(&data[..stop]) }
}

fn by_records(data: &[u8], dialect: Dialect) -> FileSplit {
    let mut records = Records::new(data, dialect, false);
    let mut split = FileSplit { stop: 0, reach: 0, lines: 0 };
    while split.stop < data.len()
        && let Some(record) = records.read(split.stop)
    {
        split = FileSplit { stop: record.stop, reach: records.reach, lines: split.lines + record.lines };
    }
    split
}
