//! What shows that a text is no number, or is added to one: dates, fractions and exponents from spreadsheets, masks, and
//! extensions (rules 7 to 9, 11 and 17).

use std::borrow::Cow;

use super::reason::Reason;

const MASKS: [char; 11] = ['●', '○', '•', '■', '□', '◯', '⚫', '※', '…', '▇', '█'];
const HIDDEN: &[u8] = b"_?#";
const EXTENSION_WORDS: [&str; 11] =
    ["转接", "转分机", "转", "轉", "分机号", "分机", "分機", "内线", "內線", "доб", "anexo"];
const LONG_EXTENSION: usize = 20;
const SHORT_EXTENSION: usize = 9;
const DASHED_EXTENSION: usize = 6;
/// The fewest digits before a fraction of zeros.
const ZEROS_AFTER: usize = 7;

/// The number of ASCII digits at the start of a text.
fn digits_at_start(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The number of ASCII digits at the end of a text.
fn digits_at_end(text: &str) -> usize {
    text.bytes().rev().take_while(u8::is_ascii_digit).count()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Rule 7: whether the text is a date with separators, and perhaps a time.
pub(super) fn is_date(text: &str) -> bool {
    if !(text.starts_with("19") || text.starts_with("20")) || digits_at_start(text) != 4 {
        return false;
    }
    let Some(separator) = text[4..].chars().next().filter(|sign| "-./年".contains(*sign)) else {
        return false;
    };
    let rest = &text[4 + separator.len_utf8()..];
    let (month, rest) = rest.split_at(digits_at_start(rest));
    let Some(rest) = rest.strip_prefix([separator, '月']) else {
        return false;
    };
    is_between(month, 12) && (1..=2).any(|length| is_day_and_time(rest, length))
}

/// Whether one or two digits are a number from 1 to `last`.
fn is_between(digits: &str, last: u8) -> bool {
    digits.len() <= 2 && digits.parse::<u8>().is_ok_and(|value| (1..=last).contains(&value))
}

/// Whether a text is a day of `length` digits, perhaps with a time after it.
fn is_day_and_time(text: &str, length: usize) -> bool {
    let Some((day, rest)) = text.split_at_checked(length) else {
        return false;
    };
    let rest = rest.strip_prefix('日').unwrap_or(rest);
    is_digits(day) && is_between(day, 31) && (rest.is_empty() || is_time(rest))
}

fn is_time(text: &str) -> bool {
    let text = text.trim_start_matches([' ', 't']);
    let (hours, rest) = text.split_at(digits_at_start(text));
    let Some(rest) = rest.strip_prefix(':').filter(|_| (1..=2).contains(&hours.len())) else {
        return false;
    };
    let rest = rest.strip_suffix('z').unwrap_or(rest);
    rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// Rule 8: the text, the whole number it stands for, or the reason why it is not a phone number.
pub(super) fn from_spreadsheet(text: &str) -> Result<Cow<'_, str>, Reason> {
    let bare = text.strip_prefix('+').unwrap_or(text);
    let whole = digits_at_start(bare);
    if whole == 0 {
        return Ok(Cow::Borrowed(text));
    }
    let (digits, rest) = bare.split_at(whole);
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(after) => after.split_at(digits_at_start(after)),
        None => ("", rest),
    };
    if let Some(exponent) = rest.strip_prefix('e') {
        return match exponent_of(exponent) {
            Some(exponent) => from_scientific(digits, fraction, exponent).map(Cow::Owned),
            None => Ok(Cow::Borrowed(text)),
        };
    }
    if !rest.is_empty() || fraction.is_empty() || bare.as_bytes()[whole] != b'.' {
        return Ok(Cow::Borrowed(text));
    }
    if whole >= ZEROS_AFTER && fraction.bytes().all(|digit| digit == b'0') {
        return Ok(Cow::Borrowed(&text[..text.len() - fraction.len() - 1]));
    }
    if fraction.len() <= 2 { Err(Reason::NotPossible) } else { Ok(Cow::Borrowed(text)) }
}

fn exponent_of(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !(1..=2).contains(&digits.len()) || !is_digits(digits) {
        return None;
    }
    digits.parse().ok()
}

fn from_scientific(whole: &str, fraction: &str, exponent: usize) -> Result<String, Reason> {
    let Some((moved, rest)) = fraction.split_at_checked(exponent) else {
        return Err(Reason::DigitsLost);
    };
    if rest.bytes().any(|digit| digit != b'0') {
        return Err(Reason::NotPossible);
    }
    Ok([whole, moved].concat())
}

/// Rule 9: whether some digits are masked.
pub(super) fn is_masked(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'*' => true,
        b'x' => bytes.get(at + 1) == Some(&b'x'),
        b'.' => bytes[at..].starts_with(b"..."),
        b'_' | b'?' | b'#' => {
            bytes.get(at + 1).is_some_and(|next| HIDDEN.contains(next)) && follows_digit(&bytes[..at])
        }
        _ => false,
    }) || (!text.is_ascii() && text.contains(MASKS))
}

/// Whether the last byte that is neither a space nor a dash is a digit.
fn follows_digit(before: &[u8]) -> bool {
    before.iter().rev().find(|byte| !matches!(byte, b' ' | b'-')).is_some_and(u8::is_ascii_digit)
}

/// Rule 11: the text without an extension.
pub(super) fn without_extension(text: &str) -> &str {
    let end = text.trim_end_matches([' ', ')']);
    let (before, digits) = end.split_at(end.len() - digits_at_end(end));
    if digits.is_empty() || before.is_empty() {
        return text;
    }
    match before_extension(before, digits.len()) {
        Some(number) => number.trim_end_matches([' ', ',', ';', '.', '(', '-']),
        None => text,
    }
}

/// The text before what introduces an extension of `length` digits.
fn before_extension(text: &str, length: usize) -> Option<&str> {
    let mut found = None;
    if length <= LONG_EXTENSION {
        found = shorter(found, before_word(text.trim_end_matches([' ', ':', '.', ',', '#', '-'])));
    }
    if length <= SHORT_EXTENSION {
        found = shorter(found, before_sign(text.trim_end_matches([' ', ':', '.', ',', '-'])));
        found = shorter(found, before_commas(text));
    }
    found
}

fn shorter<'a>(first: Option<&'a str>, second: Option<&'a str>) -> Option<&'a str> {
    match (first, second) {
        (Some(first), Some(second)) => Some(if first.len() <= second.len() { first } else { second }),
        _ => first.or(second),
    }
}

/// The text before the longest word for an extension that it ends with.
fn before_word(text: &str) -> Option<&str> {
    let listed = EXTENSION_WORDS.iter().filter_map(|word| text.strip_suffix(word)).min_by_key(|rest| rest.len());
    shorter(listed, before_ext(text))
}

/// The text before `xt`, `ext`, `extn` or `extension`, also without its last letter or with an accent.
fn before_ext(text: &str) -> Option<&str> {
    let stem = text.strip_suffix('n').unwrap_or(text);
    let stem = ["ensio", "ensió"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    let rest = stem.strip_suffix("xt")?;
    Some(rest.strip_suffix('e').unwrap_or(rest))
}

fn before_sign(text: &str) -> Option<&str> {
    text.strip_suffix(['x', '#', '~']).or_else(|| text.strip_suffix("int"))
}

/// The text before two commas, which spaces, commas and dashes may follow.
fn before_commas(text: &str) -> Option<&str> {
    let stripped = text.trim_end_matches([' ', ',', '-']);
    let at = text[stripped.len()..].find(",,")?;
    Some(&text[..stripped.len() + at])
}

/// Rule 17: the text before a dash and one to six digits at its end.
pub(super) fn without_dashed_extension(text: &str) -> Option<&str> {
    let digits = digits_at_end(text);
    if !(1..=DASHED_EXTENSION).contains(&digits) {
        return None;
    }
    let before = text[..text.len() - digits].trim_end_matches(' ').strip_suffix('-')?.trim_end_matches(' ');
    before.ends_with(|last: char| last.is_ascii_digit() || last == ')').then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_may_have_a_time() {
        for text in ["2024-01-15", "2024年1月5日", "2024/1/15t10:22:33z", "2024.1.151:30", "1999年12-31"] {
            assert_eq!(is_date(text), !text.contains("12-31"), "{text}");
        }
        for text in ["2024-13-15", "2024-01-32", "2024-01", "20240115", "2024-1/15", "2024-01-15 100:00"] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn a_mantissa_with_every_digit_is_the_number() {
        assert_eq!(from_spreadsheet("1.3800138e10"), Err(Reason::DigitsLost));
        assert_eq!(from_spreadsheet("1.38001380000e+10").as_deref(), Ok("13800138000"));
        assert_eq!(from_spreadsheet("1.38001380005e+10"), Err(Reason::NotPossible));
        assert_eq!(from_spreadsheet("+8613800138000.00").as_deref(), Ok("+8613800138000"));
        assert_eq!(from_spreadsheet("138.5"), Err(Reason::NotPossible));
        assert_eq!(from_spreadsheet("138.0013").as_deref(), Ok("138.0013"));
    }

    #[test]
    fn extensions_are_removed() {
        for text in [
            "010转8",
            "010 - 转分机 8",
            "010ext. 8",
            "010extensión:8",
            "010xtn8",
            "010(x8)",
            "010#8",
            "010,, 8",
            "010 доб. 8",
            "010int8",
        ] {
            assert_eq!(without_extension(text), "010", "{text}");
        }
        for text in ["010,8", "010-8", "转", "010x1234567890", "8"] {
            assert_eq!(without_extension(text), text, "{text}");
        }
        assert_eq!(without_dashed_extension("010-62345678 - 801"), Some("010-62345678"));
        assert_eq!(without_dashed_extension("62345678-1234567"), None);
    }

    #[test]
    fn masks_hide_digits() {
        for text in ["138****8000", "138xx", "138...8", "138●8", "138 - __8", "138??"] {
            assert!(is_masked(text), "{text}");
        }
        for text in ["138x8", "138..8", "a##", "138_?".trim_end_matches('?'), "13800138000"] {
            assert!(!is_masked(text), "{text}");
        }
    }
}
