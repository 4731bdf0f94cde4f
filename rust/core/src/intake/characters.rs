//! Bytes of a text: line ends, spaces, and counting characters.

use super::dialect::Codec;

/// The longest cell, in characters: the limit of Python's csv module, beyond which a record is no record.
pub(super) const MAX_CELL_CHARS: usize = 131_072;

/// The first line end from `at` on: where the line's content stops, and where the next line starts. None where the data
/// end first, or end in a carriage return that a line feed may follow.
pub(super) fn line_end(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let stop = at + memchr::memchr2(b'\n', b'\r', &data[at..])?;
    Some((stop, stop + line_end_width(data, stop)?))
}

/// The bytes of the line end that stands at `at`: 1 or 2; None where the data end before that is known.
pub(super) fn line_end_width(data: &[u8], at: usize) -> Option<usize> {
    match (data[at], data.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(2),
        (b'\r', None) => None,
        _ => Some(1),
    }
}

/// How many lines end in the data; a carriage return and a line feed end one.
pub(super) fn line_ends(data: &[u8]) -> usize {
    let feeds = memchr::memchr_iter(b'\n', data).count();
    let returns = memchr::memchr_iter(b'\r', data).filter(|at| data.get(at + 1) != Some(&b'\n')).count();
    feeds + returns
}

/// What `str.isspace` says of an ASCII byte.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=b' ')
}

/// The bytes without ASCII space at both ends.
pub(super) fn strip(mut cell: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = cell
        && is_space(*first)
    {
        cell = rest;
    }
    while let [rest @ .., last] = cell
        && is_space(*last)
    {
        cell = rest;
    }
    cell
}

/// How many characters valid text has, every line end counted as one.
pub(super) fn count(codec: Codec, text: &[u8]) -> usize {
    let pairs = text.windows(2).filter(|pair| pair == b"\r\n").count();
    let characters = match codec {
        Codec::Utf8 => text.iter().filter(|byte| **byte & 0xc0 != 0x80).count(),
        Codec::Gb18030 => gb18030_characters(text),
    };
    characters - pairs
}

/// The bytes of the GB18030 character that begins with `first` and, unless it is ASCII, `second`.
pub(super) fn gb18030_width(first: u8, second: Option<u8>) -> usize {
    match (first, second) {
        (..0x80, _) => 1,
        (_, Some(b'0'..=b'9')) => 4,
        _ => 2,
    }
}

fn gb18030_characters(text: &[u8]) -> usize {
    let (mut at, mut characters) = (0, 0);
    while at < text.len() {
        at += gb18030_width(text[at], text.get(at + 1).copied());
        characters += 1;
    }
    characters
}
