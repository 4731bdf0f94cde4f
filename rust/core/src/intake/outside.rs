//! Mainland mobile numbers in cells outside the columns that are read, so that none is passed over in silence.
//!
//! A number that is found here is one that the Python rules find in the cell (`find_mobiles`). If a cell might have
//! others, the Python rules decide.

use super::{cell_text::decoded, dialect::Codec};
use crate::identifier::{Plain, plain_of};

const DIGITS: usize = 11;
/// So many Chinese digits in a row are read as digits.
const CHINESE_NUMBER: usize = 7;
const CHINESE_DIGITS: &str = "零〇一壹幺二贰两三叁四肆五伍六陆七柒八捌九玖";

/// What a cell holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// The mobile numbers, none or more.
    Mobiles(Vec<u64>),
    /// Perhaps others than can be seen here.
    Unsure,
}

/// The mobile numbers in a cell.
pub(super) fn mobiles(cell: &[u8], codec: Codec) -> Outside {
    if cell.is_ascii() {
        let digits = cell.iter().filter(|byte| may_be_digit(**byte)).count();
        return if digits < DIGITS { Outside::Mobiles(Vec::new()) } else { mobiles_in(cell) };
    }
    let Some(text) = decoded(cell, codec) else { return Outside::Unsure };
    match character_set(&text) {
        CharacterSet::FewDigits => Outside::Mobiles(Vec::new()),
        CharacterSet::Plain => mobiles_in(text.as_bytes()),
        CharacterSet::Other => Outside::Unsure,
    }
}

/// What the characters of a text say about numbers in it.
enum CharacterSet {
    /// There are too few digits for a mobile number.
    FewDigits,
    /// ASCII, and characters that no rule for numbers changes.
    Plain,
    /// There are other digits, signs or spaces.
    Other,
}

fn character_set(text: &str) -> CharacterSet {
    let (mut digits, mut chinese, mut plain) = (0, 0, true);
    for character in text.chars() {
        chinese = if CHINESE_DIGITS.contains(character) { chinese + 1 } else { 0 };
        if chinese == CHINESE_NUMBER {
            return CharacterSet::Other;
        }
        let becomes = plain_of(character);
        digits += usize::from(matches!(becomes, Plain::Becomes(byte) if may_be_digit(byte)));
        plain &= character.is_ascii() || is_unchanged(character, becomes);
    }
    match (digits < DIGITS, plain) {
        (true, _) => CharacterSet::FewDigits,
        (false, true) => CharacterSet::Plain,
        (false, false) => CharacterSet::Other,
    }
}

/// Whether a character beyond ASCII ends a number on either side, whatever stands behind it.
fn is_unchanged(character: char, becomes: Plain) -> bool {
    let sign = matches!(becomes, Plain::Becomes(b',' | b';' | b':' | b'/' | b'\'' | b'(' | b')' | b'|' | b'!' | b'?'));
    becomes == Plain::Stays || sign || character == '。'
}

/// Whether a byte is a digit or the letter O, which may stand for 0.
fn may_be_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || is_letter_o(byte)
}

fn is_letter_o(byte: u8) -> bool {
    matches!(byte, b'o' | b'O')
}

/// The mobile numbers in a text whose digits, signs and spaces are ASCII.
fn mobiles_in(text: &[u8]) -> Outside {
    if memchr::memchr(0, text).is_some() {
        return Outside::Unsure; // it is left out, so that digits on either side are one number
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_digit(text, at) {
        let stop = start + text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at = stop;
        let run = &text[start..stop];
        let touching = [text.get(stop), text[..start].last()];
        if touching.into_iter().flatten().any(|byte| is_letter_o(*byte)) {
            return Outside::Unsure;
        }
        match run.len() {
            DIGITS if is_mobile(run) => {
                if !is_clean(text, start, stop) {
                    return Outside::Unsure;
                }
                found.push(run.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')));
            }
            3 | 5 | 7 if begins_in_groups(run) && matches!(text.get(stop), Some(b' ' | b'-')) => {
                return Outside::Unsure;
            }
            12..=16 if has_prefix(run) => return Outside::Unsure,
            _ => {}
        }
    }
    Outside::Mobiles(found)
}

fn next_digit(cell: &[u8], at: usize) -> Option<usize> {
    cell[at..].iter().position(u8::is_ascii_digit).map(|found| at + found)
}

fn is_head(run: &[u8]) -> bool {
    run[0] == b'1' && (b'3'..=b'9').contains(&run[1])
}

/// Whether digits are the first group of a mobile number in groups, with a country code or not.
fn begins_in_groups(run: &[u8]) -> bool {
    let (prefix, head) = run.split_at(run.len() - 3);
    is_head(head) && matches!(prefix, b"" | b"86" | b"0086")
}

fn is_mobile(run: &[u8]) -> bool {
    run.len() == DIGITS && is_head(run)
}

/// Whether digits are a mobile number after a trunk or country prefix.
fn has_prefix(run: &[u8]) -> bool {
    is_head(&run[run.len() - DIGITS..])
        && matches!(&run[..run.len() - DIGITS], b"0" | b"86" | b"086" | b"0086" | b"860" | b"00860")
}

/// Whether neither side of a number is touched by anything that might belong to it.
fn is_clean(cell: &[u8], start: usize, stop: usize) -> bool {
    let left = match &cell[..start] {
        [] | [b' '] => true,
        [.., before, b' '] => !before.is_ascii_digit(),
        [.., last] => is_boundary(*last),
    };
    let right = match &cell[stop..] {
        [] | [b' '] => true,
        [b' ', after, ..] => !after.is_ascii_digit(),
        [first, ..] => is_boundary(*first),
    };
    left && right
}

fn is_boundary(byte: u8) -> bool {
    byte >= 0x80 || matches!(byte, b',' | b';' | b':' | b'|' | b'/' | b'"' | b'\'' | b'=' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cell: &str) -> Outside {
        mobiles(cell.as_bytes(), Codec::Utf8)
    }

    #[test]
    fn numbers_in_text_are_found() {
        for cell in ["13800138000", "电话13800138000。", "a: 13800138000", "x 13800138000 y", "\"13800138000\""] {
            assert_eq!(found(cell), Outside::Mobiles(vec![13_800_138_000]), "{cell}");
        }
        assert_eq!(found("13800138000/13900139000"), Outside::Mobiles(vec![13_800_138_000, 13_900_139_000]));
    }

    #[test]
    fn other_digits_are_passed_over() {
        for cell in ["", "12800138000", "138001380001", "440101199001011234", "1700000000000", "2024-01-15 10:00:00"] {
            assert_eq!(found(cell), Outside::Mobiles(vec![]), "{cell}");
        }
    }

    #[test]
    fn digits_within_a_character_are_not_digits() {
        let space = [0x81, 0x30, 0x84, 0x32]; // U+00A0 in GB18030
        let cell: Vec<u8> = space.into_iter().chain(*b"1234567890").collect();
        assert_eq!(mobiles(&cell, Codec::Gb18030), Outside::Unsure);
    }

    #[test]
    fn doubtful_cells_are_left_to_the_rules() {
        for cell in [
            "x13800138000",
            "13800138000.5",
            "138 0013 8000",
            "86138 0013 8000",
            "0086138-0013-8000",
            "+8613800138000",
            "１３８００１３８０００",
            "8-13800138000",
            "138－0013－8000",
            "138\u{200b}00138000",
            "138OO138000",
            "一三八零零一三8000",
        ] {
            assert_eq!(found(cell), Outside::Unsure, "{cell}");
        }
    }
}
