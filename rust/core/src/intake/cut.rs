//! Cutting a text into pieces of whole records, so that each piece can be read on its own.

use super::{
    characters::line_ends,
    dialect::{Delimiter, Dialect},
    record::Records,
};

/// A piece at the start of some data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where the piece stops and the next starts; 0 where no record ends within the data.
    pub stop: usize,
    /// How far whoever reads the piece must see, to tell that a quote in it does not pair up.
    pub reach: usize,
    /// How many lines end in the piece.
    pub lines: usize,
}

/// The whole records of `data`, which start at one; `whole` says that the data end where the file does.
#[must_use]
pub fn cut(data: &[u8], dialect: Dialect, whole: bool) -> Cut {
    let quotes = matches!(dialect.delimiter, Delimiter::Byte(_)) && memchr::memchr(b'"', data).is_some();
    if whole {
        // the last piece takes everything: nothing comes after it that its lines would have to be counted for
        return Cut { stop: data.len(), reach: data.len(), lines: line_ends(data) };
    }
    if quotes { by_records(data, dialect) } else { by_lines(data) }
}

fn by_lines(data: &[u8]) -> Cut {
    // a carriage return at the very end may be half a line end
    let certain = data.strip_suffix(b"\r").unwrap_or(data);
    let stop = memchr::memrchr2(b'\n', b'\r', certain).map_or(0, |at| at + 1);
    Cut { stop, reach: data.len().min(stop + 1), lines: line_ends(&data[..stop]) }
}

fn by_records(data: &[u8], dialect: Dialect) -> Cut {
    let mut records = Records::new(data, dialect, false);
    let mut cut = Cut { stop: 0, reach: 0, lines: 0 };
    while cut.stop < data.len()
        && let Some(record) = records.read(cut.stop)
    {
        cut = Cut { stop: record.stop, reach: records.reach, lines: cut.lines + record.lines };
    }
    cut
}
