//! Numbers in cells outside the columns that are read, so that none is passed over in silence: mainland mobile numbers,
//! and a number that is written in full (a landline with the 0 of its area code, an international number).
//!
//! A number that is found here is one that the Python rules find in the cell (`find_mobiles`, `is_full_number`). If a
//! cell might have others, the Python rules decide.

use super::{
    cell_text::decoded,
    dialect::Codec,
    phone_cell::{mainland, number_of},
};
use crate::identifier::{Plain, canonicalise, plain_of};

const DIGITS: usize = 11;
/// The fewest digits of a landline in a text.
const LANDLINE_DIGITS: usize = 10;
/// The most bytes between the area code of a landline and the rest: a parenthesis and a sign, in three bytes each.
const MOST_SIGNS: usize = 6;
/// The fewest digits of an international number.
const INTERNATIONAL_DIGITS: usize = 8;
/// The least number of consecutive Chinese digits that are read as digits.
const CHINESE_NUMBER: usize = 7;
const CHINESE_DIGITS: &str = "零〇一壹幺二贰两三叁四肆五伍六陆七柒八捌九玖";

/// What a cell holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// The mobile numbers, none or more; or the one number that is written in full, as integers of all their digits.
    Numbers(Vec<u64>),
    /// Perhaps others than can be seen here.
    Unsure,
}

/// Stands for a number that is written in full and not possible.
const NOT_POSSIBLE: u64 = u64::MAX;

/// The numbers in a cell.
pub(super) fn numbers(cell: &[u8], codec: Codec) -> Outside {
    if cell.is_ascii() {
        return ascii_numbers(cell);
    }
    let Some(text) = decoded(cell, codec) else { return Outside::Unsure };
    if holds_international_number(text.as_bytes()) {
        return Outside::Unsure;
    }
    match character_set(&text) {
        CharacterSet::FewDigits => Outside::Numbers(Vec::new()),
        CharacterSet::Plain => mobiles(text.as_bytes()),
        CharacterSet::Other => Outside::Unsure,
    }
}

fn ascii_numbers(cell: &[u8]) -> Outside {
    let digits = cell.iter().filter(|byte| may_be_digit(**byte)).count();
    if digits < INTERNATIONAL_DIGITS {
        return Outside::Numbers(Vec::new());
    }
    if holds_international_number(cell) {
        return Outside::Unsure;
    }
    if is_full_number(cell) {
        return Outside::Numbers(vec![full_number(cell)]);
    }
    if digits < LANDLINE_DIGITS { Outside::Numbers(Vec::new()) } else { mobiles(cell) }
}

/// What the characters of a text say about numbers in it.
enum CharacterSet {
    /// There are too few digits for a number.
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
    match (digits < LANDLINE_DIGITS, plain) {
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
fn mobiles(text: &[u8]) -> Outside {
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
                found.push(mainland(number_of(run)));
            }
            3..=5 | 7 if begins_in_groups(run) && matches!(text.get(stop), Some(b' ' | b'-')) => {
                return Outside::Unsure;
            }
            3..=11 if is_in_groups(without_country_code(&text[start..])) => return Outside::Unsure,
            3.. if is_behind_escape(&text[..start]) => return Outside::Unsure,
            12..=16 if has_prefix(run) => return Outside::Unsure,
            3..=5 if is_area(run) && holds_local_number(&text[stop..]) => return Outside::Unsure,
            13..=14 if run.starts_with(b"00") && is_neighbour(run) => return Outside::Unsure,
            _ => {}
        }
    }
    Outside::Numbers(found)
}

/// Whether a cell might have an international number: a plus sign before a digit, and eight digits or more.
fn holds_international_number(cell: &[u8]) -> bool {
    cell.windows(2).any(|pair| matches!(pair, [b'+', b'1'..=b'9']))
        && cell.iter().filter(|byte| byte.is_ascii_digit()).count() >= INTERNATIONAL_DIGITS
}

/// A number that is written in full, as an integer of all its digits.
fn full_number(cell: &[u8]) -> u64 {
    let identifier = std::str::from_utf8(cell).ok().and_then(|text| canonicalise(text).ok());
    identifier.map_or(NOT_POSSIBLE, |found| number_of(found.digits()))
}

/// Whether a cell is one number that is written in full, without a plus sign.
fn is_full_number(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    is_landline(cell, 3) || is_landline(cell, 4) || is_neighbour(cell)
}

/// Whether a cell is a landline whose area code has this many digits with its 0.
fn is_landline(cell: &[u8], area: usize) -> bool {
    let cell = cell.strip_prefix(b"(").unwrap_or(cell);
    let Some((code, rest)) = cell.split_at_checked(area) else { return false };
    let rest = rest.strip_prefix(b")").unwrap_or(rest);
    let local = without_separator(rest);
    matches!(code, [b'0', b'1'..=b'9', ..])
        && matches!(local, [b'2'..=b'8', ..])
        && (7..=8).contains(&local.len())
        && all_digits(code)
        && all_digits(local)
}

/// Whether a cell is a number of Hong Kong, Macao or Taiwan with its calling code.
fn is_neighbour(cell: &[u8]) -> bool {
    let (prefix, rest) = match cell {
        [b'(', rest @ ..] => (1, rest),
        [b'0', b'0', rest @ ..] => (2, rest),
        _ => (0, cell),
    };
    let Some((b"852" | b"853" | b"886", rest)) = rest.split_at_checked(3) else { return false };
    let Some(rest) = (if prefix == 1 { rest.strip_prefix(b")") } else { Some(rest) }) else { return false };
    let local = without_separator(rest);
    (prefix > 0 || local.len() < rest.len()) && (8..=9).contains(&local.len()) && all_digits(local)
}

fn without_separator(digits: &[u8]) -> &[u8] {
    digits.strip_prefix(b" ").or_else(|| digits.strip_prefix(b"-")).unwrap_or(digits)
}

fn all_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

fn next_digit(cell: &[u8], at: usize) -> Option<usize> {
    cell[at..].iter().position(u8::is_ascii_digit).map(|found| at + found)
}

fn is_head(run: &[u8]) -> bool {
    run[0] == b'1' && (b'3'..=b'9').contains(&run[1])
}

/// Whether digits are the first group of a mobile number in groups, with a 0, a country code or neither.
fn begins_in_groups(run: &[u8]) -> bool {
    let (prefix, head) = run.split_at(run.len() - 3);
    is_head(head) && matches!(prefix, b"" | b"0" | b"86" | b"0086")
}

fn without_country_code(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"0086").or_else(|| text.strip_prefix(b"86")).unwrap_or(text)
}

/// Whether a text begins with the eleven digits of a mobile in groups with one sign between, and no digit follows.
fn is_in_groups(text: &[u8]) -> bool {
    if text.len() < DIGITS || !is_head(text) {
        return false;
    }
    let mut digits = 0;
    let mut after_sign = true;
    for byte in text {
        match byte {
            b'0'..=b'9' => (digits, after_sign) = (digits + 1, false),
            b' ' | b'-' | b'.' | b'_' if !after_sign && digits < DIGITS => after_sign = true,
            _ => break,
        }
        if digits > DIGITS {
            return false;
        }
    }
    digits == DIGITS
}

/// Whether digits may be the end of an escaped character, such as `%22` and `\u8bdd`, and a number.
fn is_behind_escape(before: &[u8]) -> bool {
    before.iter().rev().take(5).any(|byte| matches!(byte, b'%' | b'\\'))
}

fn is_mobile(run: &[u8]) -> bool {
    run.len() == DIGITS && is_head(run)
}

/// Whether digits are a mobile number after a trunk or country prefix.
fn has_prefix(run: &[u8]) -> bool {
    is_head(&run[run.len() - DIGITS..])
        && matches!(
            &run[..run.len() - DIGITS],
            b"0" | b"86" | b"086" | b"0086" | b"860" | b"00860" | b"12593" | b"12520" | [b'1', b'7', b'9', _, _]
        )
}

/// Whether digits are an area code with its 0, or the calling code of Hong Kong, Macao or Taiwan.
fn is_area(run: &[u8]) -> bool {
    let code = run.strip_prefix(b"00").unwrap_or(run);
    matches!(code, b"852" | b"853" | b"886") || (run.len() <= 4 && matches!(run, [b'0', b'1'..=b'9', ..]))
}

/// Whether seven to nine digits follow on an area code, after signs.
fn holds_local_number(text: &[u8]) -> bool {
    let signs = text.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let digits = text[signs..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=MOST_SIGNS).contains(&signs) && (7..=9).contains(&digits)
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
        numbers(cell.as_bytes(), Codec::Utf8)
    }

    #[test]
    fn numbers_in_text_are_found() {
        for cell in ["13800138000", "电话13800138000。", "a: 13800138000", "x 13800138000 y", "\"13800138000\""] {
            assert_eq!(found(cell), Outside::Numbers(vec![8_613_800_138_000]), "{cell}");
        }
        assert_eq!(found("13800138000/13900139000"), Outside::Numbers(vec![8_613_800_138_000, 8_613_900_139_000]));
    }

    #[test]
    fn numbers_written_in_full_are_found() {
        for (cell, number) in [
            ("0571-88888888", 8_657_188_888_888),
            (" 057188888888 ", 8_657_188_888_888),
            ("(010)62345678", 861_062_345_678),
            ("010 62345678", 861_062_345_678),
            ("0085291234000", 85_291_234_000),
            ("852-91234000", 85_291_234_000),
            ("886 912345000", 886_912_345_000),
            ("(853)66123000", 85_366_123_000),
            ("852-00000000", NOT_POSSIBLE),
        ] {
            assert_eq!(found(cell), Outside::Numbers(vec![number]), "{cell}");
        }
        for cell in ["+85291234000", "香港+85291234000", "a +852-91234000"] {
            assert_eq!(found(cell), Outside::Unsure, "{cell}");
        }
        for cell in ["85291234000", "000571888888", "2024-01-15T10:00:00+08:00", "0571-888888"] {
            assert_eq!(found(cell), Outside::Numbers(vec![]), "{cell}");
        }
    }

    #[test]
    fn other_digits_are_passed_over() {
        for cell in ["", "12800138000", "138001380001", "440101199001011234", "1700000000000", "2024-01-15 10:00:00"] {
            assert_eq!(found(cell), Outside::Numbers(vec![]), "{cell}");
        }
    }

    #[test]
    fn digits_within_a_character_are_not_digits() {
        let space = [0x81, 0x30, 0x84, 0x32]; // U+00A0 in GB18030
        let cell: Vec<u8> = space.into_iter().chain(*b"1234567890").collect();
        assert_eq!(numbers(&cell, Codec::Gb18030), Outside::Unsure);
    }

    #[test]
    fn doubtful_cells_are_left_to_the_rules() {
        for cell in [
            "x13800138000",
            "13800138000.5",
            "138 0013 8000",
            "86138 0013 8000",
            "0138 0013 8000",
            "0086138-0013-8000",
            "+8613800138000",
            "１３８００１３８０００",
            "8-13800138000",
            "1795113800138000",
            "a 013800138000",
            "a 0571-88888888",
            "座机(021) 8888888",
            "0571-18888888",
            "a 0085291234000",
            "香港852-91234000",
            "138－0013－8000",
            "138\u{200b}00138000",
            "138OO138000",
            "13O 0013 8000",
            "138-0013-8OOO",
            "一三八零零一三八零零零",
            "一三八零零一三8000",
        ] {
            assert_eq!(found(cell), Outside::Unsure, "{cell}");
        }
    }
}
