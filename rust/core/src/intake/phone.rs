//! Mainland mobile numbers as they are commonly written, read in one pass (SPEC.md section "Identifier", rules 2, 3, 8
//! and 13).
//!
//! A number that is found here is the one that the Python rules find. If none is found, the Python rules decide.

use super::dialect::Codec;

/// The longest cell with affixes that is read here, in bytes.
const LONGEST: usize = 64;
const DIGITS: usize = 11;

/// The eleven digits of a cell that is one mainland mobile number, as an integer.
pub(super) fn mobile(cell: &[u8], codec: Codec) -> Option<u64> {
    if cell.len() == DIGITS
        && let Some(number) = bare(cell)
    {
        return Some(number);
    }
    if cell.len() > LONGEST || cell.len() < DIGITS {
        return None;
    }
    if cell.is_ascii() {
        return with_affixes(cell);
    }
    let mut narrow = [0; LONGEST];
    with_affixes(narrowed(cell, codec, &mut narrow)?)
}

/// `1[3-9][0-9]{9}`
fn bare(digits: &[u8]) -> Option<u64> {
    if digits.len() != DIGITS || digits[0] != b'1' || !(b'3'..=b'9').contains(&digits[1]) {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
    }
    Some(number)
}

fn with_affixes(cell: &[u8]) -> Option<u64> {
    if let Some(number) = cell.strip_suffix(b".0") {
        return bare(number); // a numeric cell printed as text
    }
    let rest = trim_start(cell, b" \t'=\"");
    let rest = rest.strip_prefix(b"tel:").unwrap_or(rest);
    let rest = without_prefix(rest);
    let rest = trim_end(rest, b" \t'\"");
    let mut digits = [0; DIGITS];
    let (head, rest) = rest.split_at_checked(3)?;
    let (middle, rest) = without_sign(rest).split_at_checked(4)?;
    let tail = without_sign(rest);
    if tail.len() != 4 {
        return None;
    }
    digits[..3].copy_from_slice(head);
    digits[3..7].copy_from_slice(middle);
    digits[7..].copy_from_slice(tail);
    bare(&digits)
}

/// The text without `+86`, `0086`, `86`, `(+86)` or `(86)` and one space or dash after it, or without a 0.
fn without_prefix(text: &[u8]) -> &[u8] {
    for prefix in [b"+86".as_slice(), b"0086", b"86", b"(+86)", b"(86)"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return without_sign(rest);
        }
    }
    text.strip_prefix(b"0").unwrap_or(text)
}

fn without_sign(text: &[u8]) -> &[u8] {
    match text {
        [b' ' | b'-' | b'\t', rest @ ..] => rest,
        _ => text,
    }
}

fn trim_start<'a>(mut text: &'a [u8], signs: &[u8]) -> &'a [u8] {
    while let [first, rest @ ..] = text
        && signs.contains(first)
    {
        text = rest;
    }
    text
}

fn trim_end<'a>(mut text: &'a [u8], signs: &[u8]) -> &'a [u8] {
    while let [rest @ .., last] = text
        && signs.contains(last)
    {
        text = rest;
    }
    text
}

/// The cell with full-width digits, plus, dash, brackets and spaces converted to ASCII. `None` if it contains anything
/// else that is not ASCII.
fn narrowed<'a>(cell: &[u8], codec: Codec, narrow: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let (mut at, mut length) = (0, 0);
    while at < cell.len() {
        let (character, width) = match codec {
            Codec::Utf8 => narrow_utf8(&cell[at..])?,
            Codec::Gb18030 => narrow_gb18030(&cell[at..])?,
        };
        narrow[length] = character;
        length += 1;
        at += width;
    }
    Some(&narrow[..length])
}

fn narrow_utf8(text: &[u8]) -> Option<(u8, usize)> {
    match *text {
        [ascii @ 0..=0x7f, ..] => Some((ascii, 1)),
        [0xc2, 0xa0, ..] => Some((b' ', 2)),
        [0xe3, 0x80, 0x80, ..] => Some((b' ', 3)),
        [0xef, 0xbc, low @ 0x81..=0xbf, ..] => full_width(low - 0x80 + 0x20).map(|sign| (sign, 3)),
        _ => None,
    }
}

fn narrow_gb18030(text: &[u8]) -> Option<(u8, usize)> {
    match *text {
        [ascii @ 0..=0x7f, ..] => Some((ascii, 1)),
        [0xa1, 0xa1, ..] => Some((b' ', 2)),
        [0xa3, low @ 0xa1..=0xfe, ..] => full_width(low - 0x80).map(|sign| (sign, 2)),
        _ => None,
    }
}

/// `ascii`, if it is a digit or a sign that occurs in numbers.
fn full_width(ascii: u8) -> Option<u8> {
    matches!(ascii, b'0'..=b'9' | b'+' | b'-' | b'(' | b')').then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affixes_are_removed() {
        for text in [
            "13800138000",
            " +86 138-0013-8000",
            "008613800138000",
            "(+86)13800138000",
            "='13800138000'",
            "13800138000.0",
            "１３８００１３８０００",
            "＋86　138 0013 8000",
            "\t13800138000",
            "tel:+8613800138000",
            "013800138000",
        ] {
            assert_eq!(mobile(text.as_bytes(), Codec::Utf8), Some(13_800_138_000), "{text}");
        }
    }

    #[test]
    fn everything_else_is_left_to_the_rules() {
        for text in [
            "",
            "12800138000",
            "1380013800",
            "138001380000",
            "13800138000.5",
            "138  00138000",
            "+13800138000",
            "手机13800138000",
        ] {
            assert_eq!(mobile(text.as_bytes(), Codec::Utf8), None, "{text}");
        }
    }

    #[test]
    fn gb18030_full_width_digits_are_read() {
        let wide: Vec<u8> = b"13800138000".iter().flat_map(|digit| [0xa3, digit + 0x80]).collect();
        assert_eq!(mobile(&wide, Codec::Gb18030), Some(13_800_138_000));
        assert_eq!(mobile(&wide, Codec::Utf8), None);
    }
}
