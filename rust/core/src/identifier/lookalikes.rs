//! Digits that are not phone numbers: identity cards, bank cards, dates (rules 10 and 15).

use std::ops::RangeInclusive;

const ID_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ID_CHECKS: &[u8; 11] = b"10x98765432";
const ID_DIGITS: usize = 17;
const CARD_DIGITS: RangeInclusive<usize> = 16..=19;

fn value(digit: u8) -> u32 {
    u32::from(digit - b'0')
}

fn two(digits: &[u8]) -> u32 {
    value(digits[0]) * 10 + value(digits[1])
}

/// Whether four digits are a month and a day: 01 to 12, then 01 to 31.
fn is_month_and_day(digits: &[u8]) -> bool {
    (1..=12).contains(&two(digits)) && (1..=31).contains(&two(&digits[2..]))
}

/// The check character of 17 digits (GB 11643-1999, ISO 7064 MOD 11-2), with a lower-case x.
fn id_check(digits: &[u8]) -> u8 {
    let total: u32 = digits.iter().zip(ID_WEIGHTS).map(|(digit, weight)| value(*digit) * weight).sum();
    ID_CHECKS[(total % 11) as usize]
}

/// Whether ASCII digits, the last of which may be x, are an identity number.
///
/// With a birth date at the right place the check character is not compared, since clerks mistype. Without a birth date
/// it must be right.
pub(super) fn is_id_card(text: &[u8]) -> bool {
    let digits = match text {
        [b'1'..=b'9', .., b'x'] if text.len() == ID_DIGITS + 1 => &text[..ID_DIGITS],
        [b'1'..=b'9', ..] if text.len() == ID_DIGITS + 1 || text.len() == 15 => text,
        _ => return false,
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    if digits.len() == 15 {
        return is_month_and_day(&digits[8..]);
    }
    let born = matches!(&digits[6..8], b"18" | b"19" | b"20") && is_month_and_day(&digits[10..]);
    born || id_check(&digits[..ID_DIGITS]) == text[ID_DIGITS]
}

/// Whether digits are 16 to 19 that do not begin with 0 and pass Luhn (ISO/IEC 7812-1, annex B).
pub(super) fn is_bank_card(digits: &[u8]) -> bool {
    if !CARD_DIGITS.contains(&digits.len()) || digits[0] == b'0' {
        return false;
    }
    let total: u32 = digits.iter().rev().enumerate().map(|(at, digit)| luhn(value(*digit), at % 2 == 1)).sum();
    total.is_multiple_of(10)
}

fn luhn(value: u32, doubled: bool) -> u32 {
    match (doubled, value) {
        (false, _) => value,
        (true, 0..=4) => value * 2,
        (true, _) => value * 2 - 9,
    }
}

/// Whether digits are a date: year, month and day, perhaps with hours and minutes, and seconds.
pub(super) fn is_date_in_digits(digits: &[u8]) -> bool {
    if !matches!(digits.len(), 8 | 12 | 14) || !(digits.starts_with(b"19") || digits.starts_with(b"20")) {
        return false;
    }
    is_month_and_day(&digits[4..])
        && (digits.len() == 8 || two(&digits[8..]) < 24)
        && digits.get(10..).unwrap_or_default().chunks_exact(2).all(|pair| two(pair) < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_numbers_need_a_birth_date_or_a_check_character() {
        for text in ["11010519491231002x", "110105194912310021", "110105491231002", "99000020991231000x"] {
            assert!(is_id_card(text.as_bytes()), "{text}");
        }
        for text in ["01010519491231002x", "11010519491331002x", "1101054912310022", "x", ""] {
            assert!(!is_id_card(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn dates_in_digits_have_a_day_and_perhaps_a_time() {
        for text in ["20240115", "202401152359", "20240115235959"] {
            assert!(is_date_in_digits(text.as_bytes()), "{text}");
        }
        for text in ["21240115", "20241301", "202401152460", "2024011523", "20240100"] {
            assert!(!is_date_in_digits(text.as_bytes()), "{text}");
        }
    }
}
