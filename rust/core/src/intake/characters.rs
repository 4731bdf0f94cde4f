//! Line ends and spaces in the bytes of a text, and the number of its characters.

use super::dialect::Codec;

/// The longest cell, in characters: the limit of Python's csv module. A record with a longer cell is invalid.
pub(super) const MAX_CELL_CHARS: usize = 131_072;

/// The first line end from `at` on: where the content of the line stops, and where the next line starts. `None` if the
/// data end before it, or end with a carriage return that a line feed may follow.
pub(super) fn line_end(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let stop = at + memchr::memchr2(b'\n', b'\r', &data[at..])?;
    Some((stop, stop + line_end_width(data, stop)?))
}

/// The number of bytes, 1 or 2, of the line end at `at`. `None` if the data end before that is known.
pub(super) fn line_end_width(data: &[u8], at: usize) -> Option<usize> {
    match (data[at], data.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(2),
        (b'\r', None) => None,
        _ => Some(1),
    }
}

/// The number of line ends in the data. A carriage return followed by a line feed is one line end.
pub(super) fn line_ends(data: &[u8]) -> usize {
    let feeds = memchr::memchr_iter(b'\n', data).count();
    let returns = memchr::memchr_iter(b'\r', data).filter(|at| data.get(at + 1) != Some(&b'\n')).count();
    feeds + returns
}

/// Whether an ASCII byte is a space according to Python's `str.isspace`.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=b' ')
}

/// The bytes without leading and trailing ASCII space.
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

/// The number of characters of a valid text. Every line end counts as one.
pub(super) fn count(codec: Codec, text: &[u8]) -> usize {
    let pairs = text.windows(2).filter(|pair| pair == b"\r\n").count();
    let characters = match codec {
        Codec::Utf8 => text.iter().filter(|byte| **byte & 0xc0 != 0x80).count(),
        Codec::Gb18030 => gb18030_characters(text),
    };
    characters - pairs
}

/// The number of bytes of the GB18030 character that begins with `first` and, unless it is ASCII, `second`.
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
