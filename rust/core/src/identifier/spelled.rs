//! Mainland mobiles written with Chinese digits, with letters O for zeros, or with `+86` twice or behind them (rule 12).

use super::digits::{MOBILE_DIGITS, mainland_mobile};

const COUNTRY: &[u8] = b"+86";

/// The ASCII digit for a Chinese one.
fn chinese_digit(character: char) -> Option<char> {
    Some(match character {
        '〇' | '零' => '0',
        '一' | '幺' => '1',
        '二' => '2',
        '三' => '3',
        '四' => '4',
        '五' => '5',
        '六' => '6',
        '七' => '7',
        '八' => '8',
        '九' => '9',
        _ => return None,
    })
}

/// Whether a text without ASCII digits has enough Chinese ones for a number.
pub(super) fn has_chinese_number(text: &str) -> bool {
    !text.is_ascii() && text.chars().filter_map(chinese_digit).nth(MOBILE_DIGITS - 1).is_some()
}

/// The eleven digits of a mainland mobile number. `text` has no separators.
pub(super) fn mobile(text: &str) -> Option<[u8; MOBILE_DIGITS]> {
    let number = ascii_digits(text)?;
    let number = number.strip_suffix(COUNTRY).unwrap_or(&number);
    mainland_mobile(without_first_of_two(number))?.try_into().ok()
}

/// The text with Chinese digits as ASCII, and each letter O as 0 if there are fewer of them than digits. `None` if it
/// has other letters.
fn ascii_digits(text: &str) -> Option<Vec<u8>> {
    let mut number = Vec::with_capacity(text.len());
    let (mut digits, mut letters) = (0, 0);
    for character in text.chars() {
        let sign = match chinese_digit(character).unwrap_or(character) {
            'o' => {
                letters += 1;
                b'0'
            }
            '+' => b'+',
            digit @ '0'..='9' => {
                digits += 1;
                u8::try_from(digit).ok()?
            }
            _ => return None,
        };
        number.push(sign);
    }
    (letters < digits).then_some(number)
}

/// The number without 86, +86 or 0086 before another `+`.
fn without_first_of_two(number: &[u8]) -> &[u8] {
    for first in [COUNTRY, b"0086", b"86"] {
        if let Some(rest) = number.strip_prefix(first).filter(|rest| rest.starts_with(b"+")) {
            return rest;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_for_zeros_and_chinese_digits_are_read() {
        for text in ["138oo138ooo", "一三八零零一三八零零零", "幺38〇〇13八o00", "+86+8613800138000", "13800138000+86"]
        {
            assert_eq!(mobile(text).as_ref(), Some(b"13800138000"), "{text}");
        }
        for text in ["13ooooooooo", "138001380oo0", "138a0138000", "+8686+13800138000", "o", ""] {
            assert_eq!(mobile(text), None, "{text}");
        }
    }

    #[test]
    fn names_with_numerals_are_no_numbers() {
        assert!(!has_chinese_number("张三"));
        assert!(has_chinese_number("电话一三八零零一三八零零零"));
    }
}
