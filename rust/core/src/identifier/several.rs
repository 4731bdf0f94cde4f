//! Whether a text that is not one number has more than one (rule 18).

use super::{
    characters::trim,
    digits::{MOBILE_DIGITS, is_mobile},
    number::{without_affixes, without_separators},
};

const PIECE_DIGITS: usize = 7;

/// Rule 18.
pub(super) fn is_several(body: &str) -> bool {
    are_joined_mobiles(&without_separators(body)) || has_numbers(body, true) || has_numbers(body, false)
}

/// Whether a text is two or more mainland mobiles, each perhaps with 86 or +86 before it, and nothing between.
fn are_joined_mobiles(mut text: &[u8]) -> bool {
    let mut count = 0;
    while !text.is_empty() {
        text = text.strip_prefix(b"+86").or_else(|| text.strip_prefix(b"86")).unwrap_or(text);
        match text.split_at_checked(MOBILE_DIGITS) {
            Some((digits, rest)) if is_mobile(digits) => text = rest,
            _ => return false,
        }
        count += 1;
    }
    count > 1
}

/// Whether two or more pieces have seven digits or more, and one of them is a number. Spaces end a piece, or do not.
fn has_numbers(body: &str, spaces: bool) -> bool {
    let pieces = || Pieces { rest: body, spaces }.filter(|piece| has_digits(piece));
    pieces().nth(1).is_some() && pieces().any(|piece| without_affixes(trim(piece)).is_ok())
}

fn has_digits(piece: &str) -> bool {
    piece.bytes().filter(u8::is_ascii_digit).count() >= PIECE_DIGITS
}

/// The pieces of a text that begin with an optional `+` and a digit or bracket, and go on with digits and separators.
struct Pieces<'a> {
    rest: &'a str,
    spaces: bool,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.rest.as_bytes();
        let first = bytes.iter().position(|byte| byte.is_ascii_digit() || *byte == b'(')?;
        let start = if first > 0 && bytes[first - 1] == b'+' { first - 1 } else { first };
        let is_part = |byte: &u8| match byte {
            b'0'..=b'9' | b'(' | b')' | b'.' | b'-' => true,
            b' ' => self.spaces,
            _ => false,
        };
        let stop = first + bytes[first..].iter().take_while(|byte| is_part(byte)).count();
        let (piece, rest) = (&self.rest[start..stop], &self.rest[stop..]);
        self.rest = rest;
        Some(piece)
    }
}
