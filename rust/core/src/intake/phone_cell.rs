//! The numbers of a phone cell that is one number, or mainland mobiles with separators between them (SPEC.md section 13,
//! rules 2 and 4).
//!
//! What is found here is what the Python rules find in the cell. Any cell for which this is not certain is left to them.

use super::{cell_text::decoded, dialect::Codec, phone::mobile};
use crate::identifier::canonicalise;

/// The most numbers of a cell that are read here.
pub(super) const MOST: usize = 8;
/// The longest cell that is read here, in bytes.
const LONGEST: usize = 256;
/// A mainland mobile is this number plus its eleven digits.
const MAINLAND: u64 = 86 * 100_000_000_000;
const MOBILE_DIGITS: usize = 11;
/// From this number of digits on, the last may be a second number.
const DIGITS_OF_TWO: usize = 16;
/// The least number of digits after a point that may be a decimal fraction.
const FRACTION: usize = 5;
/// More digits may not fit into an integer.
const MOST_DIGITS: usize = 18;
/// Signs that a spreadsheet, a mask or a list puts between digits.
const SIGNS_IN_NUMBERS: [char; 6] = [',', '，', '’', '\'', '*', ';'];
const MINUS: [char; 4] = ['-', '\u{2212}', '\u{fe63}', '\u{ff0d}'];

/// The numbers of one cell or row, stored without an allocation. A number is an integer of the digits after the `+`.
#[derive(Clone, Copy, Default)]
pub(super) struct Numbers {
    held: [u64; MOST],
    count: usize,
}

impl Numbers {
    /// Adds a number. `None` if there are too many.
    pub(super) fn push(&mut self, number: u64) -> Option<()> {
        *self.held.get_mut(self.count)? = number;
        self.count += 1;
        Some(())
    }

    pub(super) fn as_slice(&self) -> &[u64] {
        &self.held[..self.count]
    }
}

/// A mainland mobile of eleven digits as the integer of all its digits.
pub(super) fn mainland(mobile: u64) -> u64 {
    MAINLAND + mobile
}

fn is_mainland_mobile(number: u64) -> bool {
    (mainland(13_000_000_000)..mainland(20_000_000_000)).contains(&number)
}

/// The numbers of a cell, in its order and with repetitions. `None` if the Python rules must decide.
pub(super) fn numbers(cell: &[u8], codec: Codec) -> Option<Numbers> {
    let mut found = Numbers::default();
    if let Some(mobile) = mobile(cell, codec) {
        found.push(mainland(mobile))?;
        return Some(found);
    }
    if cell.len() > LONGEST {
        return None;
    }
    let text = decoded(cell, codec)?;
    if text.contains(char::is_control) {
        return None;
    }
    if let Some(number) = one_number(&text) {
        found.push(number)?;
        return Some(found);
    }
    several(&text)
}

/// The number of a text that is one number. `None` if another rule of section 13 than 4 might decide on it.
fn one_number(text: &str) -> Option<u64> {
    if !(is_plain(text) || is_exponent_form(text.as_bytes())) {
        return None;
    }
    let identifier = canonicalise(text).ok()?;
    let digits = identifier.digits();
    if digits.len() > MOST_DIGITS || may_be_bare_landline(text, digits) || is_mobile_with_plus(text, digits) {
        return None;
    }
    Some(number_of(digits))
}

/// ASCII digits as an integer.
pub(super) fn number_of(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

/// Whether nothing in a text shows that a spreadsheet has changed a number, or that it is more than one number.
fn is_plain(text: &str) -> bool {
    let content = text.trim_start_matches(|sign: char| sign.is_whitespace() || "'\"=".contains(sign));
    let quoted = text.trim_matches('\'');
    !content.starts_with(MINUS)
        && !quoted.contains(SIGNS_IN_NUMBERS)
        && text.chars().filter(|sign| sign.is_numeric()).count() < DIGITS_OF_TWO
        && is_without_decimals(text)
}

/// Whether a text has no point, or two with few digits after each. Others may be decimal points.
fn is_without_decimals(text: &str) -> bool {
    let mut parts = text.split('.');
    parts.next();
    let mut points = 0;
    for after in parts {
        points += 1;
        if after.chars().take_while(|sign| sign.is_numeric()).count() >= FRACTION {
            return false;
        }
    }
    points == 0 || points == 2
}

/// Whether a text is an eleven-digit number as a spreadsheet shows it, such as `1.3800138000E+10`.
fn is_exponent_form(text: &[u8]) -> bool {
    let Some((mantissa, rest)) = text.split_at_checked(12) else { return false };
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    digits(&mantissa[..1]) && mantissa[1] == b'.' && digits(&mantissa[2..]) && matches!(rest, b"E+10" | b"e+10")
}

/// Whether a number of China other than a mobile may be written without 0 and country code. Columns decide on these.
fn may_be_bare_landline(text: &str, digits: &[u8]) -> bool {
    let is_mobile = matches!(digits, [b'8', b'6', b'1', b'3'..=b'9', ..]) && digits.len() == 13;
    digits.starts_with(b"86")
        && !is_mobile
        && !text.contains('+')
        && text.chars().find(|sign| sign.is_numeric()) != Some('0')
}

/// Whether a number of North America is written as a mainland mobile with a plus sign. Columns decide on these.
fn is_mobile_with_plus(text: &str, digits: &[u8]) -> bool {
    let may_be = digits.len() == MOBILE_DIGITS && matches!(digits, [b'1', b'3'..=b'9', ..]);
    may_be && text.split('+').any(|part| part.bytes().take_while(u8::is_ascii_digit).count() == MOBILE_DIGITS)
}

/// The numbers of a list of mainland mobiles. `None` if a text is none.
fn several(text: &str) -> Option<Numbers> {
    let mut found = Numbers::default();
    for part in text.split(is_separator) {
        found.push(listed(without_label(part.trim()))?)?;
    }
    (found.count > 1).then_some(found)
}

/// The number of a part of a list that is one mainland mobile.
fn listed(part: &str) -> Option<u64> {
    let part = part.trim_matches(['\u{200b}', '\u{202a}', '\u{202c}', '\u{feff}']);
    if let Some(mobile) = mobile(part.as_bytes(), Codec::Utf8) {
        return Some(mainland(mobile));
    }
    let signs = part.bytes().filter(|byte| matches!(byte, b'(' | b')' | b'.')).count();
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let grouped = digits == MOBILE_DIGITS && digits + signs == part.len();
    if !grouped && !is_exponent_form(part.as_bytes()) {
        return None;
    }
    one_number(part).filter(|number| is_mainland_mobile(*number))
}

fn is_separator(sign: char) -> bool {
    matches!(sign, '/' | '、' | ',' | '，' | ';' | '；' | '|')
}

/// A text without a word for a phone and a colon in front.
fn without_label(text: &str) -> &str {
    for word in ["手机", "电话", "联系电话", "手机号"] {
        if let Some(rest) = text.strip_prefix(word)
            && let Some(number) = rest.strip_prefix([':', '：'])
        {
            return number.trim_start();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cell: &str) -> Option<Vec<u64>> {
        numbers(cell.as_bytes(), Codec::Utf8).map(|found| found.as_slice().to_vec())
    }

    #[test]
    fn one_number_is_read_in_any_spelling() {
        for cell in ["138.0013.8000", "手机：13800138000", "\u{200b}13800138000", "(138)00138000", "1.3800138000E+10"]
        {
            assert_eq!(found(cell), Some(vec![8_613_800_138_000]), "{cell}");
        }
        assert_eq!(found("010-12345678"), Some(vec![861_012_345_678]));
        assert_eq!(found("+1 650 253 0000"), Some(vec![16_502_530_000]));
    }

    #[test]
    fn a_list_of_mobiles_is_read() {
        let two = Some(vec![8_613_800_138_000, 8_613_900_139_000]);
        for cell in ["13800138000/13900139000", "手机:138-0013-8000； +86 13900139000", "13800138000 、13900139000"]
        {
            assert_eq!(found(cell), two, "{cell}");
        }
    }

    #[test]
    fn everything_else_is_left_to_the_rules() {
        for cell in [
            "",
            "张三",
            "-13800138000",
            "13,800,138,000",
            "138.00138",
            "138****8000",
            "1012345678",
            "13800138000 李四 13900139000",
            "13800138000\u{1}",
            "1.38E+10",
            "13800138000/12345",
        ] {
            assert_eq!(found(cell), None, "{cell}");
        }
    }

    #[test]
    fn gb18030_is_decoded() {
        let (cell, _, _) = encoding_rs::GB18030.encode("手机：13800138000");
        assert_eq!(numbers(&cell, Codec::Gb18030).map(|one| one.as_slice().to_vec()), Some(vec![8_613_800_138_000]));
    }
}
