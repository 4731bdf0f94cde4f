//! Cutting a text into pieces of whole records, so that each piece can be read on its own.

use super::{
    characters::line_ends,
    dialect::{Delimiter, Dialect},
    record::Records,
};

/// A piece at the start of some data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSplit {
    /// Where the piece stops and the next starts; 0 where no record ends within the data.
    pub stop: usize,
    /// How far whoever reads the piece must see, to tell that a quote in it does not pair up.
    pub reach: usize,
    /// How many lines end in the piece.
    pub lines: usize,
}

/// The whole records of `data`, which start at one; `whole` says that the data end where the file does.
#[must_use]
pub fn split_text(data: &[u8], dialect: Dialect, whole: bool) -> FileSplit {
    let quotes = matches!(dialect.delimiter, Delimiter::Byte(_)) && memchr::memchr(b'"', data).is_some();
    if whole {
        // the last piece takes everything: nothing comes after it that its lines would have to be counted for
        return FileSplit { stop: data.len(), reach: data.len(), lines: line_ends(data) };
    }
    if quotes { by_records(data, dialect) } else { by_lines(data) }
}

fn by_lines(data: &[u8]) -> FileSplit {
    // a carriage return at the very end may be half a line end
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
